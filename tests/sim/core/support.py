"""A small client of the simulator for its tests."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from lxml import etree

from ovirt_engine_sim import Engine, ManualClock, Server

DEFAULT_CENTER = "79221158-0d50-11e2-a8af-17acc9433061"
DEFAULT = "99408929-82cf-4dc7-a532-9d998063fa95"
BARCELONA = "77d52ef6-11e3-11e2-be8c-87a6485627fe"
DESKTOP = "77ea7521-3017-4ee9-bcdf-d566178991c6"
WORKSHOP = "a10f0123-ca40-4428-adac-26ac42f282dd"
BLANK = "00000000-0000-0000-0000-000000000000"
DOWN_VM = "84623036-49fe-4f22-ac6f-ff526e8b82be"
UP_VM = "5ee314f5-a01b-41f3-81f7-fe4acb6c31f9"
PASSWORD = "deltaic"
USERS = {"admin@internal": PASSWORD, "user@internal": PASSWORD}


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def xml(self) -> Any:
        return etree.fromstring(self.body)

    @property
    def detail(self) -> str:
        document = self.json
        return str(document.get("fault", document)["detail"])


class Api:
    """Calls the API with a token; JSON unless told otherwise."""

    def __init__(self, server: Server, engine: Engine, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.engine = engine
        self.session = session
        self.headers = {"Accept": "application/json"}

    async def login(self, user: str = "admin@internal", password: str = PASSWORD) -> str:
        form = {"grant_type": "password", "scope": "ovirt-app-api", "username": user, "password": password}
        answer = await self.sso("oauth/token", form)
        assert answer.status == 200, answer.body
        token = str(answer.json["access_token"])
        self.headers["Authorization"] = f"Bearer {token}"
        return token

    async def sso(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        sent = {"Accept": "application/json", **headers}
        url = f"{self.server.root}/ovirt-engine/sso/{path}"
        async with self.session.post(url, data=form, headers=sent) as response:
            return Answer(response.status, response.headers, await response.read())

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body
        if isinstance(body, (dict, list)):
            data = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        url = f"{self.server.url}/{path}" if path else self.server.url
        async with self.session.request(method, url, data=data, headers=sent) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, **headers)

    async def read(self, path: str) -> Any:
        answer = await self.get(path)
        assert answer.status == 200, (path, answer.status, answer.body[:500])
        return answer.json

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.call("POST", path, {} if body is None else body, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.call("PUT", path, body, **headers)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)

    async def xml(self, method: str, path: str, body: str | None = None) -> Answer:
        return await self.call(method, path, body, Accept="application/xml", Content_Type="application/xml")

    def advance(self, seconds: float) -> None:
        assert isinstance(self.engine.clock, ManualClock)
        self.engine.clock.advance(seconds)

    async def status(self, vm: str) -> str | None:
        document = await self.read(f"vms/{vm}")
        status = document.get("status")
        return None if status is None else str(status)

    async def create(self, name: str = "made", **members: Any) -> str:
        """Create a VM from the Workshop template and wait until it is down."""
        body = {"name": name, "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}, **members}
        answer = await self.post("vms", body)
        assert answer.status in (201, 202), answer.body
        self.advance(10)
        return str(answer.json["id"])

    async def force(self, vm: str, status: str) -> None:
        """Put a VM into a status, whatever the way there."""
        entity = self.engine.get("vm", vm)
        assert entity is not None
        if status == "image_illegal":
            entity.data.pop("status", None)
        else:
            entity.data["status"] = status
        entity.inner["run"] = entity.inner.get("run", 0) + 1
        self.engine.touch(entity)
