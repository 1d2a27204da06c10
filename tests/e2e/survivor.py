"""What clients of two gateways see while one of them dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.site import states
from tests.support.processes import until

#: What a machine shows on its way in, and on its way out.
COMING, GOING = {"pending", "running"}, {"shutting-down", "terminated"}


class Survivor:
    """What clients of the surviving gateway see, look by look."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.seen: dict[str, list[str]] = {}

    def look(self, ids: list[str]) -> dict[str, str]:
        found = states(self.client, ids)
        for machine, state in found.items():
            history = self.seen.setdefault(machine, [])
            if history[-1:] != [state]:
                history.append(state)
        return found

    def ever(self, ids: list[str]) -> set[str]:
        return {state for machine in ids for state in self.seen[machine]}

    def until(self, ids: list[str], state: str) -> None:
        until(lambda: set(self.look(ids).values()) == {state}, 120)


def asked(call: Callable[[], str]) -> str:
    """What a call answers; empty when the gateway died over it."""
    try:
        return call()
    except (BotoCoreError, ClientError):
        return ""
