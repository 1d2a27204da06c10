"""What a request claims about its caller, and how such a claim is refused.

Every class hides its secret parts from `repr`, so that a credential may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Pairs = list[tuple[bytes, bytes]]

MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
UNKNOWN_KEY_TEXTS = {
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "sts": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    "iam": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
}


class SignatureError(Exception):
    """Says why a request is not authenticated: AWS's code, a text for the caller and the HTTP status."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestParts:
    """The signed parts of an HTTP request, as received: path and query are undecoded bytes.

    Header names are lower case; values of repeated headers are joined with a comma
    (`canonical.fold_headers` does both).
    """

    method: str
    raw_path: bytes
    raw_query: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """The credential scope of SigV4: `date/region/service/aws4_request`; the date is `YYYYMMDD`."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class SigV4Header:
    """Signature Version 4 in the Authorization header; `timestamp` is the signed time, `YYYYMMDDThhmmssZ`."""

    access_key: str
    scope: Scope
    signed_headers: tuple[str, ...]
    timestamp: str
    signature: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SigV4Presigned:
    """Signature Version 4 in the query string, valid for `expires` after `timestamp`."""

    access_key: str
    scope: Scope
    signed_headers: tuple[str, ...]
    timestamp: str
    expires: timedelta
    signature: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SigV2:
    """Signature Version 2 among the parameters; exactly one of `timestamp` and `expires` is set (UTC)."""

    access_key: str
    digest: str
    timestamp: datetime | None
    expires: datetime | None
    signature: str = field(repr=False)
    pairs: Pairs = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password of HTTP Basic authentication."""

    user: str
    password: str = field(repr=False)


Signed = SigV4Header | SigV4Presigned | SigV2
Credential = Signed | Basic


def shown(value: str | bytes, limit: int = 64) -> str:
    """Make a client's value fit for an error text: printable ASCII, at most `limit` characters."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    clean = "".join(c if " " <= c <= "~" else "?" for c in text[:limit])
    return clean + ("..." if len(text) > limit else "")


def incomplete(message: str) -> SignatureError:
    """The refusal of a signature that is not well formed."""
    return SignatureError("IncompleteSignature", message, 400)


def mismatch(message: str = MISMATCH_TEXT) -> SignatureError:
    """The refusal of a well-formed signature that is not the right one."""
    return SignatureError("SignatureDoesNotMatch", message, 403)


def request_expired(message: str) -> SignatureError:
    """The refusal of a request whose Timestamp or Expires is out of its time."""
    return SignatureError("RequestExpired", message, 400)


def missing_credentials() -> SignatureError:
    """The refusal of a request that carries no credential at all."""
    return SignatureError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)


def unknown_key(service: str = "ec2") -> SignatureError:
    """The refusal of an access key (or password) nobody knows, or that was revoked, in the service's own form."""
    return SignatureError(*UNKNOWN_KEY_TEXTS.get(service, UNKNOWN_KEY_TEXTS["ec2"]))
