"""Documents by what they were rendered from, so that an unchanged object costs a comparison and not a rendering."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Concatenate, Final, ParamSpec

from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.http.kept import Kept
from deltaic.protocols.cimi.fixed import Fixed

P = ParamSpec("P")

#: Documents kept of a type; a large one with both its written forms takes some 5 kB, an expanded one some 20 kB.
LIMIT: Final = 6_000
#: Addresses of the gateway for which documents are kept, the last used ones: whoever asks chooses what it is called.
BASES: Final = 4
#: Put before a type whose documents have other documents in the place of references.
_WHOLE: Final = "expanded "
#: Put before a type of which several documents are kept together.
_GROUP: Final = "group of "


class Renderings:
    """The documents last rendered, by their type; the least used of a type go first.

    One type never drives out another: whoever asks for everything of ten thousand machines leaves alone what those
    need who ask for the machines.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._bases: OrderedDict[str, dict[str, Kept[Any]]] = OrderedDict()

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
        found: Fixed = self._of(links, item).get(
            key, (render, source, named), lambda: Fixed(item, render(links, *source, **named))
        )
        return found

    def group(
        self,
        item: str,
        links: Links,
        key: Hashable,
        render: Callable[Concatenate[Links, P], Sequence[Document]],
        *source: P.args,
        **named: P.kwargs,
    ) -> tuple[Fixed, ...]:
        """Several documents of one type that are made together, and count as one: there may be many times as many."""
        found: tuple[Fixed, ...] = self._of(links, _GROUP + item).get(
            key, (render, source, named), lambda: tuple(Fixed(item, one) for one in render(links, *source, **named))
        )
        return found

    def same(self, links: Links, item: str, document: Document) -> Fixed:
        """A document of the type `item` that stays as it is: the one kept for its id if that is equal."""
        if isinstance(document, Fixed):
            return document
        if "id" not in document:
            return Fixed(item, document)
        found: Fixed = self._of(links, _WHOLE + item).get(document["id"], document, lambda: Fixed(item, document))
        return found

    def _of(self, links: Links, name: str) -> Kept[Any]:
        types = self._bases.setdefault(links.base, {})
        self._bases.move_to_end(links.base)
        if len(self._bases) > BASES:
            self._bases.popitem(last=False)
        if name not in types:
            types[name] = Kept(self._limit)
        return types[name]

    def __len__(self) -> int:
        return sum(len(entries) for types in self._bases.values() for entries in types.values())
