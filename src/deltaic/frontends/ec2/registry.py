"""The dispatch table: which function serves which action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.protocols.aws.filters import FilterTable

Handler = Callable[[Ec2Request], Awaitable[Mapping[str, Any]]]


class Entry(Struct, frozen=True):
    """One served action.

    `filters` is the table its `Filter` parameters are looked up in. `unsupported` names parameters (dotted,
    as clients write them) that have values which are refused. `note` is for the coverage table.
    """

    action: str
    handler: Handler
    writes: bool = False
    filters: FilterTable | None = None
    unsupported: tuple[str, ...] = ()
    note: str = ""


ACTIONS: dict[str, Entry] = {}


def action(
    name: str,
    *,
    writes: bool = False,
    filters: FilterTable | None = None,
    unsupported: tuple[str, ...] = (),
    note: str = "",
) -> Callable[[Handler], Handler]:
    """Register a handler. One that writes calls `before_acting()` itself, after validation."""

    def register(handler: Handler) -> Handler:
        if name in ACTIONS:
            raise RuntimeError(f"two handlers for {name}")
        ACTIONS[name] = Entry(name, handler, writes, filters, unsupported, note)
        return handler

    return register
