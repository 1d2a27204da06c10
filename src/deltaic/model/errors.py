"""The one error type of the gateway.

Drivers map native faults to a kind (`drivers/<name>/errors.py`), each protocol maps kinds to its own
codes and statuses (`protocols/<name>/errors.py`); nothing in between looks at messages.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What went wrong, in words no protocol owns."""

    INVALID = "invalid"  # an argument's value is wrong; `field` names it
    MISSING = "missing"  # a required argument is absent; `field` names it
    MALFORMED_ID = "malformed_id"  # an id that can't be an id of its resource
    NOT_FOUND = "not_found"  # a well-formed reference to nothing
    ALREADY_EXISTS = "already_exists"  # a name or id is taken
    CONFLICT = "conflict"  # the resource's state forbids the verb
    BUSY = "busy"  # locked for now; repeating later may succeed
    IN_USE = "in_use"  # others depend on the resource
    UNAUTHENTICATED = "unauthenticated"  # who asks is not known, or the password is wrong
    FORBIDDEN = "forbidden"  # known, but not permitted
    PROTECTED = "protected"  # deletion protection is on
    UNSUPPORTED = "unsupported"  # the driver or its cloud can't do this
    QUOTA = "quota"  # a limit of the cloud is reached
    CAPACITY = "capacity"  # no host or no space at the moment
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"  # same client token, other arguments
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"  # the cloud does not answer, or answers nonsense
    TIMEOUT = "timeout"  # the deadline passed before the cloud answered
    INTERNAL = "internal"  # a defect of ours


#: Kinds after which the same request may succeed without anybody changing anything.
RETRYABLE_KINDS = frozenset({ErrorKind.BUSY, ErrorKind.RATE_LIMITED, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})


class Error(Exception):
    """A fault with a kind, a sentence for the client, and where it happened.

    `resource` is a noun of the model (`instance`, `image`, `volume`, `network`, `key_pair`, `zone` ...),
    `resource_id` the id as the caller wrote it, `field` the neutral name of the offending argument,
    `operation` the verb (`instances.start`), `context` more facts for the log. Never put a password,
    token or key into any of them. `retry_after` says in how many seconds it is worth while to try again; 0 where
    nobody knows.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        resource: str = "",
        resource_id: str = "",
        field: str = "",
        operation: str = "",
        retryable: bool | None = None,
        retry_after: int = 0,
        context: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.resource = resource
        self.resource_id = resource_id
        self.field = field
        self.operation = operation
        self.retryable = kind in RETRYABLE_KINDS if retryable is None else retryable
        self.retry_after = retry_after
        self.context = context or {}

    def __repr__(self) -> str:
        return f"Error({self.kind.value}, {self.message!r}, resource={self.resource!r}, field={self.field!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Durable flows journal their failures; the default protocol would lose the keyword arguments.
        return (_rebuild, (self.kind.value, self.message, self.resource, self.resource_id, self.field,
                           self.operation, self.retryable, self.context, self.retry_after))  # fmt: skip


def _rebuild(
    kind: str,
    message: str,
    resource: str,
    resource_id: str,
    field: str,
    operation: str,
    retryable: bool,
    context: dict[str, str],
    retry_after: int = 0,
) -> Error:
    return Error(
        ErrorKind(kind),
        message,
        resource=resource,
        resource_id=resource_id,
        field=field,
        operation=operation,
        retryable=retryable,
        retry_after=retry_after,
        context=context,
    )


def not_found(resource: str, resource_id: str) -> Error:
    """The error for a well-formed reference to nothing."""
    return Error(
        ErrorKind.NOT_FOUND,
        f"The {resource.replace('_', ' ')} '{resource_id}' does not exist",
        resource=resource,
        resource_id=resource_id,
    )


def unsupported(operation: str) -> Error:
    """The error for a verb that a driver does not have."""
    return Error(ErrorKind.UNSUPPORTED, f"This cloud does not support {operation}", operation=operation)


def invalid(field: str, message: str, *, resource: str = "") -> Error:
    """The error for a wrong value of the argument `field`."""
    return Error(ErrorKind.INVALID, message, field=field, resource=resource)
