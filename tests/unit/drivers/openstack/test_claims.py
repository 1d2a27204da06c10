"""Signed requests in the form in which the identity service checks them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from deltaic.drivers.openstack.claims import credentials
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.signed_request import SignedRequest

SCOPE = "20260101/RegionOne/ec2/aws4_request"
SIGNED = "host;x-amz-date"
HEADER = SignedRequest(
    access_key="AK",
    signature="5167",
    version=4,
    method="POST",
    host="gateway:5000",
    path="/",
    parameters={},
    headers={
        "host": "gateway:5000",
        "x-amz-date": "20260101T000000Z",
        "cookie": "private",
        "authorization": f"AWS4-HMAC-SHA256 Credential=AK/{SCOPE}, SignedHeaders={SIGNED}, Signature=5167",
    },
    body_hash="b0d7",
)
PRESIGNED = structs.replace(
    HEADER,
    method="GET",
    parameters={
        "Action": "DescribeRegions", "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"AK/{SCOPE}",
        "X-Amz-Date": "20260101T000000Z", "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host",
    },
    headers={"host": "gateway:5000", "x-amz-date": "20300101T000000Z"},
)  # fmt: skip
VERSION_2 = structs.replace(
    HEADER, version=2, parameters={"Action": "DescribeRegions", "SignatureVersion": "2"}, body_hash=""
)


def changed(claim: SignedRequest, *, parameters: Any = None, headers: Any = None, **members: Any) -> SignedRequest:
    """The claim with some parameters and headers changed; None removes."""
    more: dict[str, dict[str, str]] = {}
    for name, change in (("parameters", parameters), ("headers", headers)):
        whole = {**getattr(claim, name), **(change or {})}
        more[name] = {key: value for key, value in whole.items() if value is not None}
    return structs.replace(claim, **more, **members)


def authorization(text: str) -> dict[str, str]:
    return {"authorization": f"AWS4-HMAC-SHA256 {text}"}


def test_version_4_in_a_header() -> None:
    assert credentials(HEADER) == {
        "access": "AK",
        "signature": "5167",
        "host": "gateway:5000",
        "verb": "POST",
        "path": "/",
        "params": {},
        "headers": {
            "host": "gateway:5000",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": HEADER.headers["authorization"],
        },
        "body_hash": "b0d7",
    }


def test_signed_headers_are_in_their_canonical_form() -> None:
    text = f"Credential=AK/{SCOPE},SignedHeaders=host;x-a,Signature=5167"
    claim = changed(HEADER, headers={**authorization(text), "x-a": "  one \t two  "})
    headers = credentials(claim)["headers"]
    assert headers["x-a"] == "one two"
    assert headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AK/{SCOPE}, SignedHeaders=host;x-a, Signature=5167"
    )


def test_a_presigned_url_is_dated_by_its_parameter() -> None:
    told = credentials(PRESIGNED)
    assert told["headers"] == {"host": "gateway:5000"}
    assert told["params"] == dict(PRESIGNED.parameters)


def test_version_2() -> None:
    told = credentials(VERSION_2)
    assert (told["params"], told["headers"], told["body_hash"]) == (dict(VERSION_2.parameters), {}, "")


def test_an_empty_path_is_the_root() -> None:
    assert credentials(structs.replace(HEADER, path=""))["path"] == "/"


@pytest.mark.parametrize(
    "claim",
    [
        # The service would check version 0, 1 or 2 instead, or the parameters of a POST not at all.
        changed(HEADER, method="GET", parameters={"SignatureVersion": "0"}),
        changed(HEADER, parameters={"Action": "TerminateInstances"}),
        changed(HEADER, method="post", parameters={"Action": "TerminateInstances"}),
        changed(VERSION_2, parameters={"SignatureVersion": "0"}),
        changed(VERSION_2, parameters={"SignatureVersion": "1"}),
        changed(VERSION_2, parameters={"SignatureVersion": None}),
        changed(VERSION_2, parameters={"Signature": "x"}),
        structs.replace(VERSION_2, version=3),
        changed(PRESIGNED, parameters={"X-Amz-Signature": "x"}),
        changed(PRESIGNED, parameters={"X-Amz-Algorithm": "none"}),
        changed(PRESIGNED, parameters={"X-Amz-Credential": None}),
        changed(PRESIGNED, parameters={"X-Amz-Date": None}),
        changed(PRESIGNED, parameters={"X-Amz-SignedHeaders": ""}),
        # The service answers 500 to these.
        changed(HEADER, headers={"x-amz-date": None}),
        changed(HEADER, headers={"x-amz-date": "20260102T000000Z"}),
        changed(HEADER, headers={"authorization": None}),
        changed(HEADER, headers=authorization(f"SignedHeaders={SIGNED}, Signature=5167")),
        changed(HEADER, headers=authorization(f"Credential=AK/{SCOPE}, Signature=5167")),
        changed(HEADER, headers=authorization(f"Credential=AK/20260101, SignedHeaders={SIGNED}, Signature=5167")),
        # Another key than the claim's, a header that is not there, one that can't be signed, and no host.
        changed(HEADER, headers=authorization(f"Credential=BK/{SCOPE}, SignedHeaders={SIGNED}, Signature=5167")),
        changed(HEADER, headers=authorization(f"Credential=AK/{SCOPE}, SignedHeaders={SIGNED};x-b, Signature=5167")),
        changed(HEADER, headers=authorization(f"Credential=AK/{SCOPE}, SignedHeaders=authorization;host, Signature=1")),
        changed(HEADER, headers=authorization(f"Credential=AK/{SCOPE}, SignedHeaders=x-amz-date, Signature=5167")),
    ],
)
def test_what_the_identity_service_would_not_check_is_refused(claim: SignedRequest) -> None:
    with pytest.raises(Error) as caught:
        credentials(claim)
    assert (caught.value.kind, caught.value.context) == (ErrorKind.UNAUTHENTICATED, {"reason": "bad_signature"})
