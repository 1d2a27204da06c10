"""A cloud and a client in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deltaic.drivers.openstack.client import Client
from tests.unit.drivers.openstack.cloud import Cloud, cloud


@pytest.fixture(name="cloud")
async def _cloud() -> AsyncIterator[Cloud]:
    async with cloud() as made:
        yield made


@pytest.fixture
async def client(cloud: Cloud) -> AsyncIterator[Client]:
    made = Client(cloud.config())
    yield made
    await made.close()
