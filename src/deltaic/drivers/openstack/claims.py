"""A signed request in the form in which the identity service checks it.

It computes the signature anew from this alone, so nothing may be left out of it that the gateway acts on: of a
version 4 POST it reads no query, and of parameters that come twice only one. Signed headers must be given in the
canonical form, two of them under names in exactly this case; one that is missing would be overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.signed_request import SignedRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_BLANKS = re.compile(r"[ \t\r\n]+")


def credentials(claim: SignedRequest) -> dict[str, Any]:
    """What the identity service is told; UNAUTHENTICATED for a request of which it would check something else."""
    told = _version_4(claim) if claim.version == 4 else _version_2(claim)
    return {
        "access": claim.access_key,
        "signature": claim.signature,
        "host": claim.host,
        "verb": claim.method,
        "path": claim.path or "/",
        **told,
    }


def refused(reason: str) -> Error:
    """The error for a signature that is not good; `reason` is `unknown_key` or `bad_signature`."""
    message = "The cloud knows no such access key" if reason == "unknown_key" else "The cloud refused the signature"
    return Error(ErrorKind.UNAUTHENTICATED, message, context={"reason": reason})


def _version_2(claim: SignedRequest) -> dict[str, Any]:
    # Versions 0 and 1, which the service would check as well, sign next to nothing.
    if claim.version != 2 or claim.parameters.get("SignatureVersion") != "2" or "Signature" in claim.parameters:
        raise refused("bad_signature")
    return {"params": dict(claim.parameters), "headers": {}, "body_hash": ""}


def _version_4(claim: SignedRequest) -> dict[str, Any]:
    parameters = dict(claim.parameters)
    if "SignatureVersion" in parameters or "X-Amz-Signature" in parameters:
        raise refused("bad_signature")
    if claim.method.upper() == "POST" and parameters:
        raise refused("bad_signature")
    authorization = claim.headers.get("authorization", "")
    in_header = authorization.startswith(ALGORITHM)
    fields = _fields(authorization) if in_header else _presigned(parameters)
    date = claim.headers.get("x-amz-date", "") if in_header else parameters.get("X-Amz-Date", "")
    key, *scope = fields["Credential"].split("/")
    if key != claim.access_key or len(scope) != 4 or not scope[0] or not date.startswith(scope[0]):
        raise refused("bad_signature")
    headers = _signed(claim.headers, fields["SignedHeaders"])
    headers.pop("x-amz-date", None)
    if "x-amz-date" in fields["SignedHeaders"].split(";") or in_header:
        headers["X-Amz-Date"] = claim.headers["x-amz-date"].strip()
    if in_header:
        # Written anew: the service finds the parts by their names wherever these occur in the text.
        text = f"Credential={fields['Credential']}, SignedHeaders={fields['SignedHeaders']}"
        headers["Authorization"] = f"{ALGORITHM} {text}, Signature={claim.signature}"
    return {"params": parameters, "headers": headers, "body_hash": claim.body_hash}


def _fields(authorization: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in authorization.removeprefix(ALGORITHM).split(","))
    found = {name: value for name, _, value in pairs}
    if not found.get("Credential") or not found.get("SignedHeaders"):
        raise refused("bad_signature")
    return found


def _presigned(parameters: Mapping[str, str]) -> dict[str, str]:
    if parameters.get("X-Amz-Algorithm") != ALGORITHM:
        raise refused("bad_signature")
    return {name: parameters.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders")}


def _signed(headers: Mapping[str, str], names: str) -> dict[str, str]:
    """The signed headers alone; the others are none of the identity service's business."""
    wanted = names.split(";")
    if "host" not in wanted or any(name not in headers or name == "authorization" for name in wanted):
        raise refused("bad_signature")
    return {name: _BLANKS.sub(" ", headers[name]).strip(" ") for name in wanted}
