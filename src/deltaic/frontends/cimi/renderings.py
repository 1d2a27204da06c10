"""Documents by what they were rendered from, so that an unchanged object costs a comparison and not a rendering."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, Final, ParamSpec

from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.links import Links
from deltaic.protocols.cimi.fixed import Fixed

P = ParamSpec("P")

#: Documents kept; a large one with both its written forms takes some 5 kB.
LIMIT: Final = 30_000


class Renderings:
    """The documents last rendered, the least used of which go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[Any, Fixed]] = OrderedDict()

    def get(
        self,
        item: str,
        links: Links,
        key: Hashable,
        render: Callable[Concatenate[Links, P], Document],
        *source: P.args,
        **named: P.kwargs,
    ) -> Fixed:
        """What `render` makes of `source`, made anew when that is no longer equal to what it was.

        `key` tells things of the type `item` apart. Nobody may change the document.
        """
        place = (item, links.base, key)
        made_of = (render, source, named)
        entry = self._entries.get(place)
        if entry is not None and entry[0] == made_of:
            self._entries.move_to_end(place)
            return entry[1]
        document = Fixed(item, render(links, *source, **named))
        self._entries[place] = (made_of, document)
        self._entries.move_to_end(place)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
        return document

    def __len__(self) -> int:
        return len(self._entries)
