"""Calling an ASGI application in this process, without sockets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """What the application sent. Header names are lower case; `cookies` are the lines that set some."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode()


async def ask(
    app: Any,
    method: str = "GET",
    path: str = "/",
    query: str | bytes = b"",
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    scheme: str = "http",
) -> Answer:
    """Send one request; a body of several chunks arrives in several events."""
    chunks = [body] if isinstance(body, bytes) else list(body)
    events = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    given = {"host": "gateway.example:3001", **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode() if isinstance(query, str) else query,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 3001),
        "state": {},
    }
    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    cookies = tuple(v.decode() for k, v in start["headers"] if k == b"set-cookie")
    return Answer(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, content, cookies)
