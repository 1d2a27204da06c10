"""How a step's or a flow's end is written down: a value or an `Error`, as JSON text."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind


class Failure(Struct, frozen=True, omit_defaults=True):
    """An `Error` member by member."""

    kind: ErrorKind
    message: str
    resource: str = ""
    resource_id: str = ""
    field: str = ""
    operation: str = ""
    retryable: bool = False
    context: dict[str, str] = {}
    retry_after: int = 0

    @classmethod
    def of(cls, error: Error) -> Failure:
        """Write down an error."""
        return cls(
            error.kind,
            error.message,
            error.resource,
            error.resource_id,
            error.field,
            error.operation,
            error.retryable,
            error.context,
            error.retry_after,
        )

    def error(self) -> Error:
        """The error again."""
        return Error(
            self.kind,
            self.message,
            resource=self.resource,
            resource_id=self.resource_id,
            field=self.field,
            operation=self.operation,
            retryable=self.retryable,
            retry_after=self.retry_after,
            context=self.context,
        )


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What came of a step, a milestone or a flow. `value` is base64 in the JSON text."""

    value: bytes = b""
    failure: Failure | None = None

    def text(self) -> str:
        """The journal's form."""
        return msgspec.json.encode(self).decode()

    def get(self) -> bytes:
        """The value, or raise the error."""
        if self.failure is not None:
            raise self.failure.error()
        return self.value


def failed(error: Error) -> Outcome:
    """The outcome of a failure."""
    return Outcome(failure=Failure.of(error))


def read(text: str) -> Outcome:
    """Decode the journal's form; INTERNAL when it is not ours."""
    try:
        return msgspec.json.decode(text, type=Outcome)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise Error(ErrorKind.INTERNAL, "The journal holds something unreadable") from fault
