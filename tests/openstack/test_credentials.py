"""Access keys that Keystone issued: the gateway's store does not know them, Keystone checks each signature."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from libcloud.common.types import InvalidCredsError
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

from tests.clients.console_client import ConsoleClient
from tests.clients.gateway import fetch
from tests.openstack.lab.settings import REGION
from tests.openstack.support.gateway import Site, site
from tests.openstack.support.lab import ControlPlane
from tests.openstack.support.tenant import Ec2Credentials, Tenant, tenant
from tests.support.processes import clean_environment, until

PUBLIC = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH+E7mYQ1rXyS0S5pG6mJb0jO3gSm5yq1f1z3nT0l5cK ann"
WRONG = "0" * 32


def refusal(call: Any, **parameters: Any) -> tuple[int, str]:
    """Status and code of the error that a call must end in."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def regions(client: Any) -> list[str]:
    return [region["RegionName"] for region in client.describe_regions()["Regions"]]


@contextmanager
def disabled(identity: Any, kind: str, each: str) -> Iterator[None]:
    """A user or project is disabled inside the block."""
    update = getattr(identity, f"update_{kind}")
    update(each, is_enabled=False)
    try:
        yield
    finally:
        update(each, is_enabled=True)


def test_boto3_sees_the_region(keystone_ec2: Any) -> None:
    assert REGION in regions(keystone_ec2)
    zones = keystone_ec2.describe_availability_zones()["AvailabilityZones"]
    assert {zone["RegionName"] for zone in zones} == {REGION}


def test_the_caller_is_the_same_person_by_either_key(gateway: Site, issued: Ec2Credentials) -> None:
    by_cloud = gateway.with_credentials(issued).client("sts").get_caller_identity()
    own = gateway.client("sts").get_caller_identity()
    assert (by_cloud["Account"], by_cloud["Arn"]) == (own["Account"], own["Arn"])
    assert by_cloud["Arn"].endswith(f"/{gateway.tenant.user}@Default")


