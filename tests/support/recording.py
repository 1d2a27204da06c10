"""Servers of a test's own thread that keep everything they are sent, to show what never arrives."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any
from urllib.parse import unquote_plus

from deltaic.server import listening
from deltaic.settings import ServerSettings

READY_SECONDS = 30.0

#: What a Basic header or a signature may be written as.
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{12,}")
#: A login's answer; other servers must not see what it holds either.
_TOKENS = re.compile(r'"access_token"\s*:\s*"([^"]+)"')


class Recorder:
    """An ASGI application around another one. `heard` is text: addresses, headers and bodies, decoded."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.heard: list[str] = []
        self.tokens: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        lines = [f"{scope['method']} {scope['path']}?{query}"]
        lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in scope["headers"]]
        place = len(self.heard)
        self.heard.append(readable("\n".join(lines)))

        async def listen() -> Any:
            event = await receive()
            self.heard[place] += readable(event.get("body", b"").decode("latin-1"))
            return event

        async def answer(event: Any) -> None:
            self.tokens.update(_TOKENS.findall(event.get("body", b"").decode("latin-1")))
            await send(event)

        await self._app(scope, listen, answer)

    def has(self, text: str) -> bool:
        """Whether any request held a text, in whatever encoding."""
        return any(text in heard for heard in self.heard)


def readable(text: str) -> str:
    """A text with what is in it in percent codes and base64."""
    plain = unquote_plus(text)
    return "\n".join([text, plain, *(_decoded(word) for word in _BASE64.findall(plain))])


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


@contextmanager
def served(apps: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The applications on loopback ports while the block runs; yields their URLs by name."""
    loop = asyncio.new_event_loop()
    urls: dict[str, str] = {}
    ready, end = threading.Event(), asyncio.Event()
    faults: list[BaseException] = []

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for name, app in apps.items():
                urls[name] = await stack.enter_async_context(listening(app, ServerSettings(port=0)))
            ready.set()
            await end.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as fault:
            faults.append(fault)
        finally:
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        assert ready.wait(READY_SECONDS), "the servers did not come up"
        assert not faults, faults
        yield urls
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(READY_SECONDS)
        loop.close()
    assert not faults, faults
