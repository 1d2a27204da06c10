"""How often logins of a user failed of late: whoever tries passwords has to wait."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

#: So many failures within so many seconds close the door until the oldest of them is that old.
MOST: Final = 10
SECONDS: Final = 60.0
#: Users that are remembered.
_USERS: Final = 10_000


class Attempts:
    """Failures by user: one node's own count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, user: str) -> int:
        """Seconds until this user may try again; 0 for now."""
        failed = self._failed.get(user)
        if failed is None or len(failed) < MOST:
            return 0
        return max(0, int(failed[0] + SECONDS - self._clock() + 1))

    def failed(self, user: str) -> None:
        """Count a failure."""
        self._failed.setdefault(user, deque(maxlen=MOST)).append(self._clock())
        self._failed.move_to_end(user)
        while len(self._failed) > _USERS:
            self._failed.popitem(last=False)

    def passed(self, user: str) -> None:
        """Forget the failures: the right password came."""
        self._failed.pop(user, None)
