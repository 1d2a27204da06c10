"""The pages over the real services, a cloud in memory and a store in memory."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from msgspec import structs

from deltaic.drivers.ovirt.driver import CAPABILITY
from deltaic.frontends.console import ConsoleFrontend
from tests.support.asgi import Answer, ask
from tests.unit.frontends.conftest import Gateway


class Window:
    """A browser's window."""

    def __init__(self, app: ConsoleFrontend, scheme: str = "http") -> None:
        self.app = app
        self.scheme = scheme
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Answer:
        """A page; headers with underscores for hyphens."""
        return await self._send("GET", path, headers, b"")

    async def part(self, path: str) -> Answer:
        """A part of a page, as htmx asks for it."""
        return await self.get(path, hx_request="true")

    async def post(self, path: str, **form: str) -> Answer:
        """A form with the token of the session."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await self.get("/api/keys")).text)
        assert csrf is not None
        return await self._send("POST", path, {}, urlencode({"csrf": csrf[1], **form}).encode())

    async def log_in(self, user: str = "admin@internal", password: str = "deltaic") -> Answer:
        """Through the form."""
        page = await self.get("/api/login")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        form = {"csrf": csrf[1], "user": user, "password": password}
        return await self._send("POST", "/api/login", {}, urlencode(form).encode())

    async def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        place, _, query = path.partition("?")
        answer = await ask(self.app, method, place, query, given, body, self.scheme)
        for line in answer.cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer


@pytest.fixture
def console(gateway: Gateway) -> ConsoleFrontend:
    gateway.driver.capability = structs.replace(CAPABILITY, security_groups_list=True)
    return ConsoleFrontend(gateway.services, b"c" * 32)


@pytest.fixture
async def window(console: ConsoleFrontend) -> Window:
    """A window in which somebody is logged in."""
    one = Window(console)
    assert (await one.log_in()).status == 303
    return one
