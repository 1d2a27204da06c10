"""Real processes for real clients: one demo for all that share it, processes of their own for the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower
from tests.clients.cimi_machines import Make, machine_maker
from tests.clients.console_client import ConsoleClient
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


@contextmanager
def running_demo(root: Path) -> Iterator[Gateway]:
    """A demo with its state below `root` runs inside the block, and ends well."""
    process = demo_process(root)
    try:
        yield gateway_of(process.ready())
    finally:
        code = process.stop()
    assert code == 0, process.output


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared demo keeps its state."""
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[Gateway]:
    """The shared demo. Tests make what they change, and leave the rest alone."""
    with running_demo(demo_data) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def ec2(demo: Gateway) -> Any:
    """boto3's EC2 client for the shared demo."""
    return demo.client()


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    """A CIMI client of the shared demo that follows links, once with XML and once with JSON."""
    return Follower(CimiClient(demo), request.param)


@pytest.fixture
def machines(follower: Follower) -> Iterator[Make]:
    """Makes machines over CIMI and removes them."""
    with machine_maker(follower) as make:
        yield make


@pytest.fixture
def stranger(gateway: Gateway) -> ConsoleClient:
    """A browser before the module's own `gateway`, in which nobody has logged in."""
    return ConsoleClient(gateway.host)


@pytest.fixture
def person(gateway: Gateway) -> ConsoleClient:
    """A browser before the module's own `gateway`, in which somebody has logged in."""
    one = ConsoleClient(gateway.host)
    assert one.log_in().status == 303
    return one
