"""The chain around the services: bodies, identities, forms of errors, compression."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from tests.support.asgi import Answer, ask
from tests.support.aws_client import AwsClient, AwsFault, basic
from tests.unit.frontends.conftest import ACCESS_KEY, SECRET_KEY, Gateway

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
VERSION = "Version=2016-11-15"


def code(answer: Answer) -> str:
    found = re.search("<Code>([^<]*)</Code>", answer.text)
    assert found is not None, answer.text
    return found[1]


async def test_the_namespace_echoes_the_version_and_ends_in_a_slash(gateway: Gateway) -> None:
    answer = await ask(gateway.app, query="Action=DescribeRegions&Version=2014-06-15", headers=basic())
    assert '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2014-06-15/">' in answer.text


async def test_headers_of_an_answer(gateway: Gateway) -> None:
    answer = await ask(gateway.app, query=f"Action=DescribeRegions&{VERSION}", headers=basic())
    assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
    assert f"<requestId>{answer.headers['x-amzn-requestid']}</requestId>" in answer.text
    assert "www-authenticate" not in answer.headers


async def test_parameters_of_query_and_body_are_merged(gateway: Gateway) -> None:
    headers = basic() | FORM
    answer = await ask(
        gateway.app, "POST", "/services/Cloud", f"Action=DescribeRegions&{VERSION}", headers, b"RegionName.1=barcelona"
    )
    assert answer.status == 200
    assert re.findall("<regionName>([^<]*)<", answer.text) == ["barcelona"]


async def test_gzip_only_when_asked(gateway: Gateway) -> None:
    query = f"Action=DescribeInstanceTypes&{VERSION}"
    plain = await ask(gateway.app, query=query, headers=basic())
    packed = await ask(gateway.app, query=query, headers=basic() | {"Accept-Encoding": "deflate, gzip;q=0.5"})
    refused = await ask(gateway.app, query=query, headers=basic() | {"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert b"<instanceType>SERVER</instanceType>" in gzip.decompress(packed.body)


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "expected"),
    [
        ("PUT", {}, b"", 405, "UnsupportedHttpVerb"),
        ("POST", FORM, b"x" * (1 << 20) + b"y", 413, "RequestEntityTooLarge"),
        ("POST", FORM | {"Content-Length": "99999999999999999999"}, b"", 413, "RequestEntityTooLarge"),
        ("POST", FORM | {"Content-Length": "-1"}, b"", 400, "InvalidRequest"),
        ("POST", {"Content-Type": "application/json"}, b"{}", 400, "InvalidRequest"),
        ("POST", FORM | {"Content-Encoding": "gzip"}, b"Action=DescribeRegions", 400, "InvalidRequest"),
        ("POST", FORM, b"Action=\xff\xfe", 400, "MalformedQueryString"),
        ("POST", FORM, b"&".join(b"a%d=1" % n for n in range(20_000)), 400, "MalformedQueryString"),
    ],
)
async def test_hostile_bodies(
    gateway: Gateway, method: str, headers: dict[str, str], body: bytes, status: int, expected: str
) -> None:
    answer = await ask(gateway.app, method, "/", "", basic() | headers, body)
    assert (answer.status, code(answer)) == (status, expected)


async def test_a_body_in_chunks_is_limited_while_it_arrives(gateway: Gateway) -> None:
    chunks = [b"x" * 65536] * 20
    answer = await ask(gateway.app, "POST", "/", "", basic() | FORM, chunks)
    assert (answer.status, code(answer)) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        (VERSION, 400, "MissingAction"),
        (f"Action=NoSuchThing&{VERSION}", 400, "InvalidAction"),
        ("Action=DescribeRegions&Version=1999-01-01", 400, "NoSuchVersion"),
        (f"Action=DescribeRegions&Wrong=1&{VERSION}", 400, "UnknownParameter"),
        (f"Action=DescribeRegions&Filter.1.Name=wrong&Filter.1.Value.1=x&{VERSION}", 400, "InvalidParameterValue"),
        (f"Action=DescribeRegions&RegionName.1=a&RegionName.1=b&{VERSION}", 400, "MalformedQueryString"),
        (f"Action=DescribeInstances&MaxResults=99999999999999999999&{VERSION}", 400, "InvalidParameterValue"),
    ],
)
async def test_wrong_requests(gateway: Gateway, query: str, status: int, expected: str) -> None:
    answer = await ask(gateway.app, query=query, headers=basic())
    assert (answer.status, code(answer)) == (status, expected)
    assert f"<RequestID>{answer.headers['x-amzn-requestid']}</RequestID>" in answer.text


async def test_an_unknown_action_has_aws_s_own_words(gateway: Gateway) -> None:
    answer = await ask(gateway.app, query=f"Action=DescribeAddressesAttribute&{VERSION}", headers=basic())
    assert "The action DescribeAddressesAttribute is not valid for this web service." in answer.text


async def test_without_credentials(gateway: Gateway) -> None:
    modern = await ask(gateway.app, query=f"Action=DescribeRegions&{VERSION}")
    assert (modern.status, code(modern)) == (403, "MissingAuthenticationToken")
    plain = await ask(gateway.app, query="Action=DescribeRegions")
    assert (plain.status, code(plain)) == (401, "AuthFailure")


@pytest.mark.parametrize(
    ("key", "secret", "service", "status", "expected"),
    [
        ("AKIAUNKNOWN", SECRET_KEY, "ec2", 401, "AuthFailure"),
        ("AKIAUNKNOWN", SECRET_KEY, "sts", 403, "InvalidClientTokenId"),
        (ACCESS_KEY, "wrong", "ec2", 403, "SignatureDoesNotMatch"),
    ],
)
async def test_wrong_keys(gateway: Gateway, key: str, secret: str, service: str, status: int, expected: str) -> None:
    action = "DescribeRegions" if service == "ec2" else "GetCallerIdentity"
    with pytest.raises(AwsFault) as caught:
        await AwsClient(gateway.app, key, secret).call(action, service)
    assert (caught.value.status, caught.value.code) == (status, expected)


async def test_a_revoked_key(gateway: Gateway) -> None:
    await gateway.store.access_keys.revoke(ACCESS_KEY, datetime.now(UTC))
    with pytest.raises(AwsFault) as caught:
        await gateway.client.call("DescribeRegions")
    assert (caught.value.status, caught.value.code) == (401, "AuthFailure")


async def test_a_key_of_a_cloud_that_is_not_configured_any_more_is_refused(gateway: Gateway) -> None:
    keys = gateway.store.access_keys.rows
    keys[ACCESS_KEY] = replace(keys[ACCESS_KEY], provider="gone")
    with pytest.raises(AwsFault) as fault:
        await gateway.client.call("DescribeInstances")
    assert (fault.value.status, fault.value.code) == (403, "UnauthorizedOperation")


async def test_a_region_that_names_a_data_center_selects_it(gateway: Gateway) -> None:
    zones = await AwsClient(gateway.app, ACCESS_KEY, SECRET_KEY, region="barcelona").call("DescribeAvailabilityZones")
    assert [zone["ZoneName"] for zone in zones["AvailabilityZones"]] == ["barcelonaa"]
    zones = await gateway.client.call("DescribeAvailabilityZones")
    assert [zone["ZoneName"] for zone in zones["AvailabilityZones"]] == ["Defaulta", "Defaultb"]


async def test_an_engine_that_is_not_configured_is_never_asked(gateway: Gateway) -> None:
    headers = basic() | {"X-Deltacloud-Provider": "https://evil.example/api"}
    answer = await ask(gateway.app, query=f"Action=DescribeRegions&{VERSION}", headers=headers)
    assert (answer.status, code(answer)) == (403, "UnauthorizedOperation")


async def test_sts_answers_in_its_own_form(gateway: Gateway) -> None:
    identity = await gateway.client.call("GetCallerIdentity", "sts")
    assert re.fullmatch(r"[0-9]{12}", identity["Account"])
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:user/admin@internal"
    assert gateway.client.last is not None
    assert "<GetCallerIdentityResult>" in gateway.client.last.text
    assert 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"' in gateway.client.last.text


async def test_iam_is_refused_in_its_own_form(gateway: Gateway) -> None:
    """Terraform asks for the account there; whoever proved who they are learns that there is no such thing."""
    query = "Action=GetUser&Version=2010-05-08"
    for headers, expected in ((basic(), (400, "InvalidAction")), ({}, (403, "MissingAuthenticationToken"))):
        answer = await ask(gateway.app, query=query, headers=headers)
        assert (answer.status, code(answer)) == expected
        assert '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' in answer.text
    with pytest.raises(AwsFault) as caught:
        await gateway.client.call("GetUser", "iam")
    assert (caught.value.status, caught.value.code) == (400, "InvalidAction")


async def test_sts_answers_while_the_engine_does_not(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise Error(ErrorKind.UNAVAILABLE, "the engine does not answer")

    monkeypatch.setattr(type(gateway.driver.zones), "data_centers", down)
    assert "Account" in await gateway.client.call("GetCallerIdentity", "sts")
    with pytest.raises(AwsFault) as caught:
        await gateway.client.call("DescribeRegions")
    assert (caught.value.status, caught.value.code) == (503, "Unavailable")


async def test_a_defect_shows_nothing_of_itself(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(gateway.services.zones), "regions", broken)
    answer = await ask(gateway.app, query=f"Action=DescribeRegions&{VERSION}", headers=basic())
    assert (answer.status, code(answer)) == (500, "InternalError")
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "x" * 300, "evil.example\t:80"])
async def test_a_host_that_is_none_is_not_told_as_an_endpoint(gateway: Gateway, host: str) -> None:
    headers = basic() | {"host": host}
    answer = await ask(gateway.app, query=f"Action=DescribeRegions&{VERSION}", headers=headers)
    assert re.findall("<regionEndpoint>([^<]*)<", answer.text) == ["http://127.0.0.1:3001"] * 2


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_browsers_login_does_nothing_for_another_sites_page(
    gateway: Gateway, method: str, headers: dict[str, str]
) -> None:
    query = f"Action=StartInstances&InstanceId.1=i-12345678&{VERSION}"
    answer = await ask(gateway.app, method, query=query, headers=basic() | headers)
    assert (answer.status, "<Code>AuthFailure</Code>" in answer.text) == (403, True)
    own = await ask(gateway.app, method, query=query, headers=basic() | {"Sec-Fetch-Site": "none"})
    assert "AuthFailure" not in own.text
