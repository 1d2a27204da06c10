"""A signed request in the form in which somebody else can check it: the cloud that issued the access key.

Whatever of a request the gateway acts on is in the claim, or the request is refused here: a checker that sees each
parameter once must never vouch for a request that holds it twice.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from deltaic.model.signed_request import SignedRequest
from deltaic.protocols.aws import sigv2, sigv4
from deltaic.protocols.aws.canonical import decode_pairs, path_candidates
from deltaic.protocols.aws.credentials import (
    Pairs,
    RequestParts,
    SignatureError,
    Signed,
    SigV2,
    SigV4Header,
    SigV4Presigned,
    incomplete,
)

#: Bytes of all that a claim carries: what identity services accept in one request.
CLAIM_LIMIT: Final = 96 * 1024

#: AWS's own limits of an access key's id.
_ACCESS_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{16,128}")


def may_be_issued(credential: Signed) -> bool:
    """Whether a key can be one that a cloud issued: those come with no session token."""
    return _ACCESS_KEY.fullmatch(credential.access_key) is not None and credential.session_token is None


def claim_of(
    credential: Signed, request: RequestParts, now: datetime, services: frozenset[str] | None = None
) -> SignedRequest:
    """The claim of a request whose scope and time are good; whether its signature is, is not known yet.

    Raises SignatureError: as `signature.verify` for scope and time, IncompleteSignature 400 for a request that
    can't be told whole, RequestEntityTooLarge 413.
    """
    if isinstance(credential, SigV2):
        sigv2.check_time(credential, now)
        claim = _version_2(credential, request)
    else:
        sigv4.check_claim(credential, now, services)
        claim = _version_4(credential, request)
    if _size(claim) > CLAIM_LIMIT:
        raise SignatureError("RequestEntityTooLarge", "The request is too large to have its signature checked", 413)
    return claim


def _version_4(credential: SigV4Header | SigV4Presigned, request: RequestParts) -> SignedRequest:
    headers = {name: _header(request, name) for name in credential.signed_headers}
    if isinstance(credential, SigV4Header):
        headers |= {name: _header(request, name) for name in ("authorization", "x-amz-date")}
    pairs = [pair for pair in decode_pairs(request.raw_query) if pair[0] != sigv4.SIGNATURE_PARAMETER]
    return SignedRequest(
        access_key=credential.access_key,
        signature=credential.signature,
        version=4,
        method=request.method,
        host=_header(request, "host"),
        path=path_candidates(request.raw_path)[0],
        parameters=_parameters(pairs),
        headers=headers,
        body_hash=sigv4.payload_hash(request),
    )


def _version_2(credential: SigV2, request: RequestParts) -> SignedRequest:
    return SignedRequest(
        access_key=credential.access_key,
        signature=credential.signature,
        version=2,
        method=request.method,
        host=_header(request, "host"),
        path=request.raw_path.decode("latin-1") or "/",
        parameters=_parameters(credential.pairs),
        headers={},
    )


def _header(request: RequestParts, name: str) -> str:
    value = request.headers.get(name)
    if value is None or not (value.isascii() and value.isprintable()):
        raise incomplete(f"The header '{name}' is missing or can't be read")
    return value


def _parameters(pairs: Pairs) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        try:
            name, value = raw_name.decode(), raw_value.decode()
        except UnicodeDecodeError:
            raise incomplete("A parameter of the request is not UTF-8") from None
        if name in found:
            raise incomplete("A parameter of the request is given more than once")
        found[name] = value
    return found


def _size(claim: SignedRequest) -> int:
    texts = [claim.path, claim.host, claim.signature]
    for name, value in (*claim.parameters.items(), *claim.headers.items()):
        texts += name, value
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
