from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from ovirt_engine_sim import Engine, ManualClock, running
from tests.sim.core.support import USERS, Api


@pytest.fixture
async def anonymous() -> AsyncIterator[Api]:
    """A client without a token, of an engine with the seed's world and a clock that tests step."""
    engine = Engine(clock=ManualClock(), users=USERS)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        yield Api(server, engine, session)


@pytest.fixture
async def api(anonymous: Api) -> Api:
    """The same, logged in as the administrator."""
    await anonymous.login()
    return anonymous
