"""A reverse proxy before the lab that makes it look like another cloud: other catalog, fewer features, smaller pages.

All services are on one address: /cloud/identity/v3, /cloud/compute/v2.1 and so on. What a disguise does not change
passes as it is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

Catalog = list[dict[str, Any]]

#: Headers that are about a connection, not about what is said.
HOP = frozenset({"host", "content-length", "connection", "keep-alive", "transfer-encoding", "content-encoding"})
MISSING = {"NeutronError": {"type": "HTTPNotFound", "message": "The resource could not be found.", "detail": ""}}
IDENTITY = "identity"


@dataclass
class Asked:
    """One request on its way; `query` may be changed."""

    method: str
    service: str
    path: str
    query: list[tuple[str, str]]
    body: bytes


@dataclass
class Disguise:
    """What a cloud is like. Each part leaves alone what it does not change."""

    catalog: Callable[[Catalog], Catalog] = lambda services: services
    #: An answer in the cloud's place, as status and body.
    refuse: Callable[[Asked], tuple[int, Any] | None] = lambda asked: None
    #: A JSON body on its way back.
    tell: Callable[[Asked, Any], Any] = lambda asked, body: body


@dataclass
class Proxy:
    """The disguised cloud."""

    upstream: dict[str, str]
    disguise: Disguise
    client: aiohttp.ClientSession
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    @property
    def keystone(self) -> str:
        """Its identity API, without a version."""
        return f"{self.url}/cloud/{IDENTITY}"

    async def serve(self, request: web.Request) -> web.Response:
        service, _, path = request.match_info["rest"].partition("/")
        query = list(request.query.items())
        asked = Asked(request.method, service, f"/{path}", query, await request.read())
        self.asked.append(asked)
        refused = self.disguise.refuse(asked)
        if refused is not None:
            status, told = refused
            if isinstance(told, str):
                return web.Response(text=told, status=status, content_type="text/html")
            return web.json_response(told, status=status)
        return await self._passed(asked, request)

    async def _passed(self, asked: Asked, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        url = f"{self.upstream[asked.service]}{asked.path}"
        async with self.client.request(
            asked.method, url, params=asked.query, headers=headers, data=asked.body or None, allow_redirects=False
        ) as answer:
            body = await answer.read()
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
            if "json" in answer.content_type and body:
                body = json.dumps(self._told(asked, json.loads(body))).encode()
            return web.Response(body=body, status=answer.status, headers=kept)

    def _told(self, asked: Asked, body: Any) -> Any:
        if asked.service == IDENTITY and "catalog" in body.get("token", {}):
            body["token"]["catalog"] = self.disguise.catalog(self._moved(body["token"]["catalog"]))
        return self.disguise.tell(asked, body)

    def _moved(self, services: Catalog) -> Catalog:
        """The catalog with this proxy in the place of every service."""
        for service in services:
            for endpoint in service["endpoints"]:
                parts = urlsplit(endpoint["url"])
                self.upstream.setdefault(service["type"], f"{parts.scheme}://{parts.netloc}")
                endpoint["url"] = f"{self.url}/cloud/{service['type']}{parts.path}"
        return services


@asynccontextmanager
async def disguised(keystone: str, disguise: Disguise) -> AsyncIterator[Proxy]:
    """The cloud behind `keystone`, looking otherwise while the block runs."""
    parts = urlsplit(keystone)
    async with aiohttp.ClientSession(auto_decompress=True) as client:
        proxy = Proxy({IDENTITY: f"{parts.scheme}://{parts.netloc}"}, disguise, client)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/cloud/{rest:.*}", proxy.serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()
