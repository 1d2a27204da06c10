"""Signature Version 2: parse, verify and make it; it travels among the parameters of a GET or POST.

Source: AWS General Reference, "Signature Version 2 signing process".
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime, timedelta

from deltaic.protocols.aws.canonical import decode_pairs, encode_pairs
from deltaic.protocols.aws.credentials import (
    Pairs,
    RequestParts,
    SignatureError,
    SigV2,
    incomplete,
    mismatch,
    request_expired,
    shown,
)

SKEW = timedelta(minutes=15)
DIGESTS = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}
FORM = "application/x-www-form-urlencoded"
MARK = b"AWSAccessKeyId"

_ACCESS_KEY = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_FIELDS = (
    "AWSAccessKeyId",
    "Expires",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "Timestamp",
)
_REQUIRED = ("Signature", "SignatureMethod", "SignatureVersion")
_PORT = re.compile(r":\d+$", re.ASCII)


def parse(request: RequestParts) -> SigV2 | None:
    """Read the signature parameters of query and form body; None when no access key is among them.

    Raises SignatureError: IncompleteSignature, MissingParameter, InvalidParameterValue or
    InvalidParameterCombination (all 400), naming the parameter.
    """
    form = is_form(request)
    if MARK not in request.raw_query and not (form and MARK in request.body):
        return None
    pairs = decode_pairs(request.raw_query) + (decode_pairs(request.body) if form else [])
    fields = _fields(pairs)
    if "AWSAccessKeyId" not in fields:
        return None
    for name in _REQUIRED:
        if not fields.get(name):
            raise incomplete(f"Request must contain the parameter {name}")
    if fields["SignatureVersion"] != "2":
        raise _invalid("SignatureVersion", fields["SignatureVersion"])
    if fields["SignatureMethod"] not in DIGESTS:
        raise _invalid("SignatureMethod", fields["SignatureMethod"])
    if not _ACCESS_KEY.fullmatch(fields["AWSAccessKeyId"]):
        raise incomplete(f"AWSAccessKeyId is malformed: '{shown(fields['AWSAccessKeyId'])}'")
    timestamp, expires = _times(fields)
    return SigV2(
        access_key=fields["AWSAccessKeyId"],
        digest=DIGESTS[fields["SignatureMethod"]],
        timestamp=timestamp,
        expires=expires,
        # A client that forgets to encode the signature in its URL has its `+` read as blanks.
        signature=fields["Signature"].replace(" ", "+"),
        pairs=[pair for pair in pairs if pair[0] != b"Signature"],
        session_token=fields.get("SecurityToken"),
    )


def verify(credential: SigV2, request: RequestParts, secret_key: str, now: datetime) -> None:
    """Check time and signature, with the Host's port and without; `now` is aware.

    Raises SignatureError: RequestExpired 400, SignatureDoesNotMatch 403.
    """
    check_time(credential, now)
    path = request.raw_path.decode("latin-1") or "/"
    given = credential.signature.encode("utf-8", "replace")
    for host in _hosts(request.headers.get("host", "")):
        text = string_to_sign(request.method, host, path, credential.pairs)
        if hmac.compare_digest(_signature(secret_key, text, credential.digest).encode(), given):
            return
    raise mismatch()


def sign(
    method: str,
    host: str,
    path: str,
    parameters: Pairs,
    access_key: str,
    secret_key: str,
    now: datetime,
    signature_method: str = "HmacSHA256",
) -> Pairs:
    """Return the parameters with the signature's own added; `host` as in the Host header."""
    pairs = [
        *parameters,
        (MARK, access_key.encode()),
        (b"SignatureVersion", b"2"),
        (b"SignatureMethod", signature_method.encode()),
        (b"Timestamp", now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()),
    ]
    text = string_to_sign(method, host.lower(), path, pairs)
    signature = _signature(secret_key, text, DIGESTS[signature_method])
    return [*pairs, (b"Signature", signature.encode())]


def string_to_sign(method: str, host: str, path: str, pairs: Pairs) -> str:
    """Build the text that is signed; the parameters are sorted by their decoded bytes."""
    return f"{method}\n{host}\n{path}\n{'&'.join(encode_pairs(sorted(pairs)))}"


def is_form(request: RequestParts) -> bool:
    """Tell whether the body holds parameters; a body without a content type counts as a form."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    return bool(request.body) and kind in (FORM, "")


def _fields(pairs: Pairs) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.decode("latin-1")
        if key in _FIELDS:
            if key in found:
                raise incomplete(f"Request contains the parameter {key} more than once")
            found[key] = value.decode("latin-1")
    return found


def _times(fields: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    timestamp, expires = fields.get("Timestamp"), fields.get("Expires")
    if timestamp and expires:
        raise SignatureError(
            "InvalidParameterCombination",
            "The parameter Timestamp cannot be used with the parameter Expires",
            400,
        )
    if timestamp:
        return _parse_time("Timestamp", timestamp), None
    if expires:
        return None, _parse_time("Expires", expires)
    raise SignatureError("MissingParameter", "The request must contain the parameter Timestamp or Expires", 400)


def _parse_time(name: str, text: str) -> datetime:
    try:
        if len(text) > 40:
            raise ValueError
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _invalid(name, text) from None


def _invalid(name: str, value: str) -> SignatureError:
    return SignatureError("InvalidParameterValue", f"Value ({shown(value)}) for parameter {name} is invalid.", 400)


def check_time(credential: SigV2, now: datetime) -> None:
    """Refuse a request out of its time: RequestExpired 400."""
    if credential.expires is not None and credential.expires < now:
        raise request_expired(f"Request has expired. Expires date is {_iso(credential.expires)}")
    if credential.timestamp is not None and abs(now - credential.timestamp) > SKEW:
        raise request_expired(f"Request has expired. Timestamp date is {_iso(credential.timestamp)}")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _hosts(host: str) -> list[str]:
    # The rule is lower case, but libcloud and botocore sign the name as it was configured.
    variants = (host.lower(), _PORT.sub("", host.lower()), host, _PORT.sub("", host))
    return list(dict.fromkeys(variants))


def _signature(secret_key: str, text: str, digest: str) -> str:
    return base64.b64encode(hmac.digest(secret_key.encode(), text.encode(), digest)).decode()
