"""Who signed a request, and is it true: the one entry for SigV4, presigned URLs, SigV2 and Basic.

`identify` reads the claim; the caller looks the access key's secret up; `verify` checks the claim.
Refusals are `SignatureError` with AWS's code, text and HTTP status.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime

from deltaic.protocols.aws import sigv2, sigv4, sigv4_parse
from deltaic.protocols.aws.canonical import fold_headers
from deltaic.protocols.aws.credentials import (
    Basic,
    Credential,
    RequestParts,
    SignatureError,
    Signed,
    SigV2,
    SigV4Header,
    SigV4Presigned,
    incomplete,
    mismatch,
    missing_credentials,
    shown,
    unknown_key,
)

__all__ = [
    "Basic",
    "Credential",
    "RequestParts",
    "SigV2",
    "SigV4Header",
    "SigV4Presigned",
    "SignatureError",
    "Signed",
    "fold_headers",
    "identify",
    "mismatch",
    "missing_credentials",
    "unknown_key",
    "unsigned",
    "verify",
]

_PRESIGNED_MARKS = (b"X-Amz-Signature=", b"X-Amz-Credential=", b"X-Amz-Algorithm=")


def identify(
    method: str, raw_path: bytes, raw_query: bytes, headers: Mapping[str, str], body: bytes
) -> Credential | None:
    """Read who claims to have sent a request; None when it carries no credential.

    Path and query are the undecoded bytes received; header names are lower case (`fold_headers`).
    Raises SignatureError for a malformed claim, and for two claims in one request. Nothing is verified yet.
    """
    request = RequestParts(method, raw_path, raw_query, headers, body)
    in_query = _from_query(request)
    authorization = headers.get("authorization", "").strip()
    if not authorization:
        return in_query
    if in_query is not None:
        raise incomplete("Use either the Authorization header or a signature in the parameters, not both")
    return _from_header(authorization, headers)


def verify(
    credential: Credential,
    request: RequestParts,
    secret_key: str,
    now: datetime,
    services: frozenset[str] | None = None,
) -> None:
    """Check a signed claim against the access key's secret; `now` is aware.

    `services` limits what a SigV4 scope may name. A session token in the credential is bound by the
    signature where it was signed, but whether it is a known one is the caller's to decide.
    Raises SignatureError; TypeError for Basic, which only the engine can verify.
    """
    if isinstance(credential, Basic):
        raise TypeError("a Basic credential has no signature to verify")
    if isinstance(credential, SigV2):
        sigv2.verify(credential, request, secret_key, now)
    else:
        sigv4.verify(credential, request, secret_key, now, services)


def unsigned(credential: Credential, names: Iterable[str]) -> list[str]:
    """Those of these headers that somebody may have added to a request which was signed to be handed on.

    Whoever has the address of a presigned request may send it, and must not choose what it means. Names are lower case.
    """
    if isinstance(credential, SigV4Presigned):
        return [name for name in names if name not in credential.signed_headers]
    return list(names) if isinstance(credential, SigV2) and credential.expires is not None else []


def _from_query(request: RequestParts) -> SigV4Presigned | SigV2 | None:
    if any(mark in request.raw_query for mark in _PRESIGNED_MARKS):
        return sigv4_parse.parse_query(request.raw_query)
    return sigv2.parse(request)


def _from_header(authorization: str, headers: Mapping[str, str]) -> SigV4Header | Basic:
    scheme, _, rest = authorization.partition(" ")
    if scheme == sigv4_parse.ALGORITHM:
        return sigv4_parse.parse_header(authorization, headers)
    if scheme.lower() == "basic":
        return _basic(rest.strip())
    raise incomplete(f"Unsupported authorization scheme or algorithm: '{shown(scheme)}'")


def _basic(encoded: str) -> Basic:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise unknown_key() from None
    user, found, password = text.partition(":")
    if not found or not user:
        raise unknown_key()
    return Basic(user, password)
