"""Long lists of a large cloud, kept for a moment: turning pages and searching does not ask for them each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from deltaic.model.context import Context, Scope

T = TypeVar("T")

#: A list is kept for so many times as long as it took to get, but no longer than so many seconds.
TIMES: Final = 5.0
LONGEST: Final = 10.0
#: Lists that are kept.
MOST: Final = 32

Key = tuple[str, Scope, str]


class Shelf:
    """Lists by owner, scope and what they are of. A small cloud's are hardly kept at all; failures never."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, Any]] = OrderedDict()

    async def read(self, context: Context, what: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """The list as it was a moment ago, or as it is now."""
        key = (context.owner, context.scope, what)
        began = self._clock()
        until, kept = self._kept.get(key, (0.0, None))
        if kept is not None and began < until:
            found: T = kept
            return found
        fresh = await fetch()
        now = self._clock()
        self._kept[key] = (now + min(LONGEST, TIMES * (now - began)), fresh)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return fresh

    def clear(self, owner: str) -> None:
        """Forget an owner's lists: they changed something."""
        for key in [key for key in self._kept if key[0] == owner]:
            del self._kept[key]
