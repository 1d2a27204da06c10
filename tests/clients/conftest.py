"""Real processes for real clients: one demo for all that share it, processes of their own for the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import TIME_FACTOR, Gateway
from tests.support.processes import Process, url_in


def demo_process(root: Path) -> Process:
    """`deltaic demo` on free ports, with its state below `root`."""
    folder = root / "demo"
    return Process(["demo", "--port", "0", "--engine-port", "0", "--time-factor", TIME_FACTOR, "--data", str(folder)])


def gateway_of(line: str) -> Gateway:
    """The two addresses in a demo's `ready` line."""
    gateway, engine = (url_in(part) for part in line.split(","))
    return Gateway(f"{gateway}/ec2/", engine)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared demo keeps its state."""
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[Gateway]:
    """The shared demo. Tests make what they change, and leave the rest alone."""
    process = demo_process(demo_data)
    try:
        yield gateway_of(process.ready())
    finally:
        code = process.stop()
    assert code == 0, process.output


@pytest.fixture(scope="session")
def ec2(demo: Gateway) -> Any:
    """boto3's EC2 client for the shared demo."""
    return demo.client()
