"""How a flow's row in the journal is told to those who ask where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.elsewhere import public_id
from deltaic.operations.outcome import Outcome, failed, read
from deltaic.ports.operations import FlowStatus

_RUNNING = frozenset({"PENDING", "ENQUEUED", "DELAYED"})


class Row(Protocol):
    """A flow's row; moments are Unix milliseconds, 0 where there is none."""

    @property
    def id(self) -> str:
        """`<flow id>`, of a later attempt `<flow id>~<number>`."""

    @property
    def flow(self) -> str:
        """Its name."""

    @property
    def status(self) -> str:
        """In the journal's words."""

    @property
    def text(self) -> str:
        """Its outcome, empty while it runs."""

    @property
    def began(self) -> int:
        """When it was written down."""

    @property
    def ended(self) -> int:
        """When its end was written down."""


def status_of(row: Row) -> FlowStatus:
    """Where an attempt stands."""
    status = FlowStatus(public_id(row.id), row.flow, "running", attempt=row.id, began=_moment(row.began))
    return status if row.status in _RUNNING else ended(status, _outcome(row), _moment(row.ended or row.began))


def ended(status: FlowStatus, outcome: Outcome, at: datetime) -> FlowStatus:
    """The status of a flow that was running, once it is over."""
    failure = outcome.failure
    if failure is None:
        return replace(status, state="done", result=outcome.value, ended=at)
    return replace(status, state="failed", kind=failure.kind.value, error=failure.message, ended=at)


def _outcome(row: Row) -> Outcome:
    lost = Error(ErrorKind.INTERNAL, "The operation ended without an answer")
    try:
        return read(row.text) if row.text else failed(lost)
    except Error as error:
        return failed(error)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
