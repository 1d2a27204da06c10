"""Faults of the wire: what drivers send through the HTTP kit of this process is counted, delayed, lost or changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest

from deltaic.drivers.http.session import HttpSession

#: Longer than any case's hurry.
SLOW_SECONDS = 3.0


class Transport:
    """What happens to the next request that it can happen to."""

    def __init__(self) -> None:
        self.calls = 0
        self.slow = False
        self.lose_creation = False
        self.flavor = ""

    def heal(self) -> None:
        """Nothing happens to anything."""
        self.slow = self.lose_creation = False
        self.flavor = ""

    async def pass_on(self, send: Any, *request: Any) -> Any:
        """One request on its way."""
        session, method, url, headers, body, limit = request
        self.calls += 1
        if self.slow:
            self.slow = False
            await asyncio.sleep(SLOW_SECONDS)
        creates = method == "POST" and url.endswith("/servers")
        if creates and self.flavor:
            body, self.flavor = _with_flavor(body, self.flavor), ""
        answer = await send(session, method, url, headers, body, limit)
        if creates and self.lose_creation:
            self.lose_creation = False
            raise aiohttp.ServerDisconnectedError
        return answer


@contextmanager
def transport() -> Iterator[Transport]:
    """All requests of the kit pass here while the block runs."""
    found, send = Transport(), HttpSession._send

    async def passed(
        session: HttpSession, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int
    ) -> Any:
        return await found.pass_on(send, session, method, url, headers, body, limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpSession, "_send", passed)
        yield found


def _with_flavor(body: bytes, flavor: str) -> bytes:
    document = json.loads(body)
    document["server"]["flavorRef"] = flavor
    return json.dumps(document).encode()
