"""Clients behind a trusted proxy have their own address for the brake on guesses; over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from deltaic.drivers.ovirt.driver import CAPABILITY
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.server import listening
from deltaic.services.brake import MOST_OF_ADDRESS
from deltaic.settings import ServerSettings
from tests.unit.frontends.conftest import Gateway

RIGHT = "deltaic"
GUESSER = "192.0.2.1"
OTHER = "192.0.2.2"


class Proxy:
    """Clients' requests as a proxy at 127.0.0.1 passes them on: it adds the client's address to what is there."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, url: str, client: str, user: str, password: str, *, fake: str = "") -> tuple[int, Any]:
        headers = {"X-Forwarded-For": f"{fake}, {client}" if fake else client, "Accept": "application/json"}
        headers |= {"Authorization": aiohttp.encode_basic_auth(user, password), "X-Forwarded-Proto": "https"}
        async with self._session.get(f"{url}/cimi/machines", headers=headers) as answer:
            return answer.status, json.loads(await answer.read())

    async def guess(self, url: str) -> None:
        """One guess at each of so many accounts; each begins the list of addresses with another lie."""
        for number in range(MOST_OF_ADDRESS):
            status, _ = await self.ask(url, GUESSER, f"user-{number}@internal", "wrong", fake=f"203.0.113.{number}")
            assert status == 401


@pytest.fixture
async def proxy(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    async def login(context: Context) -> str:
        if context.principal.password.reveal() != RIGHT:
            raise Error(ErrorKind.UNAUTHENTICATED, "no")
        return "me"

    gateway.driver.capability = CAPABILITY
    monkeypatch.setattr(gateway.driver, "login", login)
    async with aiohttp.ClientSession() as session:
        yield Proxy(session)


async def test_guesses_of_one_client_hold_up_no_other_behind_the_same_proxy(gateway: Gateway, proxy: Proxy) -> None:
    settings = ServerSettings(port=0, trusted_proxies=("127.0.0.0/8",))
    async with listening(gateway.cimi, settings) as url:
        await proxy.guess(url)
        status, _ = await proxy.ask(url, GUESSER, "one-more@internal", "wrong", fake=OTHER)
        assert status == 503
        status, _ = await proxy.ask(url, OTHER, "another@internal", "wrong")
        assert status == 401
        status, machines = await proxy.ask(url, OTHER, "another@internal", RIGHT)
        assert (status, machines["id"]) == (200, url.replace("http:", "https:") + "/cimi/machines")


async def test_a_proxy_that_is_not_trusted_is_one_address(gateway: Gateway, proxy: Proxy) -> None:
    async with listening(gateway.cimi, ServerSettings(port=0, trusted_proxies=("10.0.0.0/8",))) as url:
        await proxy.guess(url)
        status, _ = await proxy.ask(url, OTHER, "another@internal", RIGHT)
        assert status == 503
