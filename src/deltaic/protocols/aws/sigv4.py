"""Signature Version 4: verify and make it, in the Authorization header or in the query string.

Source: AWS General Reference, "Signature Version 4 signing process".
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from deltaic.protocols.aws.canonical import (
    UNRESERVED,
    canonical_headers,
    canonical_query,
    header_bytes,
    path_candidates,
    query_candidates,
)
from deltaic.protocols.aws.credentials import (
    RequestParts,
    Scope,
    SignatureError,
    SigV4Header,
    SigV4Presigned,
    mismatch,
    request_expired,
)
from deltaic.protocols.aws.sigv4_parse import ALGORITHM, TERMINATOR, format_timestamp, parse_moment

SKEW = timedelta(minutes=15)
DAY_KEYS_CACHED = 1024
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SIGNATURE_PARAMETER = b"X-Amz-Signature"

_MINUTES = int(SKEW.total_seconds() // 60)


def verify(
    credential: SigV4Header | SigV4Presigned,
    request: RequestParts,
    secret_key: str,
    now: datetime,
    services: frozenset[str] | None = None,
) -> None:
    """Check scope, time and signature; `now` is aware; `services` limits what the scope may name.

    Raises SignatureError: SignatureDoesNotMatch 403 (scope, skew, signature), RequestExpired 400
    (a presigned URL after its time), InvalidRequest 400 (streamed payloads).
    """
    check_claim(credential, now, services)
    scope = credential.scope
    key = signing_key(secret_key, scope.date, scope.region, scope.service)
    without = SIGNATURE_PARAMETER if isinstance(credential, SigV4Presigned) else None
    for text in canonical_requests(request, credential.signed_headers, without):
        expected = _signature(key, credential.timestamp, scope, text)
        if hmac.compare_digest(expected, credential.signature):
            return
    raise mismatch()


def check_claim(
    credential: SigV4Header | SigV4Presigned, now: datetime, services: frozenset[str] | None = None
) -> None:
    """Check what can be checked without the secret: scope and time; raises SignatureError as `verify`."""
    scope = credential.scope
    if scope.date != credential.timestamp[:8]:
        raise mismatch(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope.date}' != '{credential.timestamp[:8]}', from '{credential.timestamp}'."
        )
    if services is not None and scope.service not in services:
        raise mismatch(f"Credential should be scoped to correct service: '{min(services)}'.")
    _check_time(credential, now)


def canonical_requests(
    request: RequestParts, signed_headers: tuple[str, ...], without: bytes | None = None
) -> list[str]:
    """Build the canonical requests a client may have signed: one, or more where clients differ."""
    head = canonical_headers(request.headers, signed_headers)
    tail = f"{head}\n{';'.join(signed_headers)}\n{payload_hash(request)}"
    return [
        f"{request.method}\n{path}\n{query}\n{tail}"
        for path in path_candidates(request.raw_path)
        for query in query_candidates(request.raw_query, without)
    ]


@lru_cache(maxsize=DAY_KEYS_CACHED)
def signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of one day, region and service; the last `DAY_KEYS_CACHED` are kept."""
    key = b"AWS4" + secret_key.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign_headers(
    request: RequestParts,
    access_key: str,
    secret_key: str,
    region: str,
    service: str,
    now: datetime,
    session_token: str | None = None,
) -> dict[str, str]:
    """Sign all headers of a request (Host must be among them); return the headers to add to it."""
    timestamp = format_timestamp(now)
    added = {"x-amz-date": timestamp}
    if session_token is not None:
        added["x-amz-security-token"] = session_token
    headers = {**request.headers, **added}
    names = tuple(sorted(headers))
    scope = Scope(timestamp[:8], region, service)
    whole = RequestParts(request.method, request.raw_path, request.raw_query, headers, request.body)
    key = signing_key(secret_key, scope.date, region, service)
    signature = _signature(key, timestamp, scope, canonical_requests(whole, names)[0])
    added["authorization"] = (
        f"{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return added


def presign(
    request: RequestParts,
    access_key: str,
    secret_key: str,
    region: str,
    service: str,
    now: datetime,
    expires: timedelta,
    session_token: str | None = None,
) -> bytes:
    """Sign all headers of a request (Host must be among them); return the query string of the presigned URL."""
    timestamp = format_timestamp(now)
    scope = Scope(timestamp[:8], region, service)
    names = tuple(sorted(request.headers))
    fields = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(int(expires.total_seconds())),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if session_token is not None:
        fields["X-Amz-Security-Token"] = session_token
    extra = "&".join(f"{name}={quote(value, safe=UNRESERVED)}" for name, value in fields.items()).encode()
    query = canonical_query(request.raw_query + b"&" + extra).encode()
    whole = RequestParts(request.method, request.raw_path, query, request.headers, request.body)
    key = signing_key(secret_key, scope.date, region, service)
    signature = _signature(key, timestamp, scope, canonical_requests(whole, names)[0])
    return query + b"&" + SIGNATURE_PARAMETER + b"=" + signature.encode()


def _signature(key: bytes, timestamp: str, scope: Scope, canonical_request: str) -> str:
    digest = hashlib.sha256(header_bytes(canonical_request)).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def payload_hash(request: RequestParts) -> str:
    """The body's part of a canonical request; InvalidRequest 400 for streamed payloads."""
    declared = request.headers.get("x-amz-content-sha256", "")
    if declared.startswith("STREAMING-"):
        raise SignatureError("InvalidRequest", "Streamed payloads are not supported by this service", 400)
    return declared if declared == UNSIGNED_PAYLOAD else hashlib.sha256(request.body).hexdigest()


def _check_time(credential: SigV4Header | SigV4Presigned, now: datetime) -> None:
    signed_at = parse_moment(credential.timestamp)
    if signed_at - now > SKEW:
        raise mismatch(
            f"Signature not yet current: {credential.timestamp} is still later than "
            f"{format_timestamp(now + SKEW)} ({format_timestamp(now)} + {_MINUTES} min.)"
        )
    if isinstance(credential, SigV4Presigned):
        if now - signed_at > credential.expires:
            raise request_expired(f"Request has expired: signed at {credential.timestamp}, now {format_timestamp(now)}")
    elif now - signed_at > SKEW:
        raise mismatch(
            f"Signature expired: {credential.timestamp} is now earlier than "
            f"{format_timestamp(now - SKEW)} ({format_timestamp(now)} - {_MINUTES} min.)"
        )
