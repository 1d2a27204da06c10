"""Lists of things: search, then one page of what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Final, Generic, TypeVar

from msgspec import Struct

from deltaic.frontends.console.page import Page

#: Rows of one page.
ROWS: Final = 50

T = TypeVar("T")


class Listing(Struct, Generic[T], frozen=True):
    """One page of what was found. `q` is what was searched for; pages count from 1."""

    items: Sequence[T]
    count: int
    total: int
    number: int
    pages: int
    q: str

    @property
    def pace(self) -> int:
        """Seconds until a browser asks again: long lists cost the cloud more."""
        return 5 if self.total <= 500 else 20


def listed(
    page: Page,
    things: Sequence[T],
    texts: Callable[[T], Iterable[str]],
    name: Callable[[T], str] | None = None,
    keep: Callable[[T], bool] | None = None,
) -> Listing[T]:
    """What the page's parameters `q` and `page` want of these, by `name` where they are to be sorted."""
    wanted = page.query("q").casefold()
    found = [
        thing
        for thing in things
        if (keep is None or keep(thing)) and (not wanted or any(wanted in text.casefold() for text in texts(thing)))
    ]
    if name is not None:
        found.sort(key=lambda thing: name(thing).casefold())
    pages = max(1, ceil(len(found) / ROWS))
    number = min(max(1, _number(page.query("page"))), pages)
    shown = found[(number - 1) * ROWS : number * ROWS]
    return Listing(shown, len(found), len(things), number, pages, page.query("q"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
