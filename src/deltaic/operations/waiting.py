"""How long those who ask for a flow's milestone or end look for it, and what they are told when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.outcome import Outcome, failed, read

if TYPE_CHECKING:
    from deltaic.operations.dbos_journal import Entry

_LOOK_LONGEST: Final = 0.5


@contextmanager
def in_doubt() -> Iterator[None]:
    """A journal that does not answer leaves open what came of a flow, as a lack of time does."""
    try:
        yield
    except SQLAlchemyError as fault:
        raise too_late("The gateway's database does not answer") from fault


def looks() -> Iterator[float]:
    """Pauses between looks into the journal, seconds, endless."""
    pause = 0.02
    while True:
        yield pause
        pause = min(_LOOK_LONGEST, pause * 1.5)


def too_late(message: str) -> Error:
    """The error for whoever can't be told yet what came of a flow."""
    return Error(ErrorKind.TIMEOUT, message)


def lost(flow_id: str) -> Error:
    """The error for a flow of which nothing is known any more."""
    return Error(ErrorKind.INTERNAL, "The operation ended without an answer", context={"flow_id": flow_id})


def end_of(flow_id: str, entry: Entry | None) -> Outcome:
    """What came of a flow that is not under way."""
    return read(entry.text) if entry is not None and entry.text else failed(lost(flow_id))
