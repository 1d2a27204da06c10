"""Requests as a server receives them, made by hand or by botocore's signers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deltaic.protocols.aws.signature import (
    Credential,
    RequestParts,
    fold_headers,
    identify,
    unknown_key,
    verify,
)

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
KNOWN = (ACCESS_KEY, "AKIAIOSFODNN7EXAMPLE")
SERVICES = frozenset({"ec2", "sts"})


def parts(
    method: str = "GET",
    target: bytes = b"/",
    headers: Iterable[tuple[bytes, bytes]] = ((b"Host", b"localhost:3001"),),
    body: bytes = b"",
) -> RequestParts:
    path, _, query = target.partition(b"?")
    return RequestParts(method, path, query, fold_headers(headers), body)


def identified(request: RequestParts) -> Credential | None:
    return identify(request.method, request.raw_path, request.raw_query, request.headers, request.body)


def check(request: RequestParts, secret: str = SECRET, now: datetime = NOW) -> Credential:
    """Identify, look the secret up, verify; raises what they raise."""
    credential = identified(request)
    assert credential is not None
    # SigV4 does not sign the key's name: another name is another key, with another secret.
    if getattr(credential, "access_key", KNOWN[0]) not in KNOWN:
        raise unknown_key()
    verify(credential, request, secret, now)
    return credential


def received(request: AWSRequest) -> RequestParts:
    """What a server sees of a signed botocore request."""
    prepared = request.prepare()
    url = urlsplit(prepared.url)
    headers = [(name.encode(), _bytes(value)) for name, value in prepared.headers.items()]
    if not any(name.lower() == b"host" for name, _ in headers):
        # urllib3, which sends botocore's requests, lower-cases host names.
        headers.append((b"Host", url.netloc.lower().encode()))
    body = prepared.body or b""
    return RequestParts(prepared.method, url.path.encode(), url.query.encode(), fold_headers(headers), _bytes(body))


def botocore_credentials(token: str | None = None) -> Credentials:
    return Credentials(ACCESS_KEY, SECRET, token)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
