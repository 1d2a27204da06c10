"""Time, scope, Host, path and payload rules of both signature versions."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest

from deltaic.protocols.aws import canonical, sigv2, sigv4
from deltaic.protocols.aws.signature import RequestParts, SignatureError, verify

from .builders import ACCESS_KEY, NOW, SECRET, SERVICES, check, identified, parts

EPSILON = timedelta(seconds=1)
QUARTER = timedelta(minutes=15)


def signed(request: RequestParts, service: str = "ec2") -> RequestParts:
    added = sigv4.sign_headers(request, ACCESS_KEY, SECRET, "Default", service, NOW)
    return dataclasses.replace(request, headers={**request.headers, **added})


def presigned(expires: timedelta) -> RequestParts:
    request = parts(target=b"/?Action=DescribeRegions")
    query = sigv4.presign(request, ACCESS_KEY, SECRET, "Default", "ec2", NOW, expires)
    return dataclasses.replace(request, raw_query=query)


def v2(
    host: str, header: bytes, path: str = "/", method: str = "HmacSHA256", time: bytes | None = None
) -> RequestParts:
    pairs = sigv2.sign("GET", host, path, [(b"Action", b"X Y")], ACCESS_KEY, SECRET, NOW, method)
    if time is not None:
        pairs = [(b"Expires", time) if name == b"Timestamp" else (name, value) for name, value in pairs[:-1]]
        text = sigv2.string_to_sign("GET", host, path, pairs)
        pairs.append((b"Signature", sigv2._signature(SECRET, text, "sha256").encode()))
    target = f"{path}?{urlencode([(n.decode(), v.decode()) for n, v in pairs], quote_via=quote)}"
    return parts("GET", target.encode(), [(b"Host", header)])


def refusal(request: RequestParts, now: datetime = NOW) -> tuple[str, int]:
    with pytest.raises(SignatureError) as refused:
        check(request, now=now)
    return refused.value.code, refused.value.status


@pytest.mark.parametrize("drift", [QUARTER, -QUARTER])
def test_sigv4_header_within_the_skew(drift: timedelta) -> None:
    assert getattr(check(signed(parts()), now=NOW + drift), "timestamp", "") == "20150830T123600Z"


def test_sigv4_header_too_old_and_too_new() -> None:
    with pytest.raises(SignatureError) as old:
        check(signed(parts()), now=NOW + QUARTER + EPSILON)
    with pytest.raises(SignatureError) as new:
        check(signed(parts()), now=NOW - QUARTER - EPSILON)
    assert [old.value.code, new.value.code] == ["SignatureDoesNotMatch"] * 2
    assert old.value.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    )
    assert new.value.message.startswith("Signature not yet current: 20150830T123600Z is still later than")


def test_presigned_url_lives_for_its_expires() -> None:
    request = presigned(timedelta(hours=6))
    assert getattr(check(request, now=NOW + timedelta(hours=6)), "access_key", "") == ACCESS_KEY
    assert refusal(request, NOW + timedelta(hours=6) + EPSILON) == ("RequestExpired", 400)
    assert refusal(request, NOW - QUARTER - EPSILON) == ("SignatureDoesNotMatch", 403)


def test_sigv2_timestamp_and_expires() -> None:
    stamped = v2("localhost", b"localhost")
    assert getattr(check(stamped, now=NOW + QUARTER), "timestamp", None) == NOW
    assert refusal(stamped, NOW + QUARTER + EPSILON) == ("RequestExpired", 400)
    assert refusal(stamped, NOW - QUARTER - EPSILON) == ("RequestExpired", 400)
    expiring = v2("localhost", b"localhost", time=b"2015-09-30T00:00:00.000Z")
    assert getattr(check(expiring), "expires", None) == datetime(2015, 9, 30, tzinfo=UTC)
    assert refusal(expiring, datetime(2015, 9, 30, 0, 0, 1, tzinfo=UTC)) == ("RequestExpired", 400)


@pytest.mark.parametrize(
    ("host", "header"),
    [
        ("localhost:3001", b"localhost:3001"),
        ("localhost", b"localhost:3001"),
        ("gateway.example.com", b"Gateway.Example.COM"),
        ("Gateway.Example.COM", b"Gateway.Example.COM:3001"),
        ("[::1]", b"[::1]:3001"),
    ],
)
@pytest.mark.parametrize("method", ["HmacSHA256", "HmacSHA1"])
def test_sigv2_host_with_and_without_port(host: str, header: bytes, method: str) -> None:
    found = check(v2(host, header, "/services/compute", method))
    assert getattr(found, "digest", "") == method[4:].lower()


def test_sigv2_refuses_another_host_path_method_and_secret() -> None:
    good = v2("localhost", b"localhost", "/services/compute")
    changes = [
        dataclasses.replace(good, headers={"host": "otherhost"}),
        dataclasses.replace(good, raw_path=b"/services"),
        dataclasses.replace(good, method="PUT"),
        dataclasses.replace(good, raw_query=good.raw_query.replace(b"X%20Y", b"X%20Z")),
        dataclasses.replace(good, raw_query=good.raw_query + b"&Extra=1"),
    ]
    assert [refusal(changed) for changed in changes] == [("SignatureDoesNotMatch", 403)] * 5
    with pytest.raises(SignatureError, match="SignatureDoesNotMatch"):
        check(good, secret="another")


def test_sigv2_accepts_a_signature_whose_plus_was_not_encoded() -> None:
    moments = (NOW + timedelta(seconds=n) for n in range(100))
    for moment in moments:
        pairs = sigv2.sign("GET", "localhost", "/", [], ACCESS_KEY, SECRET, moment)
        if b"+" in pairs[-1][1]:
            break
    query = b"&".join(name + b"=" + value for name, value in pairs)
    request = parts("GET", b"/?" + query, [(b"Host", b"localhost")])
    assert b"+" in request.raw_query
    assert getattr(check(request), "access_key", "") == ACCESS_KEY


def test_scope_must_name_a_served_service_the_day_and_the_terminator() -> None:
    request = signed(parts(), service="s3")
    credential = identified(request)
    assert credential is not None
    with pytest.raises(SignatureError, match="scoped to correct service: 'ec2'"):
        verify(credential, request, SECRET, NOW, SERVICES)
    good = signed(parts())
    for old, new in (("/20150830/", "/20150829/"), ("aws4_request", "aws5_request")):
        header = good.headers["authorization"].replace(old, new)
        changed = dataclasses.replace(good, headers={**good.headers, "authorization": header})
        assert refusal(changed) == ("SignatureDoesNotMatch", 403)


def test_path_may_be_signed_as_sent() -> None:
    assert canonical.path_candidates(b"/a//b/../c%20d") == ("/a/c%2520d", "/a//b/../c%20d")
    assert canonical.path_candidates(b"/a%2520d") == ("/a%252520d",)
    assert canonical.path_candidates(b"/services/compute") == ("/services/compute",)
    assert canonical.path_candidates(b"") == ("/",)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        (b"", b"/"),
        (b"//", b"/"),
        (b"/../../x", b"/x"),
        (b"/a/./b//c/", b"/a/b/c/"),
        (b"/a/..", b"/"),
        (b"/%2e%2e/x", b"/%2e%2e/x"),
    ],
)
def test_normalize_path(path: bytes, normal: bytes) -> None:
    assert canonical.normalize_path(path) == normal


def test_query_forms() -> None:
    assert canonical.canonical_query(b"b=2&a&&a=%7e+x&c=1=2") == "a=&a=~%20x&b=2&c=1%3D2"
    assert canonical.query_candidates(b"b=x/y&a=1") == ("a=1&b=x%2Fy", "a=1&b=x/y")


def test_repeated_and_folded_headers() -> None:
    folded = canonical.fold_headers([(b"A", b" x\t"), (b"B", b"1"), (b"a", b"y\xe9")])
    assert folded == {"a": "x,yé", "b": "1"}
    assert canonical.canonical_headers({"a": "x \t\r\n  y", "b": "\xa0z"}, ["b", "a"]) == "a:x y\nb:\xa0z\n"


def test_header_values_beyond_ascii_are_signed_as_sent() -> None:
    request = parts(headers=[(b"Host", b"localhost"), (b"X-Name", "José ☃".encode())])
    assert getattr(check(signed(request)), "signed_headers", ()) == ("host", "x-amz-date", "x-name")


def test_missing_signed_header_is_named_as_the_reason() -> None:
    good = signed(parts(headers=[(b"Host", b"localhost"), (b"X-Name", b"v")]))
    headers = {name: value for name, value in good.headers.items() if name != "x-name"}
    assert refusal(dataclasses.replace(good, headers=headers)) == ("IncompleteSignature", 400)


def test_unsigned_payload_is_accepted_where_declared_and_streams_are_refused() -> None:
    host = (b"Host", b"localhost")
    unsigned = signed(parts("POST", b"/", [host, (b"X-Amz-Content-Sha256", b"UNSIGNED-PAYLOAD")], b"a=1"))
    other_body = dataclasses.replace(unsigned, body=b"a=2")
    assert getattr(check(other_body), "access_key", "") == ACCESS_KEY
    stripped = {**unsigned.headers, "x-amz-content-sha256": "0" * 64}
    assert refusal(dataclasses.replace(unsigned, headers=stripped)) == ("SignatureDoesNotMatch", 403)
    streaming = {**signed(parts()).headers, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert refusal(dataclasses.replace(signed(parts()), headers=streaming)) == ("InvalidRequest", 400)


def test_day_keys_are_cached_within_bounds() -> None:
    for number in range(3000):
        sigv4.signing_key(SECRET, "20150830", f"region-{number}", "ec2")
    assert sigv4.signing_key.cache_info().currsize == sigv4.DAY_KEYS_CACHED == 1024
