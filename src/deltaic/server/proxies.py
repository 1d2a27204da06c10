"""Whose request it is when a proxy that is trusted brings it.

uvicorn's own middleware takes any text for an address, and the first entry of a list of trusted ones, so that garbage
would become the key by which guesses at passwords are counted; it also lets a client turn `https` into `ws` or `http`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from deltaic.settings.proxies import Network

Address = IPv4Address | IPv6Address

#: Proxies in a row that are looked behind, and characters of one address.
_MOST_HOPS: Final = 20
_LONGEST: Final = 64

_WITH_PORT: Final = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


class BehindProxies:
    """An ASGI application whose requests tell the client's address, where proxies of these networks bring them.

    The address is the rightmost one of X-Forwarded-For that is no trusted proxy's: whatever clients write themselves
    stands to the left of it. An entry that is no address ends the search at the proxy that passed it on.
    X-Forwarded-Proto can make a request one over HTTPS, never less than it is: a wrong one must not have cookies and
    links go in the open.
    """

    def __init__(self, asgi: Any, trusted: Sequence[Network]) -> None:
        self._asgi = asgi
        self._trusted = trusted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        peer = _address((scope.get("client") or ("",))[0])
        if peer is not None and self._trusts(peer):
            scope = {**scope, "client": (str(self._client(peer, _entries(scope, b"x-forwarded-for"))), 0)}
            if {entry.strip().lower() for entry in _entries(scope, b"x-forwarded-proto")} == {"https"}:
                scope["scheme"] = "https"
        await self._asgi(scope, receive, send)

    def _client(self, peer: Address, entries: Sequence[str]) -> Address:
        found = peer
        for entry in reversed(entries[-_MOST_HOPS:]):
            further = _address(entry.strip())
            if further is None:
                break
            found = further
            if not self._trusts(found):
                break
        return found

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _entries(scope: Any, name: bytes) -> list[str]:
    """All entries of a header, which may come several times, in their order."""
    joined = b",".join(value for key, value in scope["headers"] if key == name)
    return joined.decode("latin-1").split(",")


def _address(text: str) -> Address | None:
    """The address, without a port and without the name of an interface; None for what is none."""
    if len(text) > _LONGEST:
        return None
    if port := _WITH_PORT.fullmatch(text):
        text = port[1] or port[2]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or IPv6Address(int(found))
    return found
