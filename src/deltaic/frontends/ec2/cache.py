"""Rendered XML per object, so that an unchanged machine costs a comparison and not a rendering."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from deltaic.protocols.aws.xml import Fragment


class FragmentCache:
    """Fragments by a key, valid as long as what they were made of is equal; the least used go first."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[str, ...], tuple[Any, Fragment]] = OrderedDict()

    def get(self, key: tuple[str, ...], source: Any, render: Callable[[], Fragment]) -> Fragment:
        """The fragment of `source`, rendered anew when it changed."""
        entry = self._entries.get(key)
        if entry is not None and (entry[0] is source or entry[0] == source):
            self._entries.move_to_end(key)
            return entry[1]
        fragment = render()
        self._entries[key] = (source, fragment)
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
        return fragment

    def __len__(self) -> int:
        return len(self._entries)
