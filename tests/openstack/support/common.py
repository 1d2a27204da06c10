"""What all projects of a control plane share, made by whoever needs it first and never removed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.openstack.lab.settings import DOMAIN, PASSWORD

PUBLIC = "public"
PUBLIC_CIDR = "198.51.100.0/24"

#: Name -> MiB of memory, processors, GiB of disk. A plain member may not use a flavor without a disk.
FLAVORS: dict[str, dict[str, int]] = {
    "m1.tiny": {"ram": 64, "vcpus": 1, "disk": 1},
    "m1.small": {"ram": 128, "vcpus": 1, "disk": 2},
    "m1.medium": {"ram": 256, "vcpus": 2, "disk": 4},
}

GATEWAY_USER = "deltaic-gateway"
SERVICE_PROJECT = "service"
SERVICE_ROLE = "service"


@dataclass(frozen=True)
class ServiceLogin:
    """The gateway's own login, with which it asks Keystone to check signatures."""

    user: str
    password: str = field(repr=False)
    project: str
    domain: str


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Tests run side by side, and each would make what is missing."""
    path = Path(tempfile.gettempdir()) / f"deltaic-openstack-common-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def public_network(admin: Any) -> str:
    """The id of the external network that floating IPs come from."""
    with one_at_a_time():
        return _public_network(admin)


def _public_network(admin: Any) -> str:
    network = admin.network.find_network(PUBLIC)
    if network is None:
        network = admin.network.create_network(name=PUBLIC, is_router_external=True, provider_network_type="local")
    if not network.subnet_ids:
        admin.network.create_subnet(
            network_id=network.id, ip_version=4, cidr=PUBLIC_CIDR, enable_dhcp=False, name=PUBLIC
        )
    return str(network.id)


def flavor(admin: Any, name: str) -> str:
    """The id of one of the sizes."""
    with one_at_a_time():
        found = admin.compute.find_flavor(name)
        return str((found or admin.compute.create_flavor(name=name, **FLAVORS[name])).id)


def service_login(admin: Any) -> ServiceLogin:
    """A user for the gateway with the one role that checking signatures needs."""
    with one_at_a_time():
        return _service_login(admin)


def _service_login(admin: Any) -> ServiceLogin:
    identity = admin.identity
    project = identity.find_project(SERVICE_PROJECT, ignore_missing=False)
    user = identity.find_user(GATEWAY_USER)
    if user is None:
        user = identity.create_user(name=GATEWAY_USER, password=PASSWORD, domain_id="default")
    identity.assign_project_role_to_user(project, user, identity.find_role(SERVICE_ROLE, ignore_missing=False))
    return ServiceLogin(GATEWAY_USER, PASSWORD, SERVICE_PROJECT, DOMAIN)
