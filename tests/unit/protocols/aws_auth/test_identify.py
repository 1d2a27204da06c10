"""Which credential a request carries, and how malformed ones are refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from deltaic.protocols.aws.signature import Basic, SignatureError, missing_credentials, unknown_key

from .builders import check, identified, parts

HOST = (b"Host", b"localhost:3001")
SIGNATURE = "0" * 64
SCOPE = "AKIDEXAMPLE/20150830/us-east-1/ec2/aws4_request"
DATE = (b"X-Amz-Date", b"20150830T123600Z")
GOOD = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={SIGNATURE}"
V2 = b"AWSAccessKeyId=AKID&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2015-08-30T12:36:00Z&Signature=x"
PRESIGNED = (
    b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + SCOPE.encode() + b"&X-Amz-Date=20150830T123600Z"
    b"&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + SIGNATURE.encode()
)


def basic(text: bytes) -> bytes:
    return b"Basic " + base64.b64encode(text)


def test_no_credential() -> None:
    assert identified(parts(target=b"/?Action=DescribeInstances")) is None


def test_basic_keeps_colons_and_hides_the_password() -> None:
    found = identified(parts(headers=[HOST, (b"Authorization", basic(b"admin@internal:de:l\xc3\xa9"))]))
    assert found == Basic("admin@internal", "de:lé")
    assert repr(found) == "Basic(user='admin@internal')"


@pytest.mark.parametrize("value", [b"Basic !!!", basic(b"nocolon"), basic(b":x"), basic(b"\xff:x"), b"Basic"])
def test_malformed_basic(value: bytes) -> None:
    with pytest.raises(SignatureError) as refused:
        identified(parts(headers=[HOST, (b"Authorization", value)]))
    assert (refused.value.code, refused.value.status) == ("AuthFailure", 401)


def test_reprs_hide_signatures_and_tokens() -> None:
    token = (b"X-Amz-Security-Token", b"very-secret-token")
    header = identified(parts(headers=[HOST, DATE, token, (b"Authorization", GOOD.encode())]))
    presigned = identified(parts(target=b"/?" + PRESIGNED + b"&X-Amz-Security-Token=very-secret-token"))
    v2 = identified(parts(target=b"/?" + V2 + b"&SecurityToken=very-secret-token"))
    for found in (header, presigned, v2):
        assert getattr(found, "session_token", None) == "very-secret-token"
        assert "very-secret-token" not in repr(found)
        assert SIGNATURE not in repr(found)


def test_header_and_parameters_together_are_refused() -> None:
    for query in (V2, PRESIGNED):
        with pytest.raises(SignatureError) as refused:
            identified(parts(target=b"/?" + query, headers=[HOST, (b"Authorization", basic(b"a:b"))]))
        assert refused.value.code == "IncompleteSignature"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("Credential=", "Creds=", "Credential"),
        ("SignedHeaders=", "Headers=", "SignedHeaders"),
        (f", Signature={SIGNATURE}", "", "Signature"),
        (SIGNATURE, "xyz", "Signature"),
        (SIGNATURE, SIGNATURE[:-1] + "F", "Signature"),
        ("/ec2/", "/", "5 slash-delimited"),
        ("AKIDEXAMPLE", "", "5 slash-delimited"),
        ("AKIDEXAMPLE", "A" * 200, "5 slash-delimited"),
        ("us-east-1", "us\x01east", "Credential"),
        ("host;x-amz-date", "x-amz-date", "Host"),
        ("host;x-amz-date", "host;host", "once"),
        ("host;x-amz-date", "Host", "malformed"),
        ("host;x-amz-date", ";".join(f"h{n}" for n in range(200)), "100"),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("AWS4-HMAC-SHA256", "Bearer", "Bearer"),
    ],
)
def test_malformed_header(old: str, new: str, named: str) -> None:
    value = GOOD.replace(old, new).encode("latin-1")
    with pytest.raises(SignatureError) as refused:
        identified(parts(headers=[HOST, DATE, (b"Authorization", value)]))
    assert (refused.value.code, refused.value.status) == ("IncompleteSignature", 400)
    assert named in refused.value.message


def test_repeated_authorization_is_refused() -> None:
    twice = [HOST, DATE, (b"Authorization", GOOD.encode()), (b"Authorization", GOOD.encode())]
    with pytest.raises(SignatureError) as refused:
        identified(parts(headers=twice))
    assert refused.value.code == "IncompleteSignature"


@pytest.mark.parametrize(
    "date", [b"", b"20159930T123600Z", b"2015-08-30T12:36:00Z", b"99999999T999999Z", b"x" * 5000, b"Mon, 99 Foo 2015"]
)
def test_malformed_date_header(date: bytes) -> None:
    with pytest.raises(SignatureError) as refused:
        identified(parts(headers=[HOST, (b"X-Amz-Date", date), (b"Authorization", GOOD.encode())]))
    assert refused.value.code == "IncompleteSignature"
    assert len(refused.value.message) < 200


def test_date_header_in_http_form_counts() -> None:
    headers = [HOST, (b"Date", b"Sun, 30 Aug 2015 12:36:00 GMT"), (b"Authorization", GOOD.encode())]
    assert getattr(identified(parts(headers=headers)), "timestamp", None) == "20150830T123600Z"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"X-Amz-Expires=60", b"X-Amz-Expires=0"),
        (b"X-Amz-Expires=60", b"X-Amz-Expires=604801"),
        (b"X-Amz-Expires=60", b"X-Amz-Expires=-1"),
        (b"X-Amz-Expires=60", b"X-Amz-Expires=" + b"9" * 5000),
        (b"X-Amz-Expires=60", b"X-Amz-Expires=%D9%A3"),
        (b"X-Amz-Expires=60", b"X-Amz-Expires=60&X-Amz-Expires=60"),
        (b"&X-Amz-Expires=60", b""),
        (b"SHA256", b"SHA1"),
        (b"20150830T123600Z", b"20150830"),
    ],
)
def test_malformed_presigned_url(old: bytes, new: bytes) -> None:
    with pytest.raises(SignatureError) as refused:
        identified(parts(target=b"/?" + PRESIGNED.replace(old, new)))
    assert (refused.value.code, refused.value.status) == ("IncompleteSignature", 400)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"&Signature=x", b"", "IncompleteSignature"),
        (b"SignatureVersion=2", b"SignatureVersion=1", "InvalidParameterValue"),
        (b"HmacSHA256", b"HmacMD5", "InvalidParameterValue"),
        (b"Timestamp=2015-08-30T12:36:00Z", b"Timestamp=yesterday", "InvalidParameterValue"),
        (b"Timestamp=2015-08-30T12:36:00Z", b"Timestamp=9999-12-31T23:59:59-23:59", "InvalidParameterValue"),
        (b"Timestamp=2015-08-30T12:36:00Z&", b"", "MissingParameter"),
        (b"Timestamp=", b"Expires=2015-08-30T12:36:00Z&Timestamp=", "InvalidParameterCombination"),
        (b"AWSAccessKeyId=AKID", b"AWSAccessKeyId=A%0AB", "IncompleteSignature"),
        (b"AWSAccessKeyId=AKID", b"AWSAccessKeyId=A&AWSAccessKeyId=B", "IncompleteSignature"),
    ],
)
def test_malformed_sigv2(old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(SignatureError) as refused:
        identified(parts(target=b"/?" + V2.replace(old, new)))
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_mention_of_the_access_key_inside_a_value_is_no_signature() -> None:
    form = [HOST, (b"Content-Type", b"application/x-www-form-urlencoded")]
    assert identified(parts("POST", b"/", form, b"UserData=AWSAccessKeyId")) is None


def test_only_forms_carry_parameters() -> None:
    json_body = [HOST, (b"Content-Type", b"application/json")]
    assert identified(parts("POST", b"/", json_body, V2)) is None
    assert getattr(identified(parts("POST", b"/", [HOST], V2)), "access_key", None) == "AKID"


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(SignatureError) as refused:
        identified(parts(target=b"/?" + V2 + b"&a=1" * 20_000))
    assert (refused.value.code, refused.value.status) == ("MalformedQueryString", 400)


def test_basic_has_no_signature_to_verify() -> None:
    with pytest.raises(TypeError, match="no signature"):
        check(parts(headers=[HOST, (b"Authorization", basic(b"a:b"))]), now=datetime.now(UTC))


def test_codes_of_missing_and_unknown_credentials() -> None:
    found = [(e.code, e.status) for e in (missing_credentials(), unknown_key("ec2"), unknown_key("sts"))]
    assert found == [("MissingAuthenticationToken", 403), ("AuthFailure", 401), ("InvalidClientTokenId", 403)]
