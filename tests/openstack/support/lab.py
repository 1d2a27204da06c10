"""The control plane that the tests use: a lab that this run starts, or one that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.openstack.lab.__main__ import PORT, URL
from tests.openstack.lab.catalogue import administrator, connection
from tests.openstack.lab.lab import Lab, alone, find_lab, start_lab, stop_lab
from tests.openstack.lab.settings import FIRST_PORT, REGION


@dataclass(frozen=True)
class ControlPlane:
    """Where to log in, and the lab's processes where they are within reach."""

    keystone: str
    lab: Lab | None = None
    region: str = REGION

    def administrator(self, region: str = "") -> Any:
        """openstacksdk as the administrator."""
        return administrator(self.keystone, region or self.region)

    def connection(self, user: str, password: str, project: str, region: str = "") -> Any:
        """openstacksdk as somebody else."""
        return connection(self.keystone, user, password, project, region or self.region)

    @property
    def processes(self) -> Lab:
        """The lab itself, to freeze and restart its services."""
        assert self.lab is not None, f"this test needs a lab that it may break: {PORT} names none"
        return self.lab

    def pause(self, service: str) -> None:
        """Freeze a service: its port stays open, and nothing answers."""
        self.processes.pause(service)

    def resume(self, service: str) -> None:
        """Let a frozen service go on."""
        self.processes.resume(service)

    @contextmanager
    def paused(self, *services: str) -> Iterator[None]:
        """Services are frozen inside the block."""
        try:
            for service in services:
                self.pause(service)
            yield
        finally:
            for service in services:
                self.resume(service)

    def restart(self, service: str) -> None:
        """Kill a service, start it again, and wait until it does its work again."""
        self.processes.restart(service)


@contextmanager
def control_plane() -> Iterator[ControlPlane]:
    """The control plane named by the environment, else a lab of this run's own, stopped at the end."""
    if keystone := os.environ.get(URL, ""):
        port = os.environ.get(PORT, "")
        yield ControlPlane(keystone, find_lab(int(port)) if port else None)
        return
    with alone(FIRST_PORT):
        lab = start_lab(FIRST_PORT)
        try:
            yield ControlPlane(lab.keystone, lab)
        finally:
            stop_lab(FIRST_PORT)
