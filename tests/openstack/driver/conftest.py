"""The driver itself before the control plane, without any frontend."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from deltaic.driver import Driver, DriverConfig
from deltaic.drivers.openstack import DRIVER
from deltaic.drivers.openstack.client import Client
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret
from tests.openstack.support.tenant import Tenant

T = TypeVar("T")

#: The lab does everything within a second or two, unless somebody else keeps it busy.
SECONDS = 180.0
EVERY = 0.2


class Desk:
    """A driver and the member of a project who asks it."""

    def __init__(self, driver: Driver, tenant: Tenant) -> None:
        self.driver = driver
        self.tenant = tenant
        self.cloud = tenant.cloud

    @property
    def context(self) -> Context:
        """A request of this moment."""
        principal = Principal(
            id=f"user:{self.tenant.user}", user=self.tenant.user, password=Secret(self.tenant.password)
        )
        return Context(principal, Scope("lab"), str(uuid.uuid4()), time.monotonic() + SECONDS)

    async def until(self, look: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
        """Look until what is seen is as it should be."""
        end = time.monotonic() + SECONDS
        while not holds(seen := await look()):
            assert time.monotonic() < end, seen
            await asyncio.sleep(EVERY)
        return seen

    async def told(self, ask: Callable[..., Any], *given: Any) -> Any:
        """What openstacksdk says; it blocks."""
        return await asyncio.to_thread(ask, *given)


@pytest.fixture
async def desk(project: Tenant) -> AsyncIterator[Desk]:
    """The driver for one test's event loop, in the project of the test's file."""
    driver = DRIVER.create(DriverConfig(provider=project.provider))
    yield Desk(driver, project)
    await driver.close()


@pytest.fixture(scope="module")
def server(project: Tenant) -> Iterator[Any]:
    """A running server that openstacksdk made."""
    compute = project.cloud.compute
    made = compute.create_server(
        name="host", image_id=project.image_id, flavor_id=project.flavors["m1.tiny"],
        networks=[{"uuid": project.network_id}],
    )  # fmt: skip
    yield compute.wait_for_server(made, interval=0.3)
    compute.delete_server(made)
    compute.wait_for_delete(made, interval=0.3)


def asks(user: str, password: str, *, view: str = "", token: bool = False) -> Context:
    """The context of somebody's request."""
    principal = Principal(id="user:1", user=user, password=Secret(password), token=token)
    return Context(principal, Scope("lab", view=view), str(uuid.uuid4()), time.monotonic() + 60)


@pytest.fixture
def me(project: Tenant) -> Context:
    """A request of the project's member."""
    return asks(project.user, project.password)


@pytest.fixture
async def client(project: Tenant) -> AsyncIterator[Client]:
    """The driver's typed calls alone, with tokens of its own."""
    made = Client(DriverConfig(provider=project.provider))
    yield made
    await made.close()
