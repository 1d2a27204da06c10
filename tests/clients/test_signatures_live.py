"""Every way to prove who asks, against a running gateway: what is accepted, and AWS's own code for what is not."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import botocore.auth
import pytest
from botocore.auth import SigV2Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

from tests.clients.conftest import demo_process, gateway_of
from tests.clients.gateway import ONCE, Answer, Gateway, basic, fetch
from tests.support.processes import ACCESS_KEY, PASSWORD, SECRET_KEY, USER, clean_environment, until

VERSION = "2016-11-15"
ZONES = {"Action": "DescribeAvailabilityZones", "Version": VERSION}
IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY)
WRONG_SECRET = Credentials(ACCESS_KEY, SECRET_KEY + "x")
UNKNOWN_KEY = Credentials("AKIANOBODYKNOWSTHIS1", SECRET_KEY)
MINUTE = datetime.timedelta(minutes=1)

UNKNOWN = (401, "AuthFailure")
MISMATCH = (403, "SignatureDoesNotMatch")
EXPIRED = (400, "RequestExpired")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clock by which botocore's signers sign."""

    def shift(delta: datetime.timedelta) -> None:
        def shifted(remove_tzinfo: bool = True) -> datetime.datetime:
            found = datetime.datetime.now(datetime.UTC) + delta
            return found.replace(tzinfo=None) if remove_tzinfo else found

        monkeypatch.setattr(botocore.auth, "get_current_datetime", shifted)

    return shift


def v4(
    gateway: Gateway,
    parameters: dict[str, str],
    credentials: Credentials = CREDENTIALS,
    *,
    method: str = "POST",
    path: str = "/ec2/",
    host: str = "",
    service: str = "ec2",
) -> Answer:
    """Sent with SigV4 in the header; `host` is the Host header that is signed and sent."""
    target = f"http://{host or gateway.host}{path}"
    if method == "GET":
        request = AWSRequest("GET", f"{target}?{urlencode(parameters)}")
    else:
        request = AWSRequest("POST", target, data=urlencode(parameters).encode(), headers=FORM)
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    return send(gateway, request, host)


def presigned(
    gateway: Gateway, parameters: dict[str, str], credentials: Credentials = CREDENTIALS, expires: int = 3600
) -> Answer:
    """Sent as a link that carries SigV4."""
    request = AWSRequest("GET", f"{gateway.url}?{urlencode(parameters)}")
    SigV4QueryAuth(credentials, "ec2", "us-east-1", expires).add_auth(request)
    return send(gateway, request)


def v2(
    gateway: Gateway,
    parameters: dict[str, str],
    credentials: Credentials = CREDENTIALS,
    *,
    method: str = "GET",
    signed_host: str = "",
) -> Answer:
    """Sent with SigV2 by botocore's signer; `signed_host` where another host is signed than asked."""
    url = f"http://{signed_host or gateway.host}/ec2/"
    if method == "GET":
        request = AWSRequest("GET", url, params=dict(parameters))
    else:
        request = AWSRequest("POST", url, data=dict(parameters), headers=FORM)
    SigV2Auth(credentials).add_auth(request)
    return send(gateway, request)


def send(gateway: Gateway, request: AWSRequest, host: str = "") -> Answer:
    """Deliver a signed request to the gateway, whatever host it was signed for."""
    prepared = request.prepare()
    rest = prepared.url.split("://", 1)[1].partition("/")[2]
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()}
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    return fetch(
        f"http://{gateway.host}/{rest}",
        headers={**headers, **({"Host": host} if host else {})},
        body=body if prepared.method == "POST" else None,
    )


def accepted(answer: Answer) -> bool:
    """Whether the zones were told."""
    assert answer.status == 200, answer.text
    return answer.values("availabilityZoneInfo/item/zoneName") == ["Defaulta", "barcelonaa"]


def test_every_scheme_is_accepted(demo: Gateway) -> None:
    assert accepted(v4(demo, ZONES))
    assert accepted(v4(demo, ZONES, method="GET"))
    assert accepted(presigned(demo, ZONES))
    assert accepted(v2(demo, ZONES))
    assert accepted(v2(demo, ZONES, method="POST"))
    assert accepted(demo.get(ZONES))


@pytest.mark.parametrize("path", ["/", "/ec2", "/ec2/", "/services/compute", "/services/Cloud/", "/a%20b/%C3%A9/~x"])
def test_any_path_is_served_and_signed(demo: Gateway, path: str) -> None:
    assert accepted(v4(demo, ZONES, path=path))
    assert accepted(v4(demo, ZONES, path=path, method="GET"))


