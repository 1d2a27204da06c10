"""Whatever botocore's own signers sign, the verifier accepts; with any byte changed, it refuses."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV2Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws.signature import RequestParts, SignatureError

from .builders import SECRET, botocore_credentials, check, received

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.sampled_from("ABCabc.0123456789-_"), min_size=1, max_size=12)
parameters = st.dictionaries(names, texts, max_size=6).map(lambda found: {"Action": "DescribeInstances", **found})
hosts = st.sampled_from(["localhost:3001", "ec2.example.com", "[::1]:3001", "Gateway.example.com:8773"])
paths = st.sampled_from(
    ["", "/", "/services/compute", "/services//Cloud/", "/a/../b/./c", "/a%20b/%C3%A9", "/~x-y_z.w"]
)
regions = st.sampled_from(["us-east-1", "barcelona", "Default", "eu-west-1"])
tokens = st.none() | st.text(st.sampled_from("abcXYZ0123+/="), min_size=1, max_size=30)
REFUSALS = {"SignatureDoesNotMatch", "IncompleteSignature", "AuthFailure"}


@st.composite
def v4_requests(draw: st.DrawFn) -> RequestParts:
    url = f"http://{draw(hosts)}{draw(paths)}"
    fields = draw(parameters)
    as_post = draw(st.booleans())
    request = AWSRequest("POST", url, data=fields) if as_post else AWSRequest("GET", url, params=fields)
    request.headers["User-Agent"] = "botocore"
    if as_post:
        # As botocore's client does: the body is what will be sent when it gets signed.
        request = AWSRequest("POST", url, data=request.prepare().body, headers={"Content-Type": FORM})
    if draw(st.booleans()):
        request.headers["X-Custom"] = draw(st.sampled_from(["a   b", "  padded", 'a "quoted" value']))
    SigV4Auth(botocore_credentials(draw(tokens)), "ec2", draw(regions)).add_auth(request)
    return received(request)


FORM = "application/x-www-form-urlencoded; charset=utf-8"


@given(request=v4_requests())
def test_sigv4_header(request: RequestParts) -> None:
    found: Any = check(request, now=datetime.now(UTC))
    assert (found.access_key, found.scope.service) == ("AKIDEXAMPLE", "ec2")


@given(
    host=hosts,
    path=paths,
    fields=parameters,
    region=regions,
    token=tokens,
    expires=st.integers(600, 604_800),
    in_url=st.booleans(),
)
def test_sigv4_presigned(
    host: str, path: str, fields: dict[str, str], region: str, token: str | None, expires: int, in_url: bool
) -> None:
    request = AWSRequest("GET", f"http://{host}{path}", params=fields)
    if in_url:
        request = AWSRequest("GET", request.prepare().url)
    SigV4QueryAuth(botocore_credentials(token), "sts", region, expires).add_auth(request)
    found: Any = check(received(request), now=datetime.now(UTC))
    assert found.expires.total_seconds() == expires
    assert found.session_token == token


@given(host=hosts, path=paths, fields=parameters, token=tokens, method=st.sampled_from(["GET", "POST"]))
def test_sigv2(host: str, path: str, fields: dict[str, str], token: str | None, method: str) -> None:
    # botocore signs the network location as written in the URL; AWS and this project lower-case it.
    url = f"http://{host.lower()}{path}"
    request = AWSRequest(method, url, **{"params" if method == "GET" else "data": dict(fields)})
    SigV2Auth(botocore_credentials(token)).add_auth(request)
    found: Any = check(received(request), now=datetime.now(UTC))
    assert (found.access_key, found.session_token) == ("AKIDEXAMPLE", token)


def changed_byte(data: st.DataObject, text: bytes) -> bytes:
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(b"abcXYZ059").filter(lambda found: found != text[at]))
    return text[:at] + bytes([letter]) + text[at + 1 :]


def changed_header(data: st.DataObject, request: RequestParts, name: str) -> dict[str, str]:
    value = changed_byte(data, request.headers[name].encode("latin-1")).decode("latin-1")
    return {**request.headers, name: value}


@settings(max_examples=300)
@given(data=st.data(), request=v4_requests())
def test_sigv4_refuses_any_changed_byte(data: st.DataObject, request: RequestParts) -> None:
    places = ["method", "host", "x-amz-date", "authorization"]
    places += ["raw_query"] if request.raw_query else []
    places += ["body"] if request.body else []
    place = data.draw(st.sampled_from(places))
    if place == "method":
        changed = dataclasses.replace(request, method="PUT")
    elif place in ("raw_query", "body"):
        # Upper and lower case hexadecimal digits of an escape are the same byte, so escapes stay.
        text = getattr(request, place).replace(b"%", b"x")
        changed = dataclasses.replace(request, **{place: changed_byte(data, text)})
    else:
        changed = dataclasses.replace(request, headers=changed_header(data, request, place))
    with pytest.raises(SignatureError) as refused:
        check(changed, now=datetime.now(UTC))
    assert refused.value.code in REFUSALS


@given(data=st.data(), fields=parameters)
def test_presigned_refuses_any_changed_byte(data: st.DataObject, fields: dict[str, str]) -> None:
    request = AWSRequest("GET", "http://localhost:3001/", params={**fields, "Zz": "end"})
    SigV4QueryAuth(botocore_credentials(), "ec2", "eu-west-1", 3600).add_auth(request)
    good = received(request)
    text = good.raw_query.replace(b"%", b"x") if data.draw(st.booleans()) else good.raw_query
    at = data.draw(st.integers(0, len(text) - 1).filter(lambda place: b"%" not in text[place - 2 : place + 1]))
    letter = data.draw(st.sampled_from(b"ghzXYZ").filter(lambda found: found != text[at]))
    changed = dataclasses.replace(good, raw_query=text[:at] + bytes([letter]) + text[at + 1 :])
    with pytest.raises(SignatureError) as refused:
        check(changed, now=datetime.now(UTC))
    assert refused.value.code in REFUSALS


@given(request=v4_requests(), secret=st.text(min_size=1).filter(lambda found: found != SECRET))
def test_sigv4_refuses_another_secret(request: RequestParts, secret: str) -> None:
    with pytest.raises(SignatureError) as refused:
        check(request, secret=secret.encode("utf-8", "replace").decode(), now=datetime.now(UTC))
    assert (refused.value.code, refused.value.status) == ("SignatureDoesNotMatch", 403)
