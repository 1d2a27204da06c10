"""Engine faults -> our error kinds. The only place that looks at the engine's words.

The engine tells kinds apart only by its texts (always English here: we ask for it); the first row whose words
occur in the fault decides, else the HTTP status does. Texts: oVirt's AppErrors and the API's own faults.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from deltaic.model.errors import RETRYABLE_KINDS, Error, ErrorKind

#: Lower-case words of a fault -> kind. Order matters: special before general.
TEXTS: tuple[tuple[str, ErrorKind], ...] = (
    ("delete protection is enabled", ErrorKind.PROTECTED),
    ("related operation is currently in progress", ErrorKind.BUSY),
    ("currently in use to create vm", ErrorKind.BUSY),
    ("once vm is in the down state", ErrorKind.CONFLICT),
    ("is locked", ErrorKind.BUSY),
    ("are locked", ErrorKind.BUSY),
    ("is in image locked status", ErrorKind.BUSY),
    ("in saving/restoring state", ErrorKind.BUSY),
    ("try again in a few minutes", ErrorKind.BUSY),
    ("performing an operation on a snapshot", ErrorKind.BUSY),
    ("name is already in use", ErrorKind.ALREADY_EXISTS),
    ("already exists", ErrorKind.ALREADY_EXISTS),
    ("quota has insufficient", ErrorKind.QUOTA),
    ("quota is not valid", ErrorKind.QUOTA),
    ("low disk space", ErrorKind.CAPACITY),
    ("no host that satisfies", ErrorKind.CAPACITY),
    ("not enough mac addresses", ErrorKind.CAPACITY),
    ("is being used by the following vms", ErrorKind.IN_USE),
    ("that has template versions", ErrorKind.IN_USE),
    ("is already attached to vm", ErrorKind.IN_USE),
    ("logical network is used by", ErrorKind.IN_USE),
    ("using this network", ErrorKind.IN_USE),
    ("is plugged to non-down vms", ErrorKind.IN_USE),
    ("not authorized to perform", ErrorKind.FORBIDDEN),
    ("insufficient permissions", ErrorKind.FORBIDDEN),
    ("entity not found", ErrorKind.NOT_FOUND),
    ("invalid template version or template does not exist", ErrorKind.NOT_FOUND),
    ("illegal status", ErrorKind.CONFLICT),
    ("vm is running", ErrorKind.CONFLICT),
    ("its state is not down", ErrorKind.CONFLICT),
    ("is not up", ErrorKind.CONFLICT),
    ("is not running", ErrorKind.CONFLICT),
    ("without at least one bootable disk", ErrorKind.CONFLICT),
    ("special characters", ErrorKind.INVALID),
    ("is too long", ErrorKind.INVALID),
    ("physical memory guaranteed", ErrorKind.INVALID),
)  # fmt: skip

STATUSES: dict[int, ErrorKind] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.UNSUPPORTED,
    409: ErrorKind.CONFLICT,
    413: ErrorKind.INVALID,
    414: ErrorKind.INVALID,
    429: ErrorKind.RATE_LIMITED,
}

#: Words of an INVALID or ALREADY_EXISTS fault -> the neutral field they are about.
FIELDS: tuple[tuple[str, str], ...] = (
    ("name", "name"),
    ("memory", "memory"),
    ("cpu", "cpus"),
    ("description", "description"),
)

#: Longest piece of the engine's words that is passed on.
WORDS_LIMIT = 500

_BRACKETS = re.compile(r"^\[(.*)\]$", re.DOTALL)


class Subject(Struct, frozen=True):
    """What a request is about, for its error."""

    resource: str = ""
    id: str = ""


#: A request about nothing in particular.
NOTHING = Subject()


class Fault(Struct, frozen=True):
    """The engine's own words; empty where it answered none."""

    reason: str = ""
    detail: str = ""


class _FailedAction(Struct):
    fault: Fault = Fault()
    reason: str = ""
    detail: str = ""


_decode = msgspec.json.Decoder(_FailedAction, strict=False).decode


def read_fault(content_type: str, body: bytes) -> Fault:
    """The fault in an answer's body: bare, or inside a failed action. HTML pages hold none."""
    if "json" not in content_type or not body:
        return Fault()
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Fault()
    return answer.fault if answer.fault != Fault() else Fault(answer.reason, answer.detail)


def kind_of(status: int, words: str) -> ErrorKind:
    """The kind of a fault by its words, else by its status."""
    lowered = words.lower()
    for text, kind in TEXTS:
        if text in lowered:
            return kind
    return STATUSES.get(status, ErrorKind.UNAVAILABLE if status >= 500 else ErrorKind.INTERNAL)


def to_error(status: int, content_type: str, body: bytes, subject: Subject = NOTHING, *, retry_after: int = 0) -> Error:
    """Make the error for an answer that is not a success, and says when to ask again (seconds; 0 if it does not)."""
    fault = read_fault(content_type, body)
    words = _plain(fault.detail) or fault.reason
    kind = kind_of(status, words)
    if kind is ErrorKind.NOT_FOUND and not words and subject.resource:
        words = f"The {subject.resource} '{subject.id}' does not exist"
    return Error(
        kind,
        words[:WORDS_LIMIT] or f"The engine answered with status {status}",
        resource=subject.resource,
        resource_id=subject.id,
        field=_field(kind, words),
        retry_after=retry_after if kind in RETRYABLE_KINDS else 0,
        context={"status": str(status), "reason": fault.reason[:WORDS_LIMIT]},
    )


def nonsense(what: str) -> Error:
    """The error for an answer that is no answer of an engine."""
    return Error(ErrorKind.UNAVAILABLE, f"The engine's answer can't be understood: {what}")


def _plain(detail: str) -> str:
    """Command validations come as a list in square brackets."""
    match = _BRACKETS.match(detail.strip())
    return (match.group(1) if match else detail).strip()


def _field(kind: ErrorKind, words: str) -> str:
    if kind not in (ErrorKind.INVALID, ErrorKind.ALREADY_EXISTS):
        return ""
    lowered = words.lower()
    return next((field for text, field in FIELDS if text in lowered), "")
