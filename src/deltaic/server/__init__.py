"""Listens: uvicorn with our bounds, TLS and signal handling, around any ASGI application.

`serve(settings, ready)` runs the whole gateway until SIGTERM or SIGINT; `listening(asgi, settings)` is the
listener alone, for the demo and for tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address
from typing import Any, Protocol

import structlog
import uvicorn

from deltaic.server.garbage import short_searches
from deltaic.server.protocol import bounded
from deltaic.server.proxies import BehindProxies
from deltaic.server.tls import server_context
from deltaic.settings import ServerSettings, Settings, SettingsError
from deltaic.settings.proxies import networks

log = structlog.get_logger(__name__)

#: The share of the stop grace that open requests get; the rest is for flows, database and sessions.
_REQUESTS_SHARE = 0.6
_BACKLOG = 1024

#: Seconds within which a second signal is taken for the echo of the first.
_ECHO = 0.3


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Build the gateway, listen, call `ready` with the base URL, stop at SIGTERM or SIGINT.

    Ends within `server.stop_grace` seconds plus one after the signal; a second signal ends it at once.
    Raises `SettingsError` when the address or certificate can't be used.
    """
    from deltaic.app import build

    stop = stop_event(settings.server.stop_grace + 1.0)
    application = build(settings)
    async with closing(application, settings.server):
        await application.open()
        async with listening(application.asgi, settings.server) as url:
            with short_searches():
                ready(url)
                await stop.wait()
            log.info("stopping")


class Closable(Protocol):
    """What has to be closed at the end."""

    async def close(self) -> None:
        """Give back everything."""


@contextlib.asynccontextmanager
async def closing(application: Closable, settings: ServerSettings) -> AsyncIterator[None]:
    """Close the application after the block, within its share of the stop grace."""
    seconds = settings.stop_grace * (1 - _REQUESTS_SHARE)
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(seconds):
                await application.close()
        except TimeoutError:
            log.warning("closing took too long; unfinished work goes on at the next start", seconds=seconds)


def stop_event(patience: float) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; call it inside the running loop, in the main thread.

    `patience` seconds after the first signal the process ends whatever still runs; so it does at a second one
    that does not come at once (wrappers such as timeout(1) deliver each signal twice).
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    first = 0.0

    def on_signal() -> None:
        nonlocal first
        if stop.is_set():
            if loop.time() - first > _ECHO:
                _leave(1)
            return
        first = loop.time()
        stop.set()
        watchdog = threading.Timer(patience, _leave, (0,))
        watchdog.daemon = True
        watchdog.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


def _leave(code: int) -> None:
    # Everything that matters is on disk already: the same as a kill, which a restart survives by design.
    sys.stderr.flush()
    os._exit(code)


@contextlib.asynccontextmanager
async def listening(asgi: Any, settings: ServerSettings) -> AsyncIterator[str]:
    """Serve an ASGI application while the block runs; yields the base URL, without a trailing slash.

    Port 0 takes a free one. Raises `SettingsError` when the address or certificate can't be used.
    """
    context = server_context(settings)
    if context is None and not is_loopback(settings.host):
        log.warning("no_tls", host=settings.host, advice="anybody on the way can read passwords; see the TLS options")
    listener = _bind(settings.host, settings.port)
    server = uvicorn.Server(_config(asgi, settings))
    server.config.load()
    server.config.ssl = context
    # `_serve` is `serve` without uvicorn's own signal handlers, which would replace ours.
    task = asyncio.create_task(server._serve([listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
            if task.done():
                task.result()
        yield url_of(settings.host, listener.getsockname()[1], tls=context is not None)
    finally:
        server.should_exit = True
        await task


def _config(asgi: Any, settings: ServerSettings) -> uvicorn.Config:
    trusted = networks(settings.trusted_proxies)
    return uvicorn.Config(
        BehindProxies(asgi, trusted) if trusted else asgi,
        http=bounded(settings.max_head_size, settings.head_timeout),
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=max(1, int(settings.keep_alive)),
        timeout_graceful_shutdown=max(1, int(settings.stop_grace * _REQUESTS_SHARE)),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"server.host: {host} is no address of this machine: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(f"server.port: can't listen on {host}:{port}: {error.strerror}") from None
    listener.setblocking(False)
    return listener


def url_of(host: str, port: int, *, tls: bool) -> str:
    """The base URL under which a listener on `host` is reached from this machine."""
    shown = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{'https' if tls else 'http'}://{shown}:{port}"
