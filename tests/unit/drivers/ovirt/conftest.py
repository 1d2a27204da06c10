"""A world: the simulator over real HTTP with stepped time, and the driver in front of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from deltaic.driver import Driver, DriverConfig
from deltaic.drivers import registry
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.instance import Instance, InstanceSpec, InstanceState
from deltaic.model.secret import Secret
from ovirt_engine_sim.clock import ManualClock
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import Inventory
from ovirt_engine_sim.server import Server, running

BARCELONA = "3c1f0a52-8f0b-4c5e-9d55-6a0b7d2f4e11"
DEFAULT = "79221158-0d50-11e2-a8af-17acc9433061"
SERVERS = "77d52ef6-11e3-11e2-be8c-87a6485627fe"
DESKTOP = "77ea7521-3017-4ee9-bcdf-d566178991c6"
RUNNING_VM = "5ee314f5-a01b-41f3-81f7-fe4acb6c31f9"
STOPPED_VM = "84623036-49fe-4f22-ac6f-ff526e8b82be"


class World:
    """The engine, its address and a driver."""

    def __init__(self, engine: Engine, server: Server) -> None:
        self.engine = engine
        self.server = server
        self.driver = self.new_driver()
        self.requests: list[tuple[str, str]] = []

    def new_driver(self, **options: int) -> Driver:
        return registry.create("ovirt", DriverConfig(provider=self.server.url, timeout=10.0, **options))

    def context(
        self, data_center: str = "barcelona", *, password: str = "deltaic", view: str = "",
        seconds: float = 20.0, request_id: str = "request-1", user: str = "admin@internal",
    ) -> Context:  # fmt: skip
        principal = Principal(f"user:{user}", user, Secret(password))
        scope = Scope("default", data_center, view)
        return Context(principal, scope, request_id, time.monotonic() + seconds)

    def advance(self, seconds: float = 60.0) -> None:
        clock = self.engine.clock
        assert isinstance(clock, ManualClock)
        clock.advance(seconds)

    async def launched(self, spec: InstanceSpec, *, start: bool = True) -> Instance:
        """A machine made from `spec`, past its creation; running when asked for."""
        made = await self.driver.instances.create(self.context(), spec)
        self.advance()
        if start:
            await self.driver.instances.start(self.context(), made.id)
            self.advance()
        found = await self.driver.instances.get(self.context(), made.id)
        assert found.state is (InstanceState.RUNNING if start else InstanceState.STOPPED)
        return found


@pytest.fixture
def inventory() -> Inventory | None:
    """The seed's world, unless a test module brings another."""
    return None


@pytest.fixture
def native_json() -> bool:
    """Whether the engine writes integers and booleans as JSON's own."""
    return False


@pytest.fixture
async def world(inventory: Inventory | None, native_json: bool) -> AsyncIterator[World]:
    users = {"admin@internal": "deltaic", "user@internal": "deltaic"}
    engine = Engine(inventory, clock=ManualClock(), native_json=native_json, users=users)
    async with running(engine) as server:
        found = World(engine, server)
        yield found
        await found.driver.close()
