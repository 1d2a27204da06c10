"""The texts of a collection's documents: what did not change is neither made nor written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from deltaic.frontends.deltacloud.links import Links
from deltaic.frontends.http.kept import Kept
from deltaic.frontends.http.pace import paced
from deltaic.model.capability import Capability
from deltaic.protocols.deltacloud.negotiation import Format
from deltaic.protocols.deltacloud.writing import write_item

#: Bytes of texts that are kept; an instance has some 2,000 in each format.
LIMIT: Final = 64 << 20


class Viewer(Struct, frozen=True):
    """All that documents say of the request they answer, beside what they are about.

    `runs` is whether this gateway runs commands inside instances.
    """

    links: Links
    user: str
    provider: str
    capability: Capability
    runs: bool


class Later(Struct, frozen=True):
    """A document of a collection that is made only if its text is not kept.

    `key` tells it from others of its collection; `render(viewer, *source)` is a pure function, so that equal sources
    have equal texts.
    """

    key: str
    render: Callable[..., Any]
    source: tuple[Any, ...]


class Texts:
    """The texts last written, by the form, the collection, and everything of the viewer that tells two apart."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._kept: Kept[bytes] = Kept(limit, len)

    async def of(self, resource: str, documents: Iterable[Any], form: Format, viewer: Viewer) -> list[bytes]:
        """The text of each document, for `join_items`; others have their turn while many are written."""
        place = (resource, form.value, viewer.links.base, viewer.provider, viewer.user)

        def text(one: Any) -> bytes:
            if not isinstance(one, Later):
                return write_item(resource, one, form)
            return self._kept.get(
                (one.key, *place),
                (viewer, one.render, one.source),
                lambda: write_item(resource, one.render(viewer, *one.source), form),
            )

        return [text(one) async for one in paced(documents)]
