"""One client's connections: what servers and addresses can't be allowed to do."""

from __future__ import annotations

import pytest
from aiohttp import web

from deltaic.drivers.http.session import HttpSession
from deltaic.drivers.http.tls import TlsSettings
from deltaic.model.errors import Error, ErrorKind


async def asked(url: str) -> dict[str, str]:
    session = HttpSession(url, tls=TlsSettings(), user_agent="test")
    try:
        return (await session.request("GET", url, headers={}, seconds=20)).headers
    finally:
        await session.close()


@pytest.mark.parametrize("url", [f"http://{'a' * 70}.example/", "http://127.0.0.1:99999/", "http://a b/", "http:///"])
async def test_addresses_that_can_not_be_reached(url: str) -> None:
    with pytest.raises(Error) as caught:
        await asked(url)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize(("length", "arrives"), [(9_000, True), (60_000, True), (131073, False)])
async def test_long_headers(length: int, arrives: bool) -> None:
    """Tokens that hold a whole catalog are longer than what most clients take for a header."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(headers={"X-Subject-Token": "t" * length})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        if arrives:
            assert (await asked(url))["x-subject-token"] == "t" * length
        else:
            with pytest.raises(Error) as caught:
                await asked(url)
            assert caught.value.kind is ErrorKind.UNAVAILABLE
    finally:
        await runner.cleanup()
