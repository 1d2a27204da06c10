"""Faults to order: what a test asks the engine to do wrong."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

KINDS: Final = (
    "lock_held",
    "conflict",
    "fail_creation",
    "slow",
    "drop",
    "status",
    "expire_tokens",
    "restart",
    "host_down",
)


class Match(msgspec.Struct, forbid_unknown_fields=True):
    """Which requests: method and path below the API's base, both with `*` wildcards."""

    method: str = "*"
    path: str = "*"


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """One ordered fault; `times` requests get it.

    `do`: lock_held, conflict, fail_creation (the next creation that starts), slow (`seconds`, `when` before or after
    executing), drop (`when` before or after executing), status (`status`, `reason`, `detail`), expire_tokens, restart,
    host_down (`host` id).
    """

    do: str
    match: Match = msgspec.field(default_factory=Match)
    times: int = 1
    seconds: float = 0.0
    when: str = "before"
    status: int = 500
    reason: str | None = None
    detail: str | None = None
    host: str = ""


class OrderedFaults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def order(self, do: str | Order | dict[str, Any], **options: Any) -> Order:
        """Order a fault, e.g. order("lock_held", match={"method": "POST", "path": "vms/*/start"}, times=2).

        Raises ValueError (msgspec.ValidationError) naming what is wrong.
        """
        raw = do if isinstance(do, (Order, dict)) else {"do": do, **options}
        made = raw if isinstance(raw, Order) else msgspec.convert(raw, Order)
        if made.do not in KINDS:
            raise ValueError(f"do: {made.do!r} is not one of {', '.join(KINDS)}")
        if made.times < 1 or not 0 <= made.seconds <= 3600 or made.when not in ("before", "after"):
            raise ValueError("times, seconds or when is out of range")
        self.orders.append(made)
        return made

    def take(self, method: str, path: str) -> list[Order]:
        """Return the orders that this request gets, counting them down."""
        found = [one for one in self.orders if one.do != "fail_creation" and _matches(one, method, path)]
        for one in found:
            self._count_down(one)
        return found

    def take_creation(self, method: str, path: str) -> bool:
        """Return whether the creation that this request starts is to fail later on."""
        for one in self.orders:
            if one.do == "fail_creation" and _matches(one, method, path):
                self._count_down(one)
                return True
        return False

    def clear(self) -> None:
        """Forget all orders."""
        self.orders.clear()

    def _count_down(self, order: Order) -> None:
        order.times -= 1
        if order.times <= 0:
            self.orders.remove(order)


def _matches(order: Order, method: str, path: str) -> bool:
    return fnmatchcase(method, order.match.method) and fnmatchcase(path.strip("/"), order.match.path.strip("/"))
