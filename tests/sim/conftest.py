"""One simulator for the whole run: fast clock, the seed's world and twelve more VMs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sim.engine_process import Api, Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    started = Simulator("--time-factor", "0.05", "--vms", "12")
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def api(simulator: Simulator) -> Api:
    return Api(simulator, simulator.token())
