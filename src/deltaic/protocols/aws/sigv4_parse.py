"""Read Signature Version 4 claims: from the Authorization header, or from a presigned URL.

Whatever is read has been checked for its form and is bounded in size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from deltaic.protocols.aws.canonical import decode_pairs
from deltaic.protocols.aws.credentials import (
    Scope,
    SigV4Header,
    SigV4Presigned,
    incomplete,
    mismatch,
    shown,
)

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
MAX_EXPIRES = timedelta(days=7)
MAX_SIGNED_HEADERS = 100

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
            raise incomplete("Authorization header must have parts of the form 'name=value', each once")
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


def format_timestamp(moment: datetime) -> str:
    """Write an aware time in ISO 8601 basic form, UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def parse_moment(text: str) -> datetime:
    """Read a time in ISO 8601 basic form, UTC; raises ValueError for a day or hour that does not exist."""
    # Ten times faster than strptime, which would be a third of the whole check.
    day, clock = text[:8], text[9:15]
    return datetime(
        int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:]), tzinfo=UTC
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
        parse_moment(text)
    except ValueError:
        raise incomplete(f"Date must be in ISO-8601 'basic format'. Got '{shown(text)}'.") from None
    return text


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
