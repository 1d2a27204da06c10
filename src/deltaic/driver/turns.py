"""Taking turns: what reads a thing, changes it and writes it back loses what others wrote in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary

#: Lets one caller at a time into its block, by what is edited.
Alone = Callable[[str], AbstractAsyncContextManager[None]]

#: Verbs (`noun.verb`, their first argument is the id) that read a thing and write it back, beside `annotate`: each with
#: the members of its `changes` that do; where none is named, every use of the verb does.
Rewrites = Mapping[str, Sequence[str]]


class Locks:
    """Turns of one process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def alone(self, thing: str) -> AbstractAsyncContextManager[None]:
        """Nobody else of this process is in such a block for this thing."""
        return self._locks.setdefault(thing, asyncio.Lock())