def test_aws_cli(gateway: Site, issued: Ec2Credentials) -> None:
    environment = clean_environment() | {
        "AWS_ACCESS_KEY_ID": issued.access,
        "AWS_SECRET_ACCESS_KEY": issued.secret,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PAGER": "",
    }
    aws = str(Path(sys.executable).with_name("aws"))
    command = [aws, "--endpoint-url", gateway.gateway.url, "--output", "json", "ec2", "describe-availability-zones"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert {zone["RegionName"] for zone in json.loads(done.stdout)["AvailabilityZones"]} == {REGION}


@pytest.mark.parametrize("version", ["2", "4"])
def test_libcloud(gateway: Site, issued: Ec2Credentials, version: str) -> None:
    host, _, port = gateway.gateway.host.partition(":")

    def driver(secret: str) -> Any:
        options = {"signature_version": version}
        return get_driver(Provider.EC2)(issued.access, secret, secure=False, host=host, port=int(port), **options)

    assert {zone.region_name for zone in driver(issued.secret).ex_list_availability_zones()} == {REGION}
    with pytest.raises(InvalidCredsError):
        driver(WRONG).ex_list_availability_zones()


def test_a_presigned_request_and_one_that_was_changed(gateway: Site, issued: Ec2Credentials) -> None:
    query = urlencode({"Action": "DescribeRegions", "Version": "2016-11-15"})
    request = AWSRequest("GET", f"{gateway.gateway.url}?{query}")
    SigV4QueryAuth(Credentials(issued.access, issued.secret), "ec2", REGION, expires=60).add_auth(request)
    url = request.prepare().url
    assert REGION in fetch(url).values("regionInfo/item/regionName")
    assert fetch(url).status == 200
    assert fetch(url.replace("DescribeRegions", "DescribeInstances")).error == (401, "AuthFailure")
    assert fetch(f"{url}&RegionName.1=x").error == (401, "AuthFailure")
    assert fetch(f"{url}&Version=2016-11-15").error == (400, "IncompleteSignature")


def test_a_wrong_secret_is_refused(gateway: Site, issued: Ec2Credentials) -> None:
    wrong = gateway.with_credentials(Ec2Credentials(issued.access, WRONG))
    assert refusal(wrong.client().describe_regions) == (401, "AuthFailure")
    assert refusal(wrong.client("sts").get_caller_identity) == (403, "InvalidClientTokenId")
    right = gateway.with_credentials(issued).client()
    assert REGION in regions(right)


def test_a_key_that_nobody_issued_is_refused(gateway: Site) -> None:
    nobody = gateway.with_credentials(Ec2Credentials("f" * 32, WRONG))
    assert refusal(nobody.client().describe_regions) == (401, "AuthFailure")


def test_a_key_that_was_taken_back_is_refused_with_the_next_request(gateway: Site, project: Tenant) -> None:
    key = project.ec2_credentials()
    client = gateway.with_credentials(key).client()
    assert REGION in regions(client)
    project.revoke(key)
    assert refusal(client.describe_instances) == (401, "AuthFailure")


@pytest.mark.parametrize("kind", ["user", "project"])
def test_a_disabled_user_or_project_is_refused_and_comes_back(
    gateway: Site, project: Tenant, lab: ControlPlane, kind: str
) -> None:
    client = gateway.with_credentials(project.ec2_credentials()).client()
    assert REGION in regions(client)
    identity = lab.administrator().identity
    with disabled(identity, kind, project.user_id if kind == "user" else project.project_id):
        assert refusal(client.describe_instances) == (401, "AuthFailure")
    # Disabling has ended the token that was kept: a new one takes its place.
    until(lambda: _answers(client))


def _answers(client: Any) -> bool:
    # Keystone counts revocations by the second: a token of the same second is refused as well.
    with suppress(ClientError):
        client.describe_instances()
        return True
    return False


def test_each_key_is_good_for_its_own_project(gateway: Site, lab: ControlPlane, issued: Ec2Credentials) -> None:
    with tenant(lab, "other") as other:
        there = gateway.with_credentials(other.ec2_credentials()).client()
        here = gateway.with_credentials(issued).client()
        address = there.allocate_address()["AllocationId"]
        try:
            assert [one["AllocationId"] for one in there.describe_addresses()["Addresses"]] == [address]
            assert here.describe_addresses()["Addresses"] == []
            assert len(list(other.cloud.network.ips(project_id=other.project_id))) == 1
        finally:
            there.release_address(AllocationId=address)


def test_key_pairs_are_novas_own(gateway: Site, keystone_ec2: Any, cloud: Any, ec2: Any) -> None:
    made = keystone_ec2.create_key_pair(KeyName="made", KeyType="ed25519")
    imported = ec2.import_key_pair(KeyName="imported", PublicKeyMaterial=PUBLIC)
    cloud.compute.create_keypair(name="elsewhere", public_key=PUBLIC.decode())
    try:
        assert sorted(pair.name for pair in cloud.compute.keypairs()) == ["elsewhere", "imported", "made"]
        assert cloud.compute.find_keypair("imported").public_key.split()[1] == PUBLIC.split()[1].decode()
        keystone_ec2.create_tags(Resources=[made["KeyPairId"]], Tags=[{"Key": "a", "Value": "b"}])
        for client in (keystone_ec2, ec2):
            shown = {pair["KeyName"]: pair for pair in client.describe_key_pairs()["KeyPairs"]}
            assert shown["made"]["KeyFingerprint"] == made["KeyFingerprint"]
            assert shown["made"]["Tags"] == [{"Key": "a", "Value": "b"}]
            assert shown["elsewhere"]["KeyFingerprint"] == imported["KeyFingerprint"]
            assert {name: pair["KeyPairId"] for name, pair in shown.items() if name != "elsewhere"} == {
                "made": made["KeyPairId"],
                "imported": imported["KeyPairId"],
            }
        assert refusal(ec2.import_key_pair, KeyName="made", PublicKeyMaterial=PUBLIC) == (
            400,
            "InvalidKeyPair.Duplicate",
        )
    finally:
        for name in ("made", "imported", "elsewhere"):
            ec2.delete_key_pair(KeyName=name)
    assert list(cloud.compute.keypairs()) == []


def test_no_secret_is_logged(gateway: Site, issued: Ec2Credentials) -> None:
    output = gateway.process.output
    assert '"action": "DescribeRegions"' in output
    for secret in (issued.secret, gateway.tenant.password):
        assert secret not in output


def test_nothing_secret_is_logged_at_the_finest_level(project: Tenant, issued: Ec2Credentials, tmp_path: Path) -> None:
    """Keys, signatures, tokens, passwords, user data, cookies: a day of several clients in the most talkative log."""
    with site(tmp_path / "gateway", project, '[log]\nlevel = "debug"') as here:
        ec2 = here.with_credentials(issued).client()
        url = ec2.generate_presigned_url("describe_regions", ExpiresIn=60, HttpMethod="GET")
        assert fetch(url).status == 200
        assert fetch(url.replace("DescribeRegions", "DescribeImages")).status == 401
        private = ec2.create_key_pair(KeyName="fine", KeyType="ed25519")["KeyMaterial"].splitlines()[1]
        ec2.delete_key_pair(KeyName="fine")
        launch = {"ImageId": project.image_id, "MinCount": 1, "MaxCount": 1, "UserData": "#!user-data-of-the-day"}
        refusal(ec2.run_instances, **launch, SubnetId="subnet-00000000000000000")
        refusal(here.with_credentials(Ec2Credentials(issued.access, WRONG)).client().describe_regions)
        basic = {"Authorization": f"Basic {b64encode(f'{project.user}:{project.password}'.encode()).decode()}"}
        root = f"http://{here.gateway.host}"
        template = b'{"name": "c", "credentialTemplate": {"userName": "u", "password": "password-of-a-guest"}}'
        made = fetch(f"{root}/cimi/credentials", basic | {"Content-Type": "application/json"}, template)
        assert made.status == 201, made.text
        assert fetch(f"{root}/api/realms;password=matrix-password", basic).status == 200
        wrong = b64encode(f"{project.user}:not-the-password".encode()).decode()
        assert fetch(f"{root}/api/realms", {"Authorization": f"Basic {wrong}"}).status == 401
        browser = ConsoleClient(here.gateway.host)
        assert browser.log_in(project.user, project.password).status == 303
        cookie = browser.cookies["deltaic_session"]
        key = browser.post("/api/access_keys", description="of the day").text
        output = here.process.output
    told = re.search(r'id="made-secret">([^<]+)<', key)
    assert told is not None, key
    secrets = {
        issued.secret, project.password, private, cookie, unescape(told[1]),
        basic["Authorization"].removeprefix("Basic "), wrong, "not-the-password", "password-of-a-guest",
        "user-data-of-the-day", b64encode(b"#!user-data-of-the-day").decode(), "matrix-password",
        parse_qs(urlsplit(url).query)["X-Amz-Signature"][0],
    }  # fmt: skip
    assert '"level": "debug"' in output
    assert {secret for secret in secrets if secret in output} == set()
    # Tokens of the identity service begin like this, whoever's they are.
    assert re.findall(r"gAAAA[\w-]{20,}", output) == []
