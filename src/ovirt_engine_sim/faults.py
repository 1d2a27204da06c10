"""API faults: what the engine answers when it refuses, with its own status codes and texts."""

from __future__ import annotations

from typing import Final

OPERATION_FAILED: Final = "Operation Failed"
USAGE: Final = "For correct usage, see: /ovirt-engine/apidoc#services/{service}"


class Fault(Exception):
    """An answer that is not a success; `reason` None means an empty body."""

    def __init__(self, status: int, reason: str | None = None, detail: str | None = None) -> None:
        super().__init__(f"{status} {reason}: {detail}")
        self.status = status
        self.reason = reason
        self.detail = detail

    def document(self) -> dict[str, str]:
        """Return the members of the `fault` type that are set."""
        pairs = {"detail": self.detail, "reason": self.reason}
        return {name: value for name, value in pairs.items() if value is not None}


def not_found() -> Fault:
    """Return the answer for an entity that is unknown by id: 404 with an empty body."""
    return Fault(404)


def reference_not_found(what: str) -> Fault:
    """Return the answer for an unknown id inside a body."""
    return Fault(404, OPERATION_FAILED, f"Entity not found: {what}")


def refused(*texts: str, status: int = 409) -> Fault:
    """Return a failed command validation: the texts in square brackets, as the engine lists them."""
    return Fault(status, OPERATION_FAILED, "[" + ", ".join(texts) + "]")


def incomplete(type_name: str, member: str, method: str = "add") -> Fault:
    """Return the answer for a missing mandatory member, e.g. "Vm [name] required for add"."""
    shown = "".join(part.capitalize() for part in type_name.split("_"))
    return Fault(400, "Incomplete parameters", f"{shown} [{member}] required for {method}")


def syntax(service: str) -> Fault:
    """Return the answer for a malformed body or an unknown member."""
    return Fault(400, "Request syntactically incorrect.", USAGE.format(service=service))


def invalid_value(member: str, value: object, enum: bool = False) -> Fault:
    """Return the answer for a number, boolean, date or enum that cannot be read."""
    reason = "Invalid Enum value" if enum else "Invalid value"
    return Fault(400, reason, f"Invalid value for {member}: {str(value)[:100]}")


def forbidden() -> Fault:
    """Return the answer for a user that lacks the permit."""
    return refused("User is not authorized to perform this action.", status=403)


def immutable(member: str) -> Fault:
    """Return the answer for a PUT that changes an immutable member."""
    return Fault(409, "Broken immutability constraint", f"Attempt to set immutable field: {member}")


def unsupported(text: str) -> Fault:
    """Return an honest refusal of something that the simulator does not do."""
    return Fault(400, OPERATION_FAILED, f"[{text}]")
