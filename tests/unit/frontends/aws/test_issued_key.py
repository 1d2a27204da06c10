"""Requests signed with keys that the store does not know, before two clouds that may have issued them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV2Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deltaic.frontends.aws import AwsEndpoint
from deltaic.frontends.ec2 import Ec2Frontend
from deltaic.frontends.sts import StsFrontend
from deltaic.model.access_key import AccessKey
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.model.signed_request import Grant, SignedRequest
from deltaic.model.zone import DataCenter
from deltaic.protocols.aws import sigv4
from deltaic.protocols.aws.credentials import RequestParts
from deltaic.services import make_services
from deltaic.services.identity import Clouds
from tests.fakes.driver import FakeDriver
from tests.fakes.inline import InlineOperations
from tests.fakes.store import FakeStore
from tests.support.asgi import Answer, ask
from tests.support.aws_client import URL, AwsClient, AwsFault

KEY = "c10ud155ued0000000000000000000ab"
SECRET = "secret-of-the-cloud"
QUERY = b"Action=DescribeRegions&Version=2016-11-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Cloud(FakeDriver):
    """A cloud that answers every claim about its key, and keeps them."""

    capability = Capability(signed_requests=True, zones_list=True)

    def __init__(self, user: str, region: str) -> None:
        super().__init__()
        self.user = user
        self.zones.centers = [DataCenter(region, region)]
        self.claims: list[SignedRequest] = []
        self.callers: list[str] = []
        self.fault: ErrorKind | None = None

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        self.claims.append(claim)
        if self.fault is not None:
            raise Error(self.fault, "The cloud is away")
        if claim.access_key != KEY:
            raise Error(ErrorKind.UNAUTHENTICATED, "no")
        return Grant(self.user, "web", Secret(f"token-{len(self.claims)}"), datetime.now(UTC) + timedelta(hours=1))


class Site:
    """A gateway before three clouds: two check signatures, the third one can't."""

    def __init__(self) -> None:
        self.one, self.two, self.plain = Cloud("ann", "north"), Cloud("bob", "south"), FakeDriver()
        drivers = {"one": self.one, "two": self.two, "plain": self.plain}
        providers = {
            "one": Provider.parse("https://one.example/api;north"),
            "two": Provider.parse("https://two.example/api;south;other"),
            "plain": Provider.parse("https://plain.example/api;west"),
        }
        self.operations = InlineOperations()
        self.store = FakeStore()
        services = make_services(Clouds(drivers, providers), self.store, self.operations, login_secret=b"s" * 32)
        self.app = AwsEndpoint(services, [Ec2Frontend(services, b"p" * 32), StsFrontend()])

    def client(self, region: str = "us-east-1", key: str = KEY) -> AwsClient:
        return AwsClient(self.app, key, SECRET, region)

    async def get(self, query: bytes = QUERY, region: str = "us-east-1", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        signed = _sign("GET", query, {"host": "gateway.example:3001"}, region)
        return await ask(self.app, query=query, headers=signed | given)

    @property
    def asked(self) -> tuple[int, int]:
        return len(self.one.claims), len(self.two.claims)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.operations.close()


def _sign(
    method: str, query: bytes, headers: dict[str, str], region: str = "us-east-1", at: datetime | None = None
) -> dict[str, str]:
    parts = RequestParts(method, b"/", query, headers)
    return headers | sigv4.sign_headers(parts, KEY, SECRET, region, "ec2", at or datetime.now(UTC))


async def names(client: AwsClient) -> list[str]:
    return [region["RegionName"] for region in (await client.call("DescribeRegions"))["Regions"]]


async def test_the_claim_of_a_post(site: Site) -> None:
    assert await names(site.client()) == ["north"]
    (claim,) = site.one.claims
    assert (claim.access_key, claim.version, claim.method, claim.path) == (KEY, 4, "POST", "/")
    assert (claim.host, dict(claim.parameters)) == ("gateway.example:3001", {})
    assert claim.body_hash == hashlib.sha256(b"Action=DescribeRegions&Version=2016-11-15").hexdigest()
    assert sorted(claim.headers) == ["authorization", "content-type", "host", "x-amz-date"]
    assert claim.signature in claim.headers["authorization"]


async def test_the_claim_of_a_presigned_request(site: Site) -> None:
    parts = RequestParts("GET", b"/", QUERY, {"host": "gateway.example:3001"})
    at = datetime.now(UTC)
    query = sigv4.presign(parts, KEY, SECRET, "us-east-1", "ec2", at, timedelta(minutes=5))
    assert (await ask(site.app, query=query)).status == 200
    (claim,) = site.one.claims
    assert sorted(claim.parameters) == [
        "Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"
    ]  # fmt: skip
    assert claim.parameters["Action"] == "DescribeRegions"
    assert dict(claim.headers) == {"host": "gateway.example:3001"}
    assert claim.signature == query.rpartition(b"X-Amz-Signature=")[2].decode()


async def test_the_claim_of_version_2(site: Site) -> None:
    request = AWSRequest("POST", f"{URL}/", data={"Action": "DescribeRegions", "Version": "2016-11-15"})
    SigV2Auth(Credentials(KEY, SECRET)).add_auth(request)
    body = request.prepare().body
    content = body.encode() if isinstance(body, str) else body
    answer = await ask(site.app, "POST", headers=FORM, body=content)
    assert answer.status == 200
    (claim,) = site.one.claims
    assert (claim.version, claim.method, claim.headers, claim.body_hash) == (2, "POST", {}, "")
    assert claim.parameters["SignatureVersion"] == "2"
    assert "Signature" not in claim.parameters
    assert quote(claim.signature, safe="").encode() in content


async def test_a_parameter_that_comes_twice_is_not_vouched_for(site: Site) -> None:
    answer = await site.get(QUERY + b"&RegionName.1=a&RegionName.1=b")
    assert (answer.status, "<Code>IncompleteSignature<" in answer.text) == (400, True)
    assert site.asked == (0, 0)


@pytest.mark.parametrize("key", ["short", "k" * 129, "AKIA-AND-A-SESSION-TOKEN"])
async def test_what_no_cloud_can_have_issued_is_not_shown_to_one(site: Site, key: str) -> None:
    headers = {"host": "gateway.example:3001"}
    if "TOKEN" in key:
        headers["x-amz-security-token"] = "t"
    parts = RequestParts("GET", b"/", QUERY, headers)
    signed = sigv4.sign_headers(parts, key, SECRET, "us-east-1", "ec2", datetime.now(UTC))
    answer = await ask(site.app, query=QUERY, headers=headers | signed)
    assert answer.status in (400, 401)
    assert site.asked == (0, 0)


async def test_a_request_out_of_its_time_is_not_shown_to_the_cloud(site: Site) -> None:
    old = datetime.now(UTC) - timedelta(minutes=16)
    answer = await ask(site.app, query=QUERY, headers=_sign("GET", QUERY, {"host": "gateway.example:3001"}, at=old))
    assert (answer.status, "<Code>SignatureDoesNotMatch<" in answer.text) == (403, True)
    assert site.asked == (0, 0)


async def test_a_claim_has_a_limit(site: Site) -> None:
    answer = await site.get(QUERY + b"&X=" + b"x" * 100_000)
    assert (answer.status, "<Code>RequestEntityTooLarge<" in answer.text) == (413, True)
    assert site.asked == (0, 0)


@pytest.mark.parametrize(
    ("service", "action", "expected"),
    [
        ("ec2", "DescribeRegions", (401, "AuthFailure")),
        ("sts", "GetCallerIdentity", (403, "InvalidClientTokenId")),
    ],
)
async def test_a_key_that_the_cloud_does_not_know(
    site: Site, service: str, action: str, expected: tuple[int, str]
) -> None:
    with pytest.raises(AwsFault) as caught:
        await site.client(key="another-key-of-nobody").call(action, service)
    assert (caught.value.status, caught.value.code) == expected
    assert site.asked == (1, 0)


@pytest.mark.parametrize(
    ("service", "action", "code"),
    [("ec2", "DescribeRegions", "Unavailable"), ("sts", "GetCallerIdentity", "ServiceUnavailable")],
)
async def test_a_cloud_that_is_away(site: Site, service: str, action: str, code: str) -> None:
    site.one.fault = ErrorKind.UNAVAILABLE
    with pytest.raises(AwsFault) as caught:
        await site.client().call(action, service)
    assert (caught.value.status, caught.value.code) == (503, code)


@pytest.mark.parametrize(
    ("region", "asked"),
    [("us-east-1", (1, 0)), ("north", (1, 0)), ("one", (1, 0)), ("south", (0, 1)), ("SOUTH", (0, 1)), ("two", (0, 1))],
)
async def test_the_region_chooses_the_cloud_that_is_asked(site: Site, region: str, asked: tuple[int, int]) -> None:
    assert await names(site.client(region)) == (["north"] if asked[0] else ["south"])
    assert site.asked == asked


async def test_sts_asks_the_cloud_of_the_region_too(site: Site) -> None:
    one = await site.client().call("GetCallerIdentity", "sts")
    two = await site.client("south").call("GetCallerIdentity", "sts")
    assert (one["Arn"].rpartition("/")[2], two["Arn"].rpartition("/")[2]) == ("ann", "bob")
    assert site.asked == (1, 1)


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"x_deltacloud_provider": "two"}, (0, 1)),
        ({"x_deltacloud_driver": "two"}, (0, 1)),
        ({"x_deltacloud_provider": "https://two.example/api;south"}, (0, 1)),
        ({"x_deltacloud_provider": "https://TWO.example:443/api/;south"}, (0, 1)),
        ({"x_deltacloud_provider": "north"}, (1, 0)),
    ],
)
async def test_headers_choose_the_cloud_that_is_asked(
    site: Site, headers: dict[str, str], asked: tuple[int, int]
) -> None:
    assert (await site.get(**headers)).status == 200
    assert site.asked == asked


