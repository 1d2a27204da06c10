"""Lists that come in pages: what the next page is called with.

Compute, block storage and network answer `<noun>_links` with `rel: next`, image `next`, identity `links.next`.
Source pages: "Paginated collections" of each API.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct

from deltaic.drivers.openstack.errors import nonsense
from deltaic.drivers.openstack.faults import UNREADABLE

#: More pages than a list of any cloud has.
MOST_PAGES = 1000


class _Link(Struct):
    rel: str | None = ""
    href: str | None = ""


class _Links(Struct):
    next: str | None = None


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[_Link | None] | None, strict=False).decode
_links = msgspec.json.Decoder(_Links | list[Any] | None, strict=False).decode
_text = msgspec.json.Decoder(str | None).decode


def next_query(body: bytes) -> list[tuple[str, str]] | None:
    """The query of the next page; None after the last one.

    Only the link's query is used, on the address that the list came from: a token must not travel to another host,
    and behind a proxy the links often name an address or scheme that is not to be reached.
    """
    try:
        link = _next_link(_members(body))
        return parse_qsl(urlsplit(link).query, keep_blank_values=True, max_num_fields=100) if link else None
    except (*UNREADABLE, ValueError) as error:
        raise nonsense(f"the link to the next page: {str(error)[:100]}") from None


def _next_link(members: dict[str, msgspec.Raw]) -> str | None:
    for name, raw in members.items():
        if name.endswith("_links"):
            return next((link.href for link in _list(raw) or () if link and link.rel == "next"), None)
    if "next" in members:
        link: str | None = _text(members["next"])
        return link
    if "links" in members:
        found = _links(members["links"])
        return found.next if isinstance(found, _Links) else None
    return None
