"""Things by their ids: the services filter by none, or by one.

Few are asked for one by one, side by side; more of them are picked out of the whole list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from deltaic.model.errors import Error, ErrorKind

#: The most that are asked for one by one.
MOST_SINGLY: Final = 8


class _Thing(Protocol):
    @property
    def id(self) -> str: ...


Thing = TypeVar("Thing", bound=_Thing)
Found = TypeVar("Found")


async def of_ids(
    ids: Iterable[str], one: Callable[[str], Awaitable[Thing]], everything: Callable[[], Awaitable[Sequence[Thing]]]
) -> list[Thing]:
    """Those of `ids` that there are. `one` reads one of them, or raises NOT_FOUND; `everything` reads the list."""
    wanted = dict.fromkeys(ids)
    if len(wanted) > MOST_SINGLY:
        return [thing for thing in await everything() if thing.id in wanted]
    return await singly(wanted, one)


async def singly(ids: Iterable[str], one: Callable[[str], Awaitable[Thing]]) -> list[Thing]:
    """Those of few `ids` that there are, one by one."""
    found = await asyncio.gather(*(or_none(one(id_)) for id_ in dict.fromkeys(ids)))
    return [thing for thing in found if thing is not None]


async def or_none(reading: Awaitable[Found]) -> Found | None:
    """What is read, or None when it is NOT_FOUND."""
    try:
        return await reading
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return None
