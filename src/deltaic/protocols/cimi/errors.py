"""Errors as CIMI says them: an HTTP status and a Job that failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from deltaic.model.errors import Error, ErrorKind

#: HTTP status by kind of error.
STATUS: Final[dict[ErrorKind, int]] = {
    ErrorKind.INVALID: 400,
    ErrorKind.MISSING: 400,
    ErrorKind.MALFORMED_ID: 404,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.ALREADY_EXISTS: 409,
    ErrorKind.CONFLICT: 409,
    ErrorKind.BUSY: 409,
    ErrorKind.IN_USE: 409,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.PROTECTED: 403,
    ErrorKind.UNSUPPORTED: 501,
    ErrorKind.QUOTA: 403,
    ErrorKind.CAPACITY: 503,
    ErrorKind.IDEMPOTENCY_MISMATCH: 409,
    ErrorKind.RATE_LIMITED: 503,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.INTERNAL: 500,
}

#: Longest message that is told, characters: what a client sent may be repeated in it.
LONGEST: Final = 1000


class CimiError(Exception):
    """An error with its HTTP status, a sentence for the client, and the attribute at fault if it is one's."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field

    def __repr__(self) -> str:
        return f"CimiError({self.status}, {self.message!r})"


def from_error(error: Error) -> CimiError:
    """The error in CIMI's form; a defect of ours tells nothing but that it is one."""
    if error.kind is ErrorKind.INTERNAL:
        return CimiError(500, "The request failed inside the gateway")
    message = error.message
    if error.field and error.field not in message:
        message = f"{message} (attribute '{error.field}')"
    return CimiError(STATUS[error.kind], message, error.field)


def job_document(
    error: CimiError, *, target: str = "", action: str = "", now: datetime | None = None
) -> dict[str, Any]:
    """The Job that tells of an error: failed, over, with no address of its own.

    `target` is the address of the resource that the request meant, `action` the URI of what it asked for.
    Write it with `write_xml("Job", ...)` or `write_json("Job", ...)`.
    """
    moment = now or datetime.now(UTC)
    return {
        "created": moment,
        "state": "FAILED",
        "targetResource": {"href": target} if target else None,
        "action": action,
        "returnCode": error.status,
        "progress": 100,
        "statusMessage": error.message[:LONGEST],
        "timeOfStatusChange": moment,
    }
