"""A gateway for plain users (`URL;DATACENTER;USER`): they see and do what the engine lets them, no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.gateway import DESKTOP_AMI, TIME_FACTOR, WORKSHOP, Gateway, basic, fetch
from tests.clients.machines import one, wait
from tests.support.processes import PASSWORD, Process, clean_environment, data_folder, url_in

#: May use the machines of the Barcelona cluster, and make none.
PLAIN = "user@internal"
MACHINE = "i-8462303649fe4f22a"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Any]]:
    """A gateway in user level, and boto3's client with a key of the plain user."""
    root = tmp_path_factory.mktemp("user")
    data = data_folder(root, "gateway")
    engine = Process(["engine", "--port", "0", "--time-factor", TIME_FACTOR])
    try:
        engine_url = url_in(engine.ready())
        provider = f"{engine_url};barcelona;USER"
        made = subprocess.run(
            [sys.executable, "-m", "deltaic", "keys", "create", "-u", PLAIN, "--password-stdin", "--json"],
            input=PASSWORD,
            env=clean_environment() | {"DELTAIC_DATA": data, "API_PROVIDER": provider},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert made.returncode == 0, made.stderr
        key = json.loads(made.stdout)
        serve = Process(["serve", "-P", provider, "-p", "0", "--data", data])
        try:
            found = Gateway(f"{url_in(serve.ready())}/", engine_url)
            yield found, found.client(key=key["access_key"], secret=key["secret_key"])
        finally:
            code = serve.stop()
        assert code == 0, serve.output
        assert key["secret_key"] not in serve.output
    finally:
        engine.stop()


def refused(call: Any, **parameters: Any) -> tuple[int, str]:
    """Status and code of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_only_what_the_user_may_see(gateway: tuple[Gateway, Any]) -> None:
    ec2 = gateway[1]
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [each["ZoneName"] for each in zones] == ["barcelonaa"]
    reservations = ec2.describe_instances()["Reservations"]
    names = {tag["Value"] for entry in reservations for each in entry["Instances"] for tag in each["Tags"]}
    assert names == {"ec2_machine", "ec2_machine2"}
    assert WORKSHOP.replace("-", "")[:17] not in str(ec2.describe_images())


def test_machines_may_be_used(gateway: tuple[Gateway, Any]) -> None:
    ec2 = gateway[1]
    change = ec2.start_instances(InstanceIds=[MACHINE])["StartingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "pending")
    wait(ec2, "instance_running", InstanceIds=[MACHINE])
    ec2.stop_instances(InstanceIds=[MACHINE], Force=True)
    wait(ec2, "instance_stopped", InstanceIds=[MACHINE])


def test_what_the_user_may_not_do_is_refused_at_once(gateway: tuple[Gateway, Any]) -> None:
    ec2 = gateway[1]
    launch = {"ImageId": DESKTOP_AMI, "MinCount": 1, "MaxCount": 1}
    assert refused(ec2.run_instances, **launch) == (403, "UnauthorizedOperation")
    assert refused(ec2.terminate_instances, InstanceIds=[MACHINE]) == (403, "UnauthorizedOperation")
    tag = [{"Key": "mine", "Value": "1"}]
    assert refused(ec2.create_tags, Resources=[MACHINE], Tags=tag) == (403, "UnauthorizedOperation")
    assert one(ec2, MACHINE)["State"]["Name"] == "stopped"


def test_identities_differ(gateway: tuple[Gateway, Any]) -> None:
    found, ec2 = gateway
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    arns = [
        fetch(f"{found.url}?{query}", headers=basic(user)).values("GetCallerIdentityResult/Arn")[0]
        for user in (PLAIN, "admin@internal")
    ]
    assert [arn.partition(":user/")[2] for arn in arns] == [PLAIN, "admin@internal"]
    assert arns[0].split(":")[4] == ec2.describe_vpcs()["Vpcs"][0]["OwnerId"]
    assert arns[0].split(":")[4] != arns[1].split(":")[4]
