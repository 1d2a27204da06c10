"""Wrong guesses at something of late, by where they were made: a repeated one is no new one."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

#: For so many seconds a wrong guess counts, and so often the same one is heard within them.
SECONDS: Final = 60.0
MOST_REPEATS: Final = 10
#: Doors that are remembered: the one at which nothing was wrong for longest is forgotten.
MOST_DOORS: Final = 10_000
#: Bits of an IPv6 address that are one site's; the rest its owner chooses.
_SITE: Final = 64


class _Door:
    """Guesses at one door, each with the times at which it was wrong, and those whose answer is not there yet."""

    __slots__ = ("under_way", "wrong")

    def __init__(self) -> None:
        self.wrong: OrderedDict[bytes, deque[float]] = OrderedDict()
        self.under_way: set[bytes] = set()


class Guesses:
    """Lets `most` different wrong guesses through each door within a while; the next one has to wait.

    Doors and guesses are told apart by digests. The same wrong guess teaches nobody anything, so that a program with
    an old password leaves the door open for whoever has the new one; it is heard often enough to notice a change.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._doors: OrderedDict[bytes, _Door] = OrderedDict()

    def wait(self, door: bytes, guess: bytes) -> int:
        """Seconds until this guess may be made; 0 for now."""
        found = self._doors.get(door)
        if found is None:
            return 0
        self._forget_old(found)
        if times := found.wrong.get(guess):
            return self._until(times[0]) if len(times) == MOST_REPEATS else 0
        if len(found.wrong.keys() | found.under_way | {guess}) <= self._most:
            return 0
        # What is under way is soon over, and may be right.
        return 1 if found.under_way else self._until(next(iter(found.wrong.values()))[-1])

    def begin(self, door: bytes, guess: bytes) -> None:
        """The guess is being looked at: until it ends it counts as a wrong one."""
        self._door(door).under_way.add(guess)

    def end(self, door: bytes, guess: bytes, *, wrong: bool) -> None:
        """The answer is there."""
        found = self._door(door) if wrong else self._doors.get(door)
        if found is None:
            return
        found.under_way.discard(guess)
        if wrong:
            found.wrong.setdefault(guess, deque(maxlen=MOST_REPEATS)).append(self._clock())
            found.wrong.move_to_end(guess)
        elif not found.wrong and not found.under_way:
            del self._doors[door]

    def _door(self, door: bytes) -> _Door:
        found = self._doors.setdefault(door, _Door())
        self._doors.move_to_end(door)
        while len(self._doors) > MOST_DOORS:
            self._doors.popitem(last=False)
        return found

    def _forget_old(self, door: _Door) -> None:
        oldest = self._clock() - SECONDS
        while door.wrong and next(iter(door.wrong.values()))[-1] <= oldest:
            door.wrong.popitem(last=False)
        for times in door.wrong.values():
            while times[0] <= oldest:
                times.popleft()

    def _until(self, moment: float) -> int:
        return max(1, ceil(moment + SECONDS - self._clock()))


def site_of(address: str) -> str:
    """Whose network address it is: of IPv6 the part that its owner can't choose; any other text as it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, _SITE), strict=False))
