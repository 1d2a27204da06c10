"""Runs `deltaic.server.serve` around a stub gateway; argument: how its `close` behaves (`well`, `hangs`, `blocks`)."""

from __future__ import annotations

import asyncio
import sys
import time
import types
from typing import Any

from deltaic.logs import configure
from deltaic.server import serve
from deltaic.settings import LogSettings, ServerSettings, Settings


class Stub:
    """Answers 200; `slow` paths only after a while."""

    def __init__(self, settings: Settings) -> None:
        self.opened = False

    async def open(self) -> None:
        self.opened = True

    async def close(self) -> None:
        print("closing", flush=True)
        if sys.argv[1] == "hangs":
            await asyncio.sleep(60)
        if sys.argv[1] == "blocks":
            time.sleep(60)  # noqa: ASYNC251 - what a stuck library would do
        if sys.argv[1] == "blocks for a second signal":
            await asyncio.sleep(0.35)
            print("waiting", flush=True)
            await asyncio.sleep(60)
        print("closed", flush=True)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["path"] == "/slow":
            print("slow", flush=True)
            await asyncio.sleep(0.5)
        status = 200 if self.opened else 500
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})


module = types.ModuleType("deltaic.app")
module.build = Stub  # type: ignore[attr-defined]
sys.modules["deltaic.app"] = module

configure(LogSettings(level="error"))
settings = Settings(server=ServerSettings(port=0, stop_grace=2.0))
asyncio.run(serve(settings, lambda url: print("ready", url, flush=True)))