@pytest.mark.parametrize("header", ["X-Deltacloud-Provider", "x-deltacloud-driver"])
@pytest.mark.parametrize("key", [KEY, "AKIADELTAICTEST00001"])
async def test_whoever_has_a_presigned_request_does_not_choose_what_it_means(site: Site, header: str, key: str) -> None:
    """Such an address is made to be handed on: it is good for the place that its signer chose."""
    now = datetime.now(UTC)
    site.store.access_keys.rows["AKIADELTAICTEST00001"] = AccessKey(
        "AKIADELTAICTEST00001", Secret(SECRET), "ann", Secret("pw"), "one", now
    )

    def query(headers: dict[str, str]) -> bytes:
        parts = RequestParts("GET", b"/", QUERY, {"host": "gateway.example:3001"} | headers)
        return sigv4.presign(parts, key, SECRET, "us-east-1", "ec2", now, timedelta(minutes=5))

    answer = await ask(site.app, query=query({}), headers={header: "one"})
    assert (answer.status, f"not signed: {header.lower()}<" in answer.text) == (403, True)
    assert site.asked == (0, 0)
    signed = {header.lower(): "one"}
    assert (await ask(site.app, query=query(signed), headers=signed)).status == 200
    changed = await ask(site.app, query=query(signed), headers={header: "two"})
    # The other header is in the claim, so the cloud sees that it is not what was signed.
    told = [claim.headers[header.lower()] for claim in site.two.claims]
    assert (changed.status, told) == ((200, ["two"]) if key == KEY else (403, []))


