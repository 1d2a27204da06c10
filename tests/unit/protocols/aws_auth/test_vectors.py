"""AWS's published SigV4 vectors (tests/data/aws4_testsuite) and its published SigV2 example."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from deltaic.protocols.aws import sigv4
from deltaic.protocols.aws.signature import RequestParts, SigV2, SigV4Header, SigV4Presigned

from .builders import check, parts

SUITE = json.loads((Path(__file__).parents[3] / "data" / "aws4_testsuite" / "vectors.json").read_text("utf-8"))


def value(case: dict[str, Any], key: str) -> str:
    return str(case.get(key, SUITE.get(key)))


def credential(case: dict[str, Any]) -> str:
    day = value(case, "date")[:8]
    return f"{SUITE['access_key']}/{day}/{value(case, 'region')}/{value(case, 'service')}/aws4_request"


def moment(case: dict[str, Any]) -> datetime:
    return datetime.strptime(value(case, "date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def suite_headers(case: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    own = [("Host", value(case, "host")), ("X-Amz-Date", value(case, "date")), *case["headers"]]
    return [(name.encode(), text.encode()) for name, text in own]


def header_request(case: dict[str, Any]) -> RequestParts:
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={credential(case)}, "
        f"SignedHeaders={case['signed_headers']}, Signature={case['signature']}"
    )
    headers = [*suite_headers(case), (b"Authorization", authorization.encode())]
    return parts(case["method"], case["target"].encode(), headers, case["body"].encode())


def presigned_request(case: dict[str, Any]) -> RequestParts:
    fields = {
        "Algorithm": "AWS4-HMAC-SHA256",
        "Credential": credential(case),
        "Date": value(case, "date"),
        "SignedHeaders": case["signed_headers"],
        "Expires": value(case, "expires"),
        "Signature": case["signature"],
    }
    extra = "&".join(f"X-Amz-{name}={quote(text, safe='')}" for name, text in fields.items())
    joint = "&" if "?" in case["target"] else "?"
    return parts(case["method"], (case["target"] + joint + extra).encode(), suite_headers(case))


@pytest.mark.parametrize("case", SUITE["header"], ids=lambda case: case["name"])
def test_published_header_signature_verifies(case: dict[str, Any]) -> None:
    found = check(header_request(case), SUITE["secret_key"], moment(case))
    assert isinstance(found, SigV4Header)
    assert (found.access_key, str(found.scope)) == ("AKIDEXAMPLE", credential(case).partition("/")[2])


@pytest.mark.parametrize("case", SUITE["presigned"], ids=lambda case: case["name"])
def test_published_presigned_signature_verifies(case: dict[str, Any]) -> None:
    found = check(presigned_request(case), SUITE["secret_key"], moment(case))
    assert isinstance(found, SigV4Presigned)
    assert found.expires.total_seconds() == 3600


@pytest.mark.parametrize("case", SUITE["header"], ids=lambda case: case["name"])
def test_signing_gives_the_published_signature(case: dict[str, Any]) -> None:
    signed = set(case["signed_headers"].split(";"))
    headers = [pair for pair in suite_headers(case) if pair[0].lower().decode() in signed - {"x-amz-security-token"}]
    request = parts(case["method"], case["target"].encode(), headers, case["body"].encode())
    token = dict(case["headers"])["X-Amz-Security-Token"] if "x-amz-security-token" in signed else None
    added = sigv4.sign_headers(
        request,
        SUITE["access_key"],
        SUITE["secret_key"],
        value(case, "region"),
        value(case, "service"),
        moment(case),
        token,
    )
    assert added["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={credential(case)}, "
        f"SignedHeaders={case['signed_headers']}, Signature={case['signature']}"
    )


def test_published_sigv2_example_verifies() -> None:
    target = (
        b"/?Action=DescribeJobFlows&Version=2009-03-31&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"
        b"&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2011-10-03T15%3A19%3A30"
        b"&Signature=i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf%2FMj6vPxyYIs%3D"
    )
    request = parts("GET", target, [(b"Host", b"elasticmapreduce.amazonaws.com")])
    found = check(request, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", datetime(2011, 10, 3, 15, 19, 30, tzinfo=UTC))
    assert isinstance(found, SigV2)
    assert (found.access_key, found.digest) == ("AKIAIOSFODNN7EXAMPLE", "sha256")
