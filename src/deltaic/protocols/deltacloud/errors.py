"""Errors as the clients of the original know them: a status, a sentence, a class name; never a backtrace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.deltacloud import elements
from deltaic.protocols.deltacloud.elements import Element, element, optional
from deltaic.protocols.deltacloud.negotiation import Format

#: HTTP status by kind of error. 412 tells that the cloud lacks what is asked for, 405 that the state forbids it.
STATUS: Final[dict[ErrorKind, int]] = {
    ErrorKind.INVALID: 400,
    ErrorKind.MISSING: 400,
    ErrorKind.MALFORMED_ID: 404,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.ALREADY_EXISTS: 403,
    ErrorKind.CONFLICT: 405,
    ErrorKind.BUSY: 409,
    ErrorKind.IN_USE: 409,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.PROTECTED: 403,
    ErrorKind.UNSUPPORTED: 412,
    ErrorKind.QUOTA: 403,
    ErrorKind.CAPACITY: 502,
    ErrorKind.IDEMPOTENCY_MISMATCH: 409,
    ErrorKind.RATE_LIMITED: 503,
    ErrorKind.UNAVAILABLE: 502,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.INTERNAL: 500,
}

#: The class that the original's JSON names by status; its clients raise their exceptions by the status alone.
_CLASSES: Final = {
    400: "ValidationFailure",
    401: "AuthenticationFailure",
    403: "ForbiddenError",
    404: "ObjectNotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    412: "PreconditionFailed",
    501: "NotImplemented",
    502: "ProviderError",
    504: "ProviderTimeout",
}
_OTHERS: Final = "BackendError"
#: Longest value of a parameter that an error repeats, and how many.
_LONGEST: Final = 200
_MOST: Final = 40
#: Longest sentence: it may repeat what a client sent.
_LONGEST_MESSAGE: Final = 600
_SECRETS: Final = frozenset({"password", "user_data", "private_key", "public_key", "user_iso", "cmd"})


class DeltacloudError(Exception):
    """An error with its HTTP status, a sentence for the client, and the parameter at fault if it is one's."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
        self.field = field

    def __repr__(self) -> str:
        return f"DeltacloudError({self.status}, {self.message!r})"


def from_error(error: Error) -> DeltacloudError:
    """The error in Deltacloud's form; a defect of ours tells nothing but that it is one."""
    if error.kind is ErrorKind.INTERNAL:
        return DeltacloudError(500, "The request failed inside the gateway")
    message = error.message
    if error.field and error.field not in message:
        message = f"{message} (parameter '{error.field}')"
    return DeltacloudError(STATUS[error.kind], message, error.field)


def write_error(
    error: DeltacloudError,
    form: Format,
    *,
    path: str,
    driver: str,
    provider: str = "",
    parameters: Mapping[str, str] | None = None,
) -> bytes:
    """The document; `parameters` are those of the request, of which secrets are not repeated."""
    if form is Format.XML:
        return elements.write(_xml(error, path, driver, provider, parameters or {}))
    return msgspec.json.encode(_json(error))


def _xml(error: DeltacloudError, path: str, driver: str, provider: str, parameters: Mapping[str, str]) -> Element:
    shown = list(parameters.items())[:_MOST]
    given = (
        element("param", text=value[:_LONGEST], name=name[:_LONGEST]) for name, value in shown if name not in _SECRETS
    )
    return element(
        "error",
        element("backend", driver=driver, provider=provider or "default"),
        element("code", text=error.status),
        element("message", text=error.message),
        # Clients read it, so that it is there; what it held is nobody's business.
        element("backtrace"),
        optional("parameter", error.field),
        element("request", *given),
        status=error.status,
        url=path[:_LONGEST],
    )


def _json(error: DeltacloudError) -> dict[str, Any]:
    name = f"Deltacloud::Exceptions::{_CLASSES.get(error.status, _OTHERS)}"
    document: dict[str, Any] = {"code": error.status, "message": error.message, "error": name}
    return document | ({"parameter": error.field} if error.field else {})
