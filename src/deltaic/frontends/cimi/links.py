"""URIs of resources: written for clients, and read back from what clients send."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from deltaic.protocols.cimi.references import reference_id

#: Paths of segments that need no escaping, which are nearly all.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_.~-]+)*", re.ASCII)


class Links:
    """`base` is the address of the collections, such as `http://host:3001/cimi`."""

    def __init__(self, base: str) -> None:
        self.base = base

    def to(self, *segments: str) -> str:
        """The absolute URI of a resource."""
        path = "/".join(segments)
        if path.count("/") >= len(segments) or not _PLAIN.fullmatch(path):
            path = "/".join(quote(segment, safe=":@!$&'()*+,;=") for segment in segments)
        return f"{self.base}/{path}"

    def ref(self, *segments: str) -> dict[str, str]:
        """A reference to a resource."""
        return {"href": self.to(*segments)}

    def id_in(self, href: str, field: str) -> str:
        """The id in an address that a client sends; INVALID for one that is not this gateway's."""
        return reference_id(href, self.base, field)