@pytest.mark.parametrize("host", ["gateway.example", "gateway.example:8773"])
def test_any_host_is_fine_when_it_was_signed(demo: Gateway, host: str) -> None:
    assert accepted(v4(demo, ZONES, host=host))


def test_a_host_that_was_not_signed_is_refused(demo: Gateway) -> None:
    request = AWSRequest("GET", f"http://other.example/ec2/?{urlencode(ZONES)}")
    SigV4Auth(CREDENTIALS, "ec2", "us-east-1").add_auth(request)
    assert send(demo, request).error == MISMATCH


def test_sigv2_may_sign_the_host_without_its_port(demo: Gateway) -> None:
    assert accepted(v2(demo, ZONES, signed_host="127.0.0.1"))
    assert v2(demo, ZONES, signed_host="127.0.0.2").error == MISMATCH


@pytest.mark.parametrize("scheme", [v4, presigned, v2])
def test_wrong_credentials(demo: Gateway, scheme: Any) -> None:
    assert scheme(demo, ZONES, WRONG_SECRET).error == MISMATCH
    assert scheme(demo, ZONES, UNKNOWN_KEY).error == UNKNOWN


def test_wrong_passwords_and_none(demo: Gateway) -> None:
    wrong = fetch(f"{demo.url}?{urlencode(ZONES)}", headers=basic(USER, PASSWORD + "x"))
    assert wrong.error == UNKNOWN
    assert wrong.headers["www-authenticate"] == 'Basic realm="deltaic"'
    assert PASSWORD + "x" not in wrong.text
    assert fetch(f"{demo.url}?{urlencode(ZONES)}").error == (403, "MissingAuthenticationToken")
    assert fetch(f"{demo.url}?{urlencode(ZONES)}", headers={"Authorization": "Bearer x"}).status in (400, 403)


def test_sts_has_its_own_words(demo: Gateway) -> None:
    answer = v4(demo, IDENTITY, service="sts")
    assert answer.status == 200
    assert answer.values("GetCallerIdentityResult/Arn")[0].endswith(":user/admin@internal")
    assert v4(demo, IDENTITY, UNKNOWN_KEY, service="sts").error == (403, "InvalidClientTokenId")
    assert v4(demo, IDENTITY, WRONG_SECRET, service="sts").error == MISMATCH
    assert v4(demo, IDENTITY, WRONG_SECRET, service="sts").values("Error/Type") == ["Sender"]


def test_iam_is_refused_in_its_own_form(demo: Gateway) -> None:
    """Terraform asks for the account there first."""
    user = {"Action": "GetUser", "Version": "2010-05-08"}
    assert v4(demo, user, service="iam").error == (400, "InvalidAction")
    assert v4(demo, user, UNKNOWN_KEY, service="iam").error == (403, "InvalidClientTokenId")
    assert v4(demo, user, WRONG_SECRET, service="iam").error == MISMATCH
    assert fetch(f"{demo.url}?{urlencode(user)}").error == (403, "MissingAuthenticationToken")
    wrong = fetch(f"{demo.url}?{urlencode(user)}", headers=basic(USER, PASSWORD + "x"))
    assert wrong.error == (403, "InvalidClientTokenId")
    assert v4(demo, ZONES, service="autoscaling").error == MISMATCH


@pytest.mark.parametrize(
    ("minutes", "scheme", "error", "words"),
    [
        (-16, v4, MISMATCH, "Signature expired: "),
        (16, v4, MISMATCH, "Signature not yet current: "),
        (16, presigned, MISMATCH, "Signature not yet current: "),
    ],
)
def test_skewed_clocks(demo: Gateway, clock: Any, minutes: int, scheme: Any, error: Any, words: str) -> None:
    clock(minutes * MINUTE)
    answer = scheme(demo, ZONES)
    assert answer.error == error
    assert answer.message.startswith(words)
    assert "date" in answer.headers


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_within_a_quarter_of_an_hour(demo: Gateway, clock: Any, minutes: int) -> None:
    clock(minutes * MINUTE)
    assert accepted(v4(demo, ZONES))
    assert accepted(presigned(demo, ZONES))


