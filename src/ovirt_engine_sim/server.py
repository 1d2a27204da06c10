"""Running an engine: inside the current loop, or as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvicorn

from ovirt_engine_sim.app import Dropped, create_app
from ovirt_engine_sim.engine import Engine


@dataclass(slots=True)
class Server:
    """Where a running engine listens; `url` is the API's base, `root` the server's."""

    host: str
    port: int

    @property
    def root(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.root}/ovirt-engine/api"


class _Uvicorn(uvicorn.Server):
    """A server that leaves the process's signal handlers alone and stops at once when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop taking connections and end when the open requests are answered."""
        self.should_exit = True
        self._stopping.set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for one in sockets or ():
            one.close()


class _NoDropped(logging.Filter):
    """Connections that were dropped on order are no errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], Dropped))


_NO_DROPPED = _NoDropped()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only then
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(512)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


@asynccontextmanager
async def running(engine: Engine, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Server]:
    """Serve the engine in the current loop; port 0 takes a free one. Closes the engine at the end."""
    logging.getLogger("uvicorn.error").addFilter(_NO_DROPPED)
    config = uvicorn.Config(
        create_app(engine), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=3,
        timeout_keep_alive=75, server_header=False, h11_max_incomplete_event_size=64 << 10,
    )  # fmt: skip
    server = _Uvicorn(config)
    listener = listen(host, port)
    engine.start()
    task = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield Server(host, listener.getsockname()[1])
    finally:
        server.stop()
        await asyncio.wait_for(task, 10)
        await engine.close()
