"""A demo of its own for each file here, and a good request after each test."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.clients.conftest import gateway_of
from tests.clients.gateway import TIME_FACTOR, Gateway
from tests.clients.hostile.asking import post
from tests.support.processes import Process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo that logs all it can."""
    folder = str(tmp_path_factory.mktemp("hostile") / "demo")
    started = Process(
        ["demo", "-V", "--port", "0", "--engine-port", "0", "--time-factor", TIME_FACTOR, "--data", folder]
    )
    try:
        started.ready()
        yield started
    finally:
        code = started.stop()
    assert code == 0


@pytest.fixture(scope="module")
def target(process: Process) -> Gateway:
    """Where it listens."""
    return gateway_of(next(line for line in process.lines if line.startswith("ready")))


@pytest.fixture(scope="module")
def before(process: Process, target: Gateway) -> int:
    """Resident memory once everything is loaded that a good client needs, bytes."""
    ec2 = target.client()
    for ask in (ec2.describe_instances, ec2.describe_images, ec2.describe_volumes, ec2.describe_instance_types):
        ask()
    return int(psutil.Process(process.pid).memory_info().rss)


@pytest.fixture(autouse=True)
def alive(target: Gateway, before: int) -> Iterator[None]:
    """After each test the gateway answers a good request."""
    yield
    assert post(target, "Action=DescribeAvailabilityZones&Version=2016-11-15").status == 200
