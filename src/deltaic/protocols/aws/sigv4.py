"""Signature Version 4: parse, verify and make it, in the Authorization header or in the query string.

Source: AWS General Reference, "Signature Version 4 signing process".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote

from deltaic.protocols.aws.canonical import (
    UNRESERVED,
    canonical_headers,
    canonical_query,
    decode_pairs,
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
    incomplete,
    mismatch,
    request_expired,
    shown,
)

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SKEW = timedelta(minutes=15)
MAX_EXPIRES = timedelta(days=7)
MAX_SIGNED_HEADERS = 100
DAY_KEYS_CACHED = 1024
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SIGNATURE_PARAMETER = b"X-Amz-Signature"

_MINUTES = int(SKEW.total_seconds() // 60)

_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_ACCESS_KEY = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SCOPE_PART = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}")
_HEADER_FIELDS = ("Credential", "SignedHeaders", "Signature")
_QUERY_FIELDS = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")


def parse_header(authorization: str, headers: Mapping[str, str]) -> SigV4Header:
    """Read an Authorization header that begins with the SigV4 algorithm.

    Raises SignatureError (IncompleteSignature, 400), naming the part that is missing or malformed.
    """
    fields: dict[str, str] = {}
    for part in authorization[len(ALGORITHM) :].split(","):
        name, found, value = part.strip().partition("=")
        if not found or name in fields:
            raise incomplete(f"Authorization header is malformed at '{shown(part.strip())}'")
        fields[name] = value
    for name in _HEADER_FIELDS:
        if not fields.get(name):
            raise incomplete(f"Authorization header requires '{name}' parameter.")
    access_key, scope = _parse_credential(fields["Credential"])
    return SigV4Header(
        access_key=access_key,
        scope=scope,
        signed_headers=_parse_signed_headers(fields["SignedHeaders"]),
        timestamp=_header_timestamp(headers),
        signature=_parse_signature(fields["Signature"]),
        session_token=headers.get("x-amz-security-token"),
    )


def parse_query(raw_query: bytes) -> SigV4Presigned:
    """Read the `X-Amz-...` parameters of a presigned URL.

    Raises SignatureError (IncompleteSignature, 400), naming the parameter that is missing, repeated or malformed.
    """
    found: dict[str, str] = {}
    for name, value in decode_pairs(raw_query):
        if name.startswith(b"X-Amz-"):
            key = name[6:].decode("latin-1")
            if key in found:
                raise incomplete(f"Query-string parameter '{shown(name)}' is given more than once")
            found[key] = value.decode("latin-1")
    for key in _QUERY_FIELDS:
        if not found.get(key):
            raise incomplete(f"AWS query-string parameters must include 'X-Amz-{key}'")
    if found["Algorithm"] != ALGORITHM:
        raise incomplete(f"Unsupported AWS 'algorithm': '{shown(found['Algorithm'])}'.")
    access_key, scope = _parse_credential(found["Credential"])
    return SigV4Presigned(
        access_key=access_key,
        scope=scope,
        signed_headers=_parse_signed_headers(found["SignedHeaders"]),
        timestamp=_parse_timestamp(found["Date"]),
        expires=_parse_expires(found["Expires"]),
        signature=_parse_signature(found["Signature"]),
        session_token=found.get("Security-Token"),
    )


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
    scope = credential.scope
    if scope.date != credential.timestamp[:8]:
        raise mismatch(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope.date}' != '{credential.timestamp[:8]}', from '{credential.timestamp}'."
        )
    if services is not None and scope.service not in services:
        raise mismatch(f"Credential should be scoped to correct service: '{min(services)}'.")
    _check_time(credential, now)
    key = signing_key(secret_key, scope.date, scope.region, scope.service)
    without = SIGNATURE_PARAMETER if isinstance(credential, SigV4Presigned) else None
    for text in canonical_requests(request, credential.signed_headers, without):
        expected = _signature(key, credential.timestamp, scope, text)
        if hmac.compare_digest(expected, credential.signature):
            return
    raise mismatch()


def canonical_requests(
    request: RequestParts, signed_headers: tuple[str, ...], without: bytes | None = None
) -> list[str]:
    """Build the canonical requests a client may have signed: one, or more where clients differ."""
    head = canonical_headers(request.headers, signed_headers)
    tail = f"{head}\n{';'.join(signed_headers)}\n{_payload_hash(request)}"
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


def format_timestamp(moment: datetime) -> str:
    """Write an aware time in ISO 8601 basic form, UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _signature(key: bytes, timestamp: str, scope: Scope, canonical_request: str) -> str:
    digest = hashlib.sha256(header_bytes(canonical_request)).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def _payload_hash(request: RequestParts) -> str:
    declared = request.headers.get("x-amz-content-sha256", "")
    if declared.startswith("STREAMING-"):
        raise SignatureError("InvalidRequest", "Streamed payloads are not supported by this service", 400)
    return declared if declared == UNSIGNED_PAYLOAD else hashlib.sha256(request.body).hexdigest()


def _check_time(credential: SigV4Header | SigV4Presigned, now: datetime) -> None:
    signed_at = _moment(credential.timestamp)
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


def _parse_credential(text: str) -> tuple[str, Scope]:
    access_key, *parts = text.split("/")
    if len(parts) != 4 or not _ACCESS_KEY.fullmatch(access_key):
        raise incomplete(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{shown(text)}'"
        )
    date, region, service, terminator = parts
    if terminator != TERMINATOR:
        raise mismatch(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{shown(terminator)}'."
        )
    for part in (date, region, service):
        if not _SCOPE_PART.fullmatch(part):
            raise incomplete(f"Credential is malformed at '{shown(part)}'")
    return access_key, Scope(date, region, service)


def _parse_signed_headers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if len(names) > MAX_SIGNED_HEADERS or len(set(names)) != len(names):
        raise incomplete("SignedHeaders must name each header once, and at most 100")
    for name in names:
        if not _HEADER_NAME.fullmatch(name):
            raise incomplete(f"SignedHeaders is malformed at '{shown(name)}'")
    if "host" not in names:
        raise incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    return names


def _parse_signature(text: str) -> str:
    if not _SIGNATURE.fullmatch(text):
        raise incomplete("Signature must be 64 lower-case hexadecimal digits")
    return text


def _parse_expires(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise incomplete(f"X-Amz-Expires should be a number of seconds, got '{shown(text)}'")
    expires = timedelta(seconds=int(text))
    if not timedelta() < expires <= MAX_EXPIRES:
        raise incomplete("X-Amz-Expires must be between 1 second and one week (604800 seconds)")
    return expires


def _parse_timestamp(text: str) -> str:
    try:
        if not _TIMESTAMP.fullmatch(text):
            raise ValueError
        _moment(text)
    except ValueError:
        raise incomplete(f"Date must be in ISO-8601 'basic format'. Got '{shown(text)}'.") from None
    return text


def _moment(text: str) -> datetime:
    # Ten times faster than strptime, which would be a third of the whole check.
    day, clock = text[:8], text[9:15]
    return datetime(
        int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:]), tzinfo=UTC
    )


def _header_timestamp(headers: Mapping[str, str]) -> str:
    text = headers.get("x-amz-date") or headers.get("date")
    if not text:
        raise incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if "," not in text:
        return _parse_timestamp(text)
    try:
        moment = parsedate_to_datetime(text[:64])
        return format_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise incomplete(f"Date is malformed: '{shown(text)}'") from None
