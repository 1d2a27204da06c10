"""A CIMI client in this process, over the real services and a cloud in memory."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pytest

from deltaic.model.capability import Capability
from tests.support.asgi import Answer, ask
from tests.unit.frontends.conftest import USER, Gateway

BASE = "http://gateway.example:3001/cimi"
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"{USER}:deltaic".encode()).decode()}
XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}


#: What only clouds of another kind do.
ELSEWHERE = (
    "instances_create_runs",
    "instances_create_with_volumes",
    "instances_delete_running",
    "networks_create_with_subnets",
    "snapshots_update_with_tags",
    "volumes_update_with_tags",
)
#: What a cloud without public addresses and security groups can do, whose new machines stay down.
CAPABILITY = Capability(
    **{
        name: True
        for name in Capability.__struct_fields__
        if "_limit_" not in name and not name.startswith(("addresses", "security_groups", "key_pairs"))
    }
    | dict.fromkeys(ELSEWHERE, False)
)


@dataclass
class Client:
    """Sends requests with a login; paths are below `/cimi`."""

    gateway: Gateway

    async def send(self, method: str, path: str, body: str | bytes = b"", query: str = "", **headers: str) -> Answer:
        """One request; underscores in header names mean hyphens."""
        given = LOGIN | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body.encode() if isinstance(body, str) else body
        return await ask(self.gateway.cimi, method, f"/cimi{path}", query, given, content)

    async def get(self, path: str, query: str = "") -> Any:
        """A document, read from JSON."""
        answer = await self.send("GET", path, query=query, Accept="application/json")
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    async def post(self, path: str, document: Any) -> Answer:
        """A document sent as JSON; the answer is JSON, too."""
        headers = {"Content_Type": "application/json", "Accept": "application/json"}
        return await self.send("POST", path, json.dumps(document), **headers)


def job(answer: Answer) -> dict[str, Any]:
    """What the Job of an error tells, from either format."""
    if answer.headers["content-type"] == "application/json":
        document: dict[str, Any] = json.loads(answer.body)
        return document
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "{http://schemas.dmtf.org/cimi/1}Job"
    return {child.tag.rpartition("}")[2]: child.text or child.get("href") for child in root}


@pytest.fixture(autouse=True)
def capable(gateway: Gateway) -> None:
    """The cloud can do all that the frontend serves."""
    gateway.driver.capability = CAPABILITY


@pytest.fixture
def cimi(gateway: Gateway) -> Client:
    return Client(gateway)
