"""Services over a cloud, a store and operations in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.image import Image, ImageState
from deltaic.model.instance_type import InstanceType
from deltaic.model.network import Network
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.operations.flows import Flows
from deltaic.services import Services, make_services
from deltaic.services.identity import Clouds
from tests.fakes.driver import FakeDriver
from tests.fakes.inline import InlineOperations
from tests.fakes.operations import FAST
from tests.fakes.store import FakeStore

URL = "https://engine.example/ovirt-engine/api"


class World:
    """Everything a test of services touches."""

    def __init__(self) -> None:
        self.driver = FakeDriver(
            images=[Image("img-1", "desktop", ImageState.AVAILABLE), Image("img-2", "half", ImageState.PENDING)],
            instance_types=[InstanceType("type-1", "Small", memory=2 << 30)],
            networks=[Network("net-1", "ovirtmgmt", "dc-1", default=True, fixed=True)],
        )
        self.other = FakeDriver()
        self.clouds = Clouds(
            {"default": self.driver, "other": self.other},
            {"default": Provider.parse(URL), "other": Provider.parse("https://other.example/api;dc-9;USER")},
        )
        self.store = FakeStore()
        self.operations = InlineOperations()
        self.operations.register(Flows(self.clouds.driver, self.store, pace=FAST).table())
        self.services: Services = make_services(self.clouds, self.store, self.operations, login_secret=b"s" * 32)
        self.context = Context(
            principal=Principal(id="user:me", user="me@internal", password=Secret("p")),
            scope=Scope("default"),
            request_id="request-1",
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.operations.close()
