"""What boto3 is told when a request is wrong: code, status and the offending name, each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deltaic.frontends.ec2.actions import ACTIONS
from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import machines, native, one

MISSING = "i-0123456789abcdef0"
LAUNCH = {"ImageId": WORKSHOP_AMI, "MinCount": 1, "MaxCount": 1}


def refused(call: Any, **parameters: Any) -> tuple[int, str, str]:
    """Status, code and text of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response
    assert error["ResponseMetadata"]["RequestId"]
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


#: (method, parameters, code, a word of the message)
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("describe_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("describe_instances", {"InstanceIds": [MISSING, "i-00000000000000abc"]}, "InvalidInstanceID.NotFound", MISSING),
    ("describe_instances", {"InstanceIds": ["i-xyz"]}, "InvalidInstanceID.Malformed", "i-xyz"),
    ("describe_instances", {"InstanceIds": ["vol-0123456789abcdef0"]}, "InvalidInstanceID.Malformed", "vol-"),
    ("describe_instances", {"Filters": [{"Name": "colour", "Values": ["a"]}]}, "InvalidParameterValue", "colour"),
    ("describe_instances", {"MaxResults": 4}, "InvalidParameterValue", "4"),
    ("describe_instances", {"MaxResults": 1001}, "InvalidParameterValue", "1001"),
    ("describe_instances", {"NextToken": "bm90IG91cnM"}, "InvalidPaginationToken", "token"),
    ("describe_instances", {"MaxResults": 5, "InstanceIds": [MISSING]}, "InvalidParameterCombination", "instancesSet"),
    ("describe_instance_status", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("start_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("stop_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("reboot_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("terminate_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("terminate_instances", {"InstanceIds": []}, "MissingParameter", "InstanceId"),
    ("monitor_instances", {"InstanceIds": [MISSING]}, "InvalidInstanceID.NotFound", MISSING),
    ("get_console_output", {"InstanceId": MISSING}, "InvalidInstanceID.NotFound", MISSING),
    ("describe_instance_attribute", {"InstanceId": MISSING, "Attribute": "userData"}, "InvalidInstanceID.NotFound", ""),
    ("describe_images", {"ImageIds": ["ami-0123456789abcdef0"]}, "InvalidAMIID.NotFound", "ami-0123456789abcdef0"),
    ("describe_images", {"ImageIds": ["image"]}, "InvalidAMIID.Malformed", "image"),
    ("describe_volumes", {"VolumeIds": ["vol-0123456789abcdef0"]}, "InvalidVolume.NotFound", "vol-0123456789abcdef0"),
    ("describe_snapshots", {"SnapshotIds": ["snap-0123456789abcdef0"]}, "InvalidSnapshot.NotFound", "snap-"),
    ("describe_vpcs", {"VpcIds": ["vpc-0123456789abcdef0"]}, "InvalidVpcID.NotFound", "vpc-0123456789abcdef0"),
    ("describe_subnets", {"SubnetIds": ["subnet-0123456789abcdef0"]}, "InvalidSubnetID.NotFound", "subnet-"),
    ("describe_security_groups", {"GroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound", "sg-"),
    ("describe_security_groups", {"GroupNames": ["nobody"]}, "InvalidGroup.NotFound", "nobody"),
    (
        "describe_network_interfaces",
        {"NetworkInterfaceIds": ["eni-0123456789abcdef0"]},
        "InvalidNetworkInterfaceID.NotFound",
        "eni-",
    ),
    ("describe_addresses", {"PublicIps": ["192.0.2.1"]}, "InvalidAddress.NotFound", "192.0.2.1"),
    ("describe_key_pairs", {"KeyNames": ["nobody"]}, "InvalidKeyPair.NotFound", "nobody"),
    ("describe_instance_types", {"InstanceTypes": ["m9.huge"]}, "InvalidInstanceType", "m9.huge"),
    ("describe_availability_zones", {"ZoneNames": ["nowhere"]}, "InvalidParameterValue", "nowhere"),
    ("describe_regions", {"RegionNames": ["nowhere"]}, "InvalidParameterValue", "nowhere"),
    ("describe_account_attributes", {"AttributeNames": ["age"]}, "InvalidParameterValue", "age"),
    ("import_key_pair", {"KeyName": "bad", "PublicKeyMaterial": b"no key"}, "InvalidKey.Format", ""),
    ("create_tags", {"Resources": [MISSING], "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidInstanceID.NotFound", ""),
    ("create_tags", {"Resources": ["what"], "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidID", "what"),
    ("run_instances", {**LAUNCH, "ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound", "ami-0123"),
    ("run_instances", {**LAUNCH, "InstanceType": "m9.huge"}, "InvalidInstanceType", "m9.huge"),
    ("run_instances", {**LAUNCH, "KeyName": "nobody"}, "InvalidKeyPair.NotFound", "nobody"),
    ("run_instances", {**LAUNCH, "MinCount": 0}, "InvalidParameterValue", "MinCount"),
    ("run_instances", {**LAUNCH, "MinCount": 3, "MaxCount": 2}, "InvalidParameterValue", "MinCount"),
    ("run_instances", {**LAUNCH, "MinCount": 500, "MaxCount": 500}, "InstanceLimitExceeded", "MaxCount"),
    ("run_instances", {**LAUNCH, "SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound", "subnet-"),
    (
        "run_instances",
        {**LAUNCH, "Placement": {"AvailabilityZone": "nowhere"}},
        "InvalidZone.NotFound",
        "nowhere",
    ),
    ("run_instances", {**LAUNCH, "Placement": {"Tenancy": "host"}}, "UnsupportedOperation", "Placement.Tenancy"),
    ("run_instances", {**LAUNCH, "IamInstanceProfile": {"Name": "x"}}, "UnsupportedOperation", "IamInstanceProfile"),
    ("run_instances", {**LAUNCH, "UserData": b"x" * 16385}, "InvalidParameterValue", "16384"),
    ("run_instances", {**LAUNCH, "ClientToken": "t" * 65}, "InvalidParameterValue", "ClientToken"),
    (
        "run_instances",
        {**LAUNCH, "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "aws:x", "Value": "1"}]}]},
        "InvalidParameterValue",
        "aws:",
    ),
    (
        "run_instances",
        {**LAUNCH, "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "x", "Value": "1"}]}]},
        "InvalidParameterValue",
        "TagSpecification.1.ResourceType",
    ),
    ("create_default_vpc", {}, "InvalidAction", "CreateDefaultVpc"),
    ("describe_spot_price_history", {}, "InvalidAction", "DescribeSpotPriceHistory"),
]


@pytest.mark.parametrize(
    ("method", "parameters", "code", "word"), WRONG, ids=[f"{row[0]}-{row[2]}-{n}" for n, row in enumerate(WRONG)]
)
def test_a_wrong_request(ec2: Any, method: str, parameters: dict[str, Any], code: str, word: str) -> None:
    status, found, message = refused(getattr(ec2, method), **parameters)
    assert (status, found) == (400, code), message
    assert word in message


def test_the_text_of_an_unknown_action(ec2: Any) -> None:
    """Terraform tolerates exactly this."""
    message = refused(ec2.describe_spot_price_history)[2]
    assert message == "The action DescribeSpotPriceHistory is not valid for this web service."


def test_parameters_that_nobody_knows(demo: Gateway) -> None:
    version = {"Version": "2016-11-15"}
    unknown = demo.get({"Action": "DescribeInstances", "Colour": "red", **version})
    assert unknown.error == (400, "UnknownParameter")
    assert "Colour" in unknown.message
    nested = demo.get({"Action": "RunInstances", "ImageId": WORKSHOP_AMI, "Placement.Colour": "red", **version})
    assert nested.error == (400, "UnknownParameter")
    assert "Placement.Colour" in nested.message
    assert demo.get({"Action": "RunInstances", **version}).error == (400, "MissingParameter")
    assert demo.get(version).error == (400, "MissingAction")
    bad = demo.get({"Action": "RunInstances", "ImageId": WORKSHOP_AMI, "UserData": "***", **version})
    assert bad.error == (400, "InvalidUserData.Malformed")
    number = demo.get({"Action": "RunInstances", "ImageId": WORKSHOP_AMI, "MinCount": "many", **version})
    assert number.error == (400, "InvalidParameterValue")
    assert "MinCount" in number.message


@pytest.fixture(scope="module")
def running(ec2: Any) -> Iterator[str]:
    """A machine that runs."""
    with machines(ec2) as (instance_id,):
        yield instance_id


@pytest.fixture(scope="module")
def ended(ec2: Any) -> str:
    """A machine that was terminated."""
    with machines(ec2) as (instance_id,):
        pass
    ec2.get_waiter("instance_terminated").wait(
        InstanceIds=[instance_id], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    return instance_id


@pytest.mark.parametrize("method", ["start_instances", "stop_instances", "reboot_instances", "monitor_instances"])
def test_a_terminated_machine_does_nothing_more(ec2: Any, ended: str, method: str) -> None:
    status, code, message = refused(getattr(ec2, method), InstanceIds=[ended])
    assert (status, code) == (400, "IncorrectInstanceState")
    assert ended in message


def test_states_that_forbid(ec2: Any, running: str) -> None:
    changes: list[dict[str, Any]] = [{"InstanceType": {"Value": "Tiny"}}, {"UserData": {"Value": b"#!/bin/sh\n"}}]
    for change in changes:
        status, code, message = refused(ec2.modify_instance_attribute, InstanceId=running, **change)
        assert (status, code) == (400, "IncorrectInstanceState")
        assert running in message
    with machines(ec2, state="stopped") as (stopped,):
        assert refused(ec2.reboot_instances, InstanceIds=[stopped])[1] == "IncorrectInstanceState"
        assert refused(ec2.get_console_screenshot, InstanceId=stopped)[1] == "IncorrectInstanceState"


def test_one_attribute_per_call(ec2: Any, running: str) -> None:
    two = {"InstanceType": {"Value": "Tiny"}, "DisableApiTermination": {"Value": True}}
    assert refused(ec2.modify_instance_attribute, InstanceId=running, **two)[1] == "InvalidParameterCombination"
    assert refused(ec2.modify_instance_attribute, InstanceId=running)[1] == "InvalidParameterCombination"
    other = refused(ec2.modify_instance_attribute, InstanceId=running, EbsOptimized={"Value": True})
    assert (other[1], "EbsOptimized" in other[2]) == ("UnsupportedOperation", True)
    wrong = refused(ec2.describe_instance_attribute, InstanceId=running, Attribute="colour")
    assert (wrong[1], "colour" in wrong[2]) == ("InvalidParameterValue", True)


#: Parameters with which each action that changes something would succeed.
DRY_RUNS: dict[str, dict[str, Any]] = {
    "run_instances": LAUNCH,
    "start_instances": {"InstanceIds": "RUNNING"},
    "stop_instances": {"InstanceIds": "RUNNING"},
    "reboot_instances": {"InstanceIds": "RUNNING"},
    "terminate_instances": {"InstanceIds": "RUNNING"},
    "monitor_instances": {"InstanceIds": "RUNNING"},
    "unmonitor_instances": {"InstanceIds": "RUNNING"},
    "modify_instance_attribute": {"InstanceId": "RUNNING", "DisableApiTermination": {"Value": True}},
    "create_key_pair": {"KeyName": "dry"},
    "import_key_pair": {
        "KeyName": "dry",
        "PublicKeyMaterial": b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl0",
    },
    "delete_key_pair": {"KeyName": "dry"},
    "create_tags": {"Resources": "RUNNING", "Tags": [{"Key": "dry", "Value": "run"}]},
    "delete_tags": {"Resources": "RUNNING", "Tags": [{"Key": "dry"}]},
}


def test_every_action_here_writes() -> None:
    """Those of volumes, networks and so on are tried where the cloud is a fake, without a machine."""
    writing = {name.lower() for name, entry in ACTIONS.items() if entry.writes}
    assert {name.replace("_", "") for name in DRY_RUNS} <= writing


@pytest.mark.parametrize("method", DRY_RUNS)
def test_a_dry_run_does_nothing(demo: Gateway, ec2: Any, running: str, method: str) -> None:
    given = {"InstanceIds": [running], "Resources": [running], "InstanceId": running}
    parameters = {name: given[name] if value == "RUNNING" else value for name, value in DRY_RUNS[method].items()}
    before = demo.engine.machines()
    status, code, message = refused(getattr(ec2, method), DryRun=True, **parameters)
    assert (status, code) == (412, "DryRunOperation")
    assert message == "Request would have succeeded, but DryRun flag is set."
    after = {vm["id"]: vm for vm in demo.engine.machines()}
    assert set(after) <= {vm["id"] for vm in before}
    vm = after[native(demo.engine, running)]
    assert (vm["status"], vm["delete_protected"]) == ("up", "false")
    assert one(ec2, running)["Tags"] == []
    assert ec2.describe_key_pairs(Filters=[{"Name": "key-name", "Values": ["dry"]}])["KeyPairs"] == []


def test_a_dry_run_of_a_read_and_of_a_wrong_request(ec2: Any) -> None:
    assert refused(ec2.describe_instances, DryRun=True)[:2] == (412, "DryRunOperation")
    assert refused(ec2.terminate_instances, DryRun=True, InstanceIds=[MISSING])[1] == "InvalidInstanceID.NotFound"
    assert refused(ec2.run_instances, DryRun=True, **{**LAUNCH, "KeyName": "nobody"})[1] == "InvalidKeyPair.NotFound"


def test_key_pairs(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="twice")
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert refused(ec2.create_key_pair, KeyName="twice")[:2] == (400, "InvalidKeyPair.Duplicate")
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.describe_key_pairs(KeyPairIds=["key-0123456789abcdef0"])
    assert caught.value.response["Error"]["Code"] == "InvalidKeyPair.NotFound"
    ec2.delete_key_pair(KeyPairId=made["KeyPairId"])
    assert ec2.delete_key_pair(KeyName="twice")["Return"] is True
