"""The port of durable operations: flows that outlive a request and survive `kill -9`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct

from deltaic.model.errors import Error

T = TypeVar("T")


class FlowInput(Struct, frozen=True):
    """What every flow is given: who asked, where, and the flow's own arguments as JSON bytes.

    It is journalled (sealed, for user data may hold secrets). Credentials are never in it: `principal_id` is
    resolved through the store at each step. `job` is the id of the job that it works for.
    """

    principal_id: str
    provider: str
    data_center: str
    request_id: str
    arguments: bytes = b"{}"
    job: str = ""
    view: str = ""

    def __repr__(self) -> str:
        return f"FlowInput(principal_id={self.principal_id!r}, request_id={self.request_id!r})"


class FlowStep(Protocol):
    """Given to a flow's body: everything it does to the world goes through these, in a fixed order."""

    flow_id: str

    def until(self) -> float:
        """Until when (`time.monotonic()`) no other process takes the flow over: what it does to the world ends then."""

    async def run(self, name: str, action: Callable[[], Awaitable[bytes]], *, patience: float | None = None) -> bytes:
        """Run an action once and journal its bytes; after a crash the journal answers, or the action runs again.

        An action may run twice when the process dies between its end and the journal's write, so it must first
        look for its own trace. An `Error` it raises is journalled too and raised again on replay, unless it is
        retryable: then the step itself is repeated with growing pauses until `patience` seconds (the adapter's
        own, about a day, when None) are over.
        """

    async def sleep(self, seconds: float) -> None:
        """Wait; the pause is not shortened or repeated by a crash."""

    async def publish(self, milestone: str, value: bytes) -> None:
        """Tell those who wait for a milestone (`accepted`) its value."""

    async def refuse(self, milestone: str, error: Error) -> None:
        """Tell those who wait for a milestone that it will never come, while the flow goes on to clean up."""


Flow = Callable[[FlowStep, FlowInput], Awaitable[bytes]]


#: The result of a flow that found that nobody wants its work any more, and left the rest undone.
CALLED_OFF = b"called off"


class FlowStatus(Struct, frozen=True):
    """Where an attempt at a flow stands: `running`, `done` with its result or `failed`.

    `error` is the failure's sentence, `kind` the kind of its `Error`. `attempt` tells it from other attempts at the
    same flow. Moments are None where they are not known; a journal may know no more than the second. An `abandoned`
    attempt failed because another one took its place.
    """

    id: str
    flow: str
    state: str
    error: str = ""
    kind: str = ""
    result: bytes = b""
    attempt: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    abandoned: bool = False


def attempt_after(attempts: Sequence[FlowStatus], passed: str) -> FlowStatus | None:
    """The attempt (of all, oldest first) that comes after the one named, which may be forgotten by now.

    One that was abandoned is passed over for the one that took its place.
    """
    names = [one.attempt for one in attempts]
    place = names.index(passed) + 1 if passed in names else 0
    later = attempts[place:]
    return next((one for one in later if not one.abandoned), later[-1] if later else None)


class Operations(Protocol):
    """Starts flows and tells how they go."""

    def register(self, flows: Mapping[str, Flow]) -> None:
        """Name the flows; before `open`."""

    async def open(self) -> None:
        """Start, and take up every unfinished flow of this node."""

    async def close(self) -> None:
        """Stop taking work; unfinished flows go on at the next `open`."""

    async def start(self, flow: str, flow_id: str, given: FlowInput) -> None:
        """Start a flow; the same id again is the same flow and starts nothing.

        A failed flow is begun anew under its id. RATE_LIMITED when too many flows run here.
        """

    async def passed(self, flow: str, flow_id: str) -> str:
        """The newest attempt at a flow (`FlowStatus.attempt`) that a start now would not join; empty when none."""

    async def milestone(self, flow_id: str, milestone: str, timeout: float) -> bytes:  # noqa: ASYNC109
        """Wait for a milestone's value. Raises the flow's `Error` when it failed first, TIMEOUT when time is up."""

    async def result(self, flow_id: str, timeout: float) -> bytes:  # noqa: ASYNC109
        """Wait for a flow's end and its bytes, or raise its `Error`."""

    async def under_way(self, *flows: str) -> frozenset[str]:
        """The ids of the unfinished flows of these names, those of other gateways too."""

    async def unfinished(self) -> list[FlowStatus]:
        """The flows that are still running."""

    async def statuses(self, flow_ids: Collection[str]) -> dict[str, tuple[FlowStatus, ...]]:
        """Every attempt at these flows that is still known, oldest first; flows that are not known are left out."""
