"""What the engine's event codes mean. Codes that are not here are judged by their severity alone."""

from __future__ import annotations

from typing import Final, NamedTuple

from deltaic.model.event import Change, EventKind, Outcome, Severity
from deltaic.model.instance import InstanceState

S = InstanceState


class Meaning(NamedTuple):
    """The members of an event that its code decides."""

    kind: EventKind
    outcome: Outcome
    state: InstanceState | None = None
    change: Change | None = None
    operation: str = ""


def _now(state: InstanceState) -> Meaning:
    return Meaning(EventKind.STATE, Outcome.SUCCESS, state=state)


def _asked(operation: str) -> Meaning:
    return Meaning(EventKind.ACCESS, Outcome.PENDING, operation=operation)


def _begun(change: Change) -> Meaning:
    return Meaning(EventKind.MODEL, Outcome.PENDING, change=change)


def _done(change: Change) -> Meaning:
    return Meaning(EventKind.MODEL, Outcome.SUCCESS, change=change)


_FAILED: Final = Meaning(EventKind.ALARM, Outcome.FAILURE)
_LOOK: Final = Meaning(EventKind.ALARM, Outcome.WARNING)
_ACCESS: Final = Meaning(EventKind.ACCESS, Outcome.SUCCESS)

CODES: Final[dict[int, Meaning]] = {
    30: _ACCESS._replace(operation="login"),
    32: _now(S.RUNNING),
    33: _now(S.STOPPED),
    34: _done(Change.CREATE),
    35: _done(Change.UPDATE),
    37: _begun(Change.CREATE),
    45: _begun(Change.CREATE),
    48: _begun(Change.CREATE),
    51: _done(Change.CREATE),
    53: _done(Change.CREATE),
    61: _now(S.STOPPED),
    62: _asked("migrate"),
    63: _now(S.RUNNING),
    68: _done(Change.CREATE),
    73: _asked("stop"),
    78: _begun(Change.UPDATE),
    97: _done(Change.UPDATE),
    113: _done(Change.DELETE),
    126: _LOOK,
    150: _asked("start"),
    153: _now(S.STARTING),
    157: _asked("restart"),
    158: _asked("restart"),
    251: _begun(Change.DELETE),
    253: _done(Change.DELETE),
    342: _begun(Change.DELETE),
    356: _done(Change.DELETE),
    501: _asked("suspend"),
    503: _now(S.SUSPENDED),
    595: _asked("restore"),
    596: _done(Change.UPDATE),
    850: _done(Change.UPDATE),
    851: _done(Change.UPDATE),
    925: _done(Change.UPDATE),
    927: _done(Change.UPDATE),
    929: _done(Change.UPDATE),
    1025: _now(S.PAUSED)._replace(outcome=Outcome.WARNING),
    2000: _done(Change.UPDATE),
    2002: _done(Change.UPDATE),
    2014: _done(Change.DELETE),
    2016: _done(Change.UPDATE),
    2018: _done(Change.UPDATE),
    2020: _begun(Change.CREATE),
    2021: _done(Change.CREATE),
}

#: What nothing else is known about.
_BY_SEVERITY: Final[dict[Severity, Meaning]] = {
    Severity.NORMAL: Meaning(EventKind.STATE, Outcome.STATUS),
    Severity.WARNING: _LOOK,
    Severity.ERROR: _FAILED,
    Severity.ALERT: _LOOK,
}
_SEVERE: Final = frozenset({Severity.ERROR, Severity.ALERT})


def meaning(code: int, severity: Severity) -> Meaning:
    """What an event means; whatever its code, an error is a failure."""
    return _BY_SEVERITY[severity] if severity in _SEVERE else CODES.get(code, _BY_SEVERITY[severity])
