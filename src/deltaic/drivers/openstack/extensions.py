"""What the network service of a cloud can do at all: it answers pages of an extension that it lacks with 404.

Source page: Networking API v2.0, "Extensions".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from deltaic.drivers.http.cache import TimedCache
from deltaic.model.context import Context
from deltaic.model.errors import Error

#: How long the list is good, seconds.
FRESH: Final = 300.0

#: Collection -> the extension that brings it.
COLLECTIONS: Final[dict[str, str]] = {
    "security-groups": "security-group",
    "security-group-rules": "security-group",
    "routers": "router",
    "floatingips": "router",
}

#: The extension with which everything has tags, and the older ones with what has tags there.
TAGS: Final = "standard-attr-tag"
_OLDER_TAGS: Final[dict[str, str]] = {"networks": "tag", "subnets": "tag-ext", "routers": "tag-ext"}


class Extension(Struct, frozen=True):
    """One of them."""

    alias: str = ""


class ExtensionList(Struct, frozen=True):
    """`GET /extensions`."""

    extensions: tuple[Extension, ...] = ()


class Extensions:
    """The extensions of the network services of one cloud. `read` asks the one of a request, `place` tells which."""

    def __init__(
        self, place: Callable[[Context], Awaitable[str]], read: Callable[[Context], Awaitable[ExtensionList]]
    ) -> None:
        self._place = place
        self._read = read
        self._known: TimedCache[str, frozenset[str]] = TimedCache(seconds=FRESH, size=16)

    async def aliases(self, context: Context) -> frozenset[str]:
        """Their names; none where the service does not tell."""
        key = await self._place(context)
        try:
            return await self._known.get(key, lambda: self._ask(context), seconds=context.remaining())
        except Error:
            return frozenset()

    async def lacks(self, context: Context, collection: str) -> bool:
        """Whether the service is known not to have a collection."""
        needed, known = COLLECTIONS.get(collection, ""), await self.aliases(context)
        return bool(needed and known) and needed not in known

    async def lacks_tags(self, context: Context, collection: str) -> bool:
        """Whether the service is known not to keep tags of what is in a collection."""
        known = await self.aliases(context)
        return bool(known) and not known & {TAGS, _OLDER_TAGS.get(collection, TAGS)}

    async def _ask(self, context: Context) -> frozenset[str]:
        return frozenset(one.alias for one in (await self._read(context)).extensions)
