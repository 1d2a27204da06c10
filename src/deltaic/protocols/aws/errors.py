"""Errors as EC2 and STS say them: codes, statuses and documents."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.aws.actions import namespace
from deltaic.protocols.aws.text import escape

CONTENT_TYPE: Final = "text/xml;charset=UTF-8"

#: Longest name of a client's own making that an error repeats, characters.
MAX_SHOWN: Final = 256

#: HTTP status by code; a code that is not here has 400.
STATUS: Final[dict[str, int]] = {
    "AuthFailure": 401,
    "AccessDenied": 403,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "OptInRequired": 403,
    "SignatureDoesNotMatch": 403,
    "UnauthorizedOperation": 403,
    "DryRunOperation": 412,
    "RequestEntityTooLarge": 413,
    "InternalError": 500,
    "InternalFailure": 500,
    "InsufficientInstanceCapacity": 500,
    "RequestLimitExceeded": 503,
    "ServiceUnavailable": 503,
    "Unavailable": 503,
}


class AwsError(Exception):
    """An error with AWS's own code, a sentence for the caller, and the HTTP status that goes with it."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS.get(code, 400) if status is None else status

    def __repr__(self) -> str:
        return f"AwsError({self.code!r}, {self.message!r}, {self.status})"


def invalid_action(action: str, version: str | None = None, service: str = "ec2") -> AwsError:
    """The answer to an action that is not served.

    Terraform tolerates exactly the EC2 code and text for reads that it can do without.
    """
    if service == "ec2":
        return AwsError("InvalidAction", f"The action {action} is not valid for this web service.")
    return AwsError("InvalidAction", f"Could not find operation {action} for version {version or 'NO_VERSION'}")


def missing_parameter(name: str) -> AwsError:
    """The error for an absent required parameter."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def unknown_parameter(name: str) -> AwsError:
    """The error for a parameter that the action does not have."""
    return AwsError("UnknownParameter", f"The parameter {name[:MAX_SHOWN]} is not recognized")


def dry_run() -> AwsError:
    """The answer to a DryRun request that is valid and permitted."""
    return AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


def error_document(error: AwsError, request_id: str, service: str = "ec2") -> bytes:
    """The XML body of an error answer, UTF-8."""
    code, message, request = escape(error.code), escape(error.message), escape(request_id)
    if service == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request}</RequestID></Response>"
        )
    else:
        fault = "Sender" if error.status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{namespace(service=service)}"><Error><Type>{fault}</Type>'
            f"<Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request}</RequestId></ErrorResponse>"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
