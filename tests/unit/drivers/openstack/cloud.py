"""A cloud that answers what a test tells it, over a real socket, and remembers what it was asked.

All services are on one address: /identity/v3, /compute/v2.1, /image/v2, /network/v2.0, /volume/v3/PROJECT. An answer
is found by method and path (`GET /compute/v2.1/servers/detail`); a list of answers is used up to its last one.
"""

from __future__ import annotations

import inspect
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct

from deltaic.driver import DriverConfig
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret

DATA = Path(__file__).parents[3] / "data" / "openstack"
PROJECT = "07fc3dff8e114d6ba057a26ef4ab72ac"
REQUEST_ID = "6f1c1f0e-6d1c-4c3b-9f6c-0f4a3c9b8f11"
LOGIN = "POST /identity/v3/auth/tokens"


def recorded(name: str) -> bytes:
    """A recorded answer's body."""
    return (DATA / name).read_bytes()


class Asked(Struct):
    """One request as the cloud got it. Header names are lower case; `query` is undecoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer(Struct):
    """What the cloud says."""

    body: bytes | dict[str, Any] | list[Any] = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


Told = Answer | list[Answer] | Callable[[Asked], Answer | Awaitable[Answer]]


class Cloud:
    """The answers, the requests, and how a driver gets here."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.answers: dict[str, Told] = {
            LOGIN: lambda asked: self.token(),
            "GET /compute/v2.1/": Answer(recorded("compute_version.json")),
            "GET /volume/v3/": Answer(recorded("block_storage_version.json"), 300),
        }
        self._tokens = 0

    def token(self, *, seconds: float = 28800.0, status: int = 201, **members: Any) -> Answer:
        """A new token `token-1`, `token-2` ...; `members` replace those of the recorded one."""
        self._tokens += 1
        now = datetime.now(UTC)
        token: dict[str, Any] = json.loads(recorded("token.json"))["token"]
        token["issued_at"] = now.isoformat()
        token["expires_at"] = (now + timedelta(seconds=seconds)).isoformat()
        token["catalog"] = self.catalog()
        token |= members
        return Answer({"token": token}, status, headers={"X-Subject-Token": f"token-{self._tokens}"})

    def catalog(self, *regions: str) -> list[dict[str, Any]]:
        paths = {
            "compute": "/compute/v2.1", "image": "/image", "network": "/network", "volumev3": f"/volume/v3/{PROJECT}",
            "identity": "/identity",
        }  # fmt: skip
        return [
            {
                "type": type_,
                "name": type_,
                "endpoints": [
                    {"interface": "public", "region_id": region, "region": region, "url": self.url + path}
                    for region in regions or ("RegionOne",)
                ],
            }
            for type_, path in paths.items()
        ]

    def config(self, provider: str = "RegionOne;demo", **members: Any) -> DriverConfig:
        """A driver's configuration for this cloud; `provider` is what stands behind the address."""
        return DriverConfig(provider=f"{self.url}/identity;{provider}".rstrip(";"), **members)

    def of(self, method: str, path: str = "") -> list[Asked]:
        """The requests with this method whose path begins so."""
        return [asked for asked in self.asked if asked.method == method and asked.path.startswith(path)]

    async def serve(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.path, request.rel_url.raw_query_string, headers, await request.read())
        self.asked.append(asked)
        told = self.answers.get(f"{asked.method} {asked.path}", Answer({"itemNotFound": {"message": "no"}}, 404))
        if isinstance(told, list):
            answer = told.pop(0) if len(told) > 1 else told[0]
        else:
            found = told if isinstance(told, Answer) else told(asked)
            answer = await found if inspect.isawaitable(found) else found
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        more = {"Content-Type": answer.content_type, **answer.headers}
        return web.Response(body=body, status=answer.status, headers=more)


@asynccontextmanager
async def cloud(tls: ssl.SSLContext | None = None) -> AsyncIterator[Cloud]:
    """Run a cloud, over TLS when given a certificate."""
    made = Cloud()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def asks(
    user: str = "demo", password: str = "lab", *, view: str = "", region: str = "", token: bool = False,
    seconds: float = 30.0,
) -> Context:  # fmt: skip
    """The context of somebody's request."""
    principal = Principal(id="user:1", user=user, password=Secret(password), token=token)
    return Context(principal, Scope("cloud", region, view), REQUEST_ID, time.monotonic() + seconds)
