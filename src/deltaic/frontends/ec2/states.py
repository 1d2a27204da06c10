"""Instance states in EC2's words."""

from __future__ import annotations

from typing import Any, Final

from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState as S
from deltaic.services.views import InstanceView

PENDING: Final = (0, "pending")
RUNNING: Final = (16, "running")
SHUTTING_DOWN: Final = (32, "shutting-down")
TERMINATED: Final = (48, "terminated")
STOPPING: Final = (64, "stopping")
STOPPED: Final = (80, "stopped")

CODES: Final = {
    S.CREATING: PENDING,
    S.STARTING: PENDING,
    S.RESUMING: PENDING,
    S.RUNNING: RUNNING,
    S.REBOOTING: RUNNING,
    S.MIGRATING: RUNNING,
    S.NOT_RESPONDING: RUNNING,
    S.UNKNOWN: RUNNING,
    S.PAUSED_BY_ERROR: RUNNING,
    S.PAUSED: STOPPED,
    S.STOPPING: STOPPING,
    S.SUSPENDING: STOPPING,
    S.STOPPED: STOPPED,
    S.SUSPENDED: STOPPED,
    S.LOCKED: STOPPED,
    S.ERROR: STOPPED,
    S.DELETING: SHUTTING_DOWN,
    S.DELETED: TERMINATED,
}

#: (instance status, system status) of running machines; all others have `not-applicable`.
CHECKS: Final = {
    S.RUNNING: ("ok", "ok"),
    S.MIGRATING: ("ok", "ok"),
    S.REBOOTING: ("initializing", "ok"),
    S.NOT_RESPONDING: ("impaired", "ok"),
    S.PAUSED_BY_ERROR: ("impaired", "impaired"),
    S.UNKNOWN: ("insufficient-data", "insufficient-data"),
}

#: StateReason of states that explain themselves.
_REASONS: Final = {
    S.CREATING: ("pending", "pending"),
    S.STARTING: ("pending", "pending"),
    S.RESUMING: ("pending", "pending"),
    S.SUSPENDED: ("Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate"),
    S.ERROR: ("Server.InternalError", "Server.InternalError: The machine's disks are not usable"),
}

#: Whose fault it is that a machine was not brought up, in AWS's words; everything else is the request's.
_GIVEN_UP: Final = {
    ErrorKind.CAPACITY: "Server.InsufficientInstanceCapacity",
    ErrorKind.UNAVAILABLE: "Server.InternalError",
    ErrorKind.TIMEOUT: "Server.InternalError",
    ErrorKind.INTERNAL: "Server.InternalError",
    ErrorKind.BUSY: "Server.InternalError",
}


def _given_up_code(kind: str) -> str:
    return _GIVEN_UP.get(ErrorKind(kind), "Client.InternalError") if kind in set(ErrorKind) else "Server.InternalError"


def state(value: S) -> dict[str, Any]:
    """An InstanceState structure."""
    code, name = CODES[value]
    return {"Code": code, "Name": name}


def reason(view: InstanceView) -> dict[str, str] | None:
    """A StateReason structure; None where nothing is known."""
    if view.reason_code:
        text = view.reason or _DEFAULT_TEXTS.get(view.reason_code, "")
        if text and not text.startswith(view.reason_code):
            text = f"{view.reason_code}: {text}"
        return {"Code": view.reason_code, "Message": text or view.reason_code}
    given_up = view.instance.given_up
    if given_up is not None:
        code = _given_up_code(given_up.kind)
        return {"Code": code, "Message": f"{code}: {given_up.message}"}
    known = _REASONS.get(view.instance.state)
    if known is None:
        return None
    detail = view.instance.state_reason if view.instance.state is S.ERROR else ""
    return {"Code": known[0], "Message": f"{known[0]}: {detail}" if detail else known[1]}


_DEFAULT_TEXTS: Final = {"Client.UserInitiatedShutdown": "User initiated shutdown"}


def transition_reason(view: InstanceView) -> str:
    """`User initiated (YYYY-MM-DD hh:mm:ss GMT)` for machines that stopped or went at a known time.

    The engine knows when a machine stopped, not on whose wish; tools read the date.
    """
    if view.instance.given_up is not None:
        return _given_up_code(view.instance.given_up.kind)
    when = view.deleted_at or (view.instance.stopped_at if CODES[view.instance.state] is STOPPED else None)
    if when is None:
        return ""
    if view.reason_code.startswith("Server."):
        return view.reason_code
    return f"User initiated ({when:%Y-%m-%d %H:%M:%S} GMT)"