@pytest.mark.parametrize(("minutes", "expected"), [(-16, False), (16, False), (-14, True), (14, True)])
def test_sigv2_timestamps(demo: Gateway, monkeypatch: pytest.MonkeyPatch, minutes: int, expected: bool) -> None:
    shifted = (datetime.datetime.now(datetime.UTC) + minutes * MINUTE).timetuple()
    monkeypatch.setattr(botocore.auth.time, "gmtime", lambda *_: shifted)
    answer = v2(demo, ZONES)
    monkeypatch.undo()
    if expected:
        assert accepted(answer)
    else:
        assert answer.error == EXPIRED


def test_links_expire(demo: Gateway, clock: Any) -> None:
    clock(-120 * MINUTE)
    assert accepted(presigned(demo, ZONES, expires=3 * 3600))
    answer = presigned(demo, ZONES, expires=3600)
    assert answer.error == EXPIRED
    clock(0 * MINUTE)
    assert presigned(demo, ZONES, expires=8 * 24 * 3600).error[0] == 400


def test_boto3_presigns_links(demo: Gateway) -> None:
    client = demo.client()
    link = client.generate_presigned_url("describe_availability_zones", ExpiresIn=60, HttpMethod="GET")
    assert accepted(fetch(link))
    tampered = fetch(link.replace("DescribeAvailabilityZones", "DescribeRegions"))
    assert tampered.error == MISMATCH
    identity = demo.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    assert fetch(identity).values("GetCallerIdentityResult/Arn")[0].endswith(":user/admin@internal")


def test_a_changed_body_is_refused(demo: Gateway) -> None:
    request = AWSRequest("POST", demo.url, data=urlencode(ZONES).encode(), headers=FORM)
    SigV4Auth(CREDENTIALS, "ec2", "us-east-1").add_auth(request)
    prepared = request.prepare()
    body = urlencode({**ZONES, "Action": "DescribeAvailabilityZonet"}).encode()
    assert len(body) == len(prepared.body)
    assert fetch(demo.url, headers=dict(prepared.headers.items()), body=body).error == MISMATCH


@pytest.mark.parametrize("version", ["2", "4"])
def test_libcloud_signs_either_way(demo: Gateway, version: str) -> None:
    host, _, port = demo.host.partition(":")
    driver = get_driver(Provider.EC2)(
        ACCESS_KEY, SECRET_KEY, host=host, port=int(port), secure=False, signature_version=version
    )
    assert [each.name for each in driver.list_images()] == ["Blank", "desktop_template", "Workshop template"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Path]]:
    """A demo of its own and its state folder: keys are made and revoked beside it."""
    root = tmp_path_factory.mktemp("keys")
    process = demo_process(root)
    try:
        yield gateway_of(process.ready()), root / "demo"
    finally:
        process.stop()


def keys(data: Path, *arguments: str, given: str = "") -> str:
    """`deltaic keys ...` beside the running gateway."""
    done = subprocess.run(
        [sys.executable, "-m", "deltaic", "keys", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment() | {"DELTAIC_DATA": str(data)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_keys_are_made_and_revoked_beside_the_gateway(own: tuple[Gateway, Path]) -> None:
    gateway, data = own
    key, secret = "AKIATESTOFREVOKING01", "a-secret-that-is-forty-characters-long-01"
    keys(
        data,
        *("create", "--provider", gateway.engine_url, "--user", USER, "--password-stdin"),
        *("--access-key", key, "--secret-key", secret),
        given=PASSWORD,
    )
    made = Credentials(key, secret)
    assert accepted(v4(gateway, ZONES, made))
    assert accepted(v2(gateway, ZONES, made))
    listed = keys(data, "list")
    assert key in listed
    assert secret not in listed
    keys(data, "revoke", key)
    refused = until(lambda: (answer := v4(gateway, ZONES, made)).status != 200 and answer)
    assert isinstance(refused, Answer)
    assert refused.error == UNKNOWN
    assert v2(gateway, ZONES, made).error == UNKNOWN
    assert presigned(gateway, ZONES, made).error == UNKNOWN
    assert v4(gateway, IDENTITY, made, service="sts").error == (403, "InvalidClientTokenId")
    assert accepted(v4(gateway, ZONES))


def test_a_session_token_is_not_one_of_ours(demo: Gateway) -> None:
    """Keys here are long-lived: a token beside them is signed along, and changes nothing."""
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, "a-token", "us-east-1")
    client = session.client("ec2", endpoint_url=demo.url, config=Config(retries={"total_max_attempts": 1}).merge(ONCE))
    assert [each["ZoneName"] for each in client.describe_availability_zones()["AvailabilityZones"]] == [
        "Defaulta",
        "barcelonaa",
    ]
