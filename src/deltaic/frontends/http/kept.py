"""What was made of things, kept as long as those stay equal to what they were."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def _one(_: Any) -> int:
    return 1


class Kept(Generic[T]):
    """Things by a key, each made anew when its source is no longer equal; the least used go first.

    `limit` is how many are kept, or what all of them together may weigh by `weigh`.
    """

    def __init__(self, limit: int, weigh: Callable[[T], int] = _one) -> None:
        self._limit = limit
        self._weigh = weigh
        self._entries: OrderedDict[Hashable, tuple[Any, T]] = OrderedDict()
        self._weight = 0

    def get(self, key: Hashable, source: Any, make: Callable[[], T]) -> T:
        """What was made of `source`, or is made now. `source` is all that `make` depends on, and never changed."""
        entry = self._entries.get(key)
        if entry is not None and (entry[0] is source or entry[0] == source):
            self._entries.move_to_end(key)
            return entry[1]
        made = make()
        if entry is not None:
            self._weight -= self._weigh(entry[1])
        self._entries[key] = (source, made)
        self._entries.move_to_end(key)
        self._weight += self._weigh(made)
        while self._weight > self._limit:
            self._weight -= self._weigh(self._entries.popitem(last=False)[1][1])
        return made

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def weight(self) -> int:
        """What all that is kept weighs."""
        return self._weight
