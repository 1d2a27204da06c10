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
        found = self._find(place, made_of)
        return found or self._keep(place, made_of, Fixed(item, render(links, *source, **named)))

    def same(self, links: Links, item: str, document: Document) -> Fixed:
        """A document of the type `item` that stays as it is: the one kept for its id if that is equal."""
        if isinstance(document, Fixed):
            return document
        if "id" not in document:
            return Fixed(item, document)
        place = (item, links.base, "whole", document["id"])
        return self._find(place, document) or self._keep(place, document, Fixed(item, document))

    def _find(self, place: Hashable, made_of: Any) -> Fixed | None:
        entry = self._entries.get(place)
        if entry is None or entry[0] != made_of:
            return None
        self._entries.move_to_end(place)
        return entry[1]

    def _keep(self, place: Hashable, made_of: Any, document: Fixed) -> Fixed:
        self._entries[place] = (made_of, document)
        self._entries.move_to_end(place)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
        return document

    def __len__(self) -> int:
        return len(self._entries)
