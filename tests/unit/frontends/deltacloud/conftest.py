"""A Deltacloud client in this process, over the real services and a cloud in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from deltaic.frontends.deltacloud import DeltacloudFrontend, DeltacloudSettings, DriverInfo
from deltaic.model.capability import Capability
from deltaic.ports.shell import Login, Output, Target
from deltaic.services.commands import CommandService
from tests.support.asgi import Answer, ask
from tests.unit.frontends.conftest import USER, Gateway

BASE = "http://gateway.example:3001/api"
#: Everything that a cloud can be capable of.
EVERYTHING = Capability(**{name: True for name in Capability.__struct_fields__ if "_limit_" not in name})
#: A cloud with neither addresses nor groups of its own, whose machines rest until somebody starts them.
_ABSENT = ("security_groups", "addresses", "key_pairs", "signed_requests", "networks_create_with_subnets")
_OTHERWISE = ("_runs", "_with_volumes", "_with_security_groups", "_delete_running", "_from_running", "_with_tags")
ABLE = replace(
    EVERYTHING,
    **{name: False for name in Capability.__struct_fields__ if name.startswith(_ABSENT) or name.endswith(_OTHERWISE)},
)
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"{USER}:deltaic".encode()).decode()}


@dataclass
class FakeShell:
    """Remembers what it was asked to run, and tells it."""

    asked: list[tuple[Target, Login, str]] = field(default_factory=list)

    async def run(self, target: Target, login: Login, command: str, seconds: float) -> Output:
        self.asked.append((target, login, command))
        return Output(f"ran {command}", 0, "SHA256:abc")


class Pages:
    """Pages that say so; there is one for images."""

    def serves(self, method: str, segments: Any) -> bool:
        return (method, *segments[:1]) == ("GET", "images")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"a page"})


@dataclass
class Client:
    """Sends requests with a login; paths are below `/api`."""

    app: DeltacloudFrontend
    gateway: Gateway
    shell: FakeShell

    async def send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request whose parameters stand in the query."""
        return await ask(
            self.app, method, f"/api{path}", urlencode(parameters or {}), {**LOGIN, **(headers or {})}, body
        )

    async def xml(self, path: str, **parameters: str) -> ElementTree.Element:
        """A document."""
        answer = await self.send("GET", path, parameters)
        assert answer.status == 200, answer.text
        return ElementTree.fromstring(answer.body)

    async def json(self, path: str, **parameters: str) -> Any:
        """A document as JSON."""
        answer = await self.send("GET", path, parameters, headers={"Accept": "application/json"})
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    async def ids(self, collection: str, **parameters: str) -> list[str]:
        """The ids of a collection."""
        return [one.get("id", "") for one in await self.xml(f"/{collection}", **parameters)]


@pytest.fixture
def deltacloud(gateway: Gateway) -> Client:
    shell = FakeShell()
    gateway.driver.capability = ABLE
    services = replace(gateway.services, commands=CommandService(gateway.services.instances, shell))
    settings = DeltacloudSettings(installed=(DriverInfo("fake", "A cloud in memory"),), drivers={"default": "fake"})
    return Client(DeltacloudFrontend(services, settings, pages=Pages()), gateway, shell)
