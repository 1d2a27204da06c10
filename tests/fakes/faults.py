"""Scripted happenings: errors to raise, or things to do, when a verb is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from deltaic.model.errors import Error

#: One scripted happening: an error to raise, or something to do before the verb goes on.
Fault = Error | Callable[[], None]


class Faults:
    """What goes wrong, per verb, in order: `before` the verb has an effect, or `after` it."""

    def __init__(self) -> None:
        self.before: dict[str, list[Fault]] = defaultdict(list)
        self.after: dict[str, list[Fault]] = defaultdict(list)

    def strike(self, when: dict[str, list[Fault]], verb: str) -> None:
        if not when[verb]:
            return
        fault = when[verb].pop(0)
        if isinstance(fault, Error):
            raise fault
        fault()