async def test_nor_of_one_in_version_2(site: Site) -> None:
    at = datetime.now(UTC) + timedelta(minutes=5)
    pairs = [("Action", "DescribeRegions"), ("Version", "2016-11-15"), ("AWSAccessKeyId", KEY), ("Signature", "s"),
             ("SignatureVersion", "2"), ("SignatureMethod", "HmacSHA256"),
             ("Expires", at.strftime("%Y-%m-%dT%H:%M:%SZ"))]  # fmt: skip
    answer = await ask(site.app, query=urlencode(pairs), headers={"X-Deltacloud-Provider": "two"})
    assert (answer.status, "not signed: x-deltacloud-provider<" in answer.text) == (403, True)
    assert site.asked == (0, 0)
    assert (await ask(site.app, query=urlencode(pairs))).status == 200
    assert site.asked == (1, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_deltacloud_provider": "plain"},
        {"x_deltacloud_driver": "plain"},
        {"x_deltacloud_provider": "https://evil.example/api"},
        {"x_deltacloud_provider": "https://one.example:8443/api"},
        {"x_deltacloud_provider": "http://one.example/api"},
        {"x_deltacloud_provider": "https://ann:pw@one.example/api"},
        {"x_deltacloud_provider": "two", "x_deltacloud_driver": "one"},
    ],
)
async def test_where_no_cloud_checks_signatures_none_is_asked(site: Site, headers: dict[str, str]) -> None:
    answer = await site.get(**headers)
    assert answer.status in (400, 401, 403)
    assert site.asked == (0, 0)


async def test_a_key_is_good_for_its_own_view_only(site: Site) -> None:
    assert (await site.get(x_deltacloud_provider="north;web")).status == 200
    answer = await site.get(x_deltacloud_provider="north;db")
    assert (answer.status, "<Code>UnauthorizedOperation<" in answer.text) == (403, True)


async def test_another_clouds_region_is_not_answered_by_this_one(site: Site) -> None:
    """A key of the third cloud is not asked about; a region that means another cloud is refused."""
    answer = await site.get(region="south", x_deltacloud_driver="one")
    assert (answer.status, "<Code>UnauthorizedOperation<" in answer.text) == (403, True)
    assert site.asked == (1, 0)


@pytest.mark.parametrize("fails_in", [1, 2])
async def test_a_token_that_the_cloud_took_back_is_exchanged(site: Site, fails_in: int) -> None:
    """Whether the region is looked for with it, or the action does something with it."""
    seen: list[str] = []

    async def data_centers(context: Context) -> list[DataCenter]:
        seen.append(context.principal.password.reveal())
        if seen[-1] == "token-1" and len(seen) >= fails_in:
            raise Error(ErrorKind.UNAUTHENTICATED, "taken back")
        return [DataCenter("north", "north")]

    site.one.zones.data_centers = data_centers  # type: ignore[method-assign]
    assert await names(site.client()) == ["north"]
    assert len(site.one.claims) == 2
    assert (set(seen[:fails_in]), set(seen[fails_in:])) == ({"token-1"}, {"token-2"})


async def test_what_changes_something_is_not_done_twice(site: Site) -> None:
    async def data_centers(context: Context) -> list[DataCenter]:
        raise Error(ErrorKind.UNAUTHENTICATED, "taken back")

    site.one.zones.data_centers = data_centers  # type: ignore[method-assign]
    with pytest.raises(AwsFault) as caught:
        await site.client().call("CreateKeyPair", KeyName="mine")
    assert (caught.value.status, caught.value.code) == (401, "AuthFailure")
    assert len(site.one.claims) == 1
