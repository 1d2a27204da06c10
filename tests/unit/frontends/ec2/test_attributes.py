"""DescribeInstanceAttribute, ModifyInstanceAttribute, monitoring, console."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import OTHER_VM, VM, Gateway

VM_ID = "i-8462303649fe4f22a"
OTHER_ID = "i-5ee314f5a01b41f38"


@pytest.mark.parametrize(
    ("attribute", "member", "expected"),
    [
        ("disableApiStop", "DisableApiStop", {"Value": False}),
        ("disableApiTermination", "DisableApiTermination", {"Value": False}),
        ("ebsOptimized", "EbsOptimized", {"Value": False}),
        ("enclaveOptions", "EnclaveOptions", {"Enabled": False}),
        ("groupSet", "Groups", [{"GroupId": "sg-00000000000000000", "GroupName": "default"}]),
        ("instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior", {"Value": "stop"}),
        ("instanceType", "InstanceType", {"Value": "SERVER"}),
        ("kernel", "KernelId", {}),
        ("productCodes", "ProductCodes", []),
        ("rootDeviceName", "RootDeviceName", {"Value": "/dev/vda"}),
        ("sourceDestCheck", "SourceDestCheck", {"Value": True}),
        ("userData", "UserData", {}),
    ],
)
async def test_reading_an_attribute(client: AwsClient, attribute: str, member: str, expected: object) -> None:
    answer = await client.call("DescribeInstanceAttribute", InstanceId=VM_ID, Attribute=attribute)
    assert answer.pop("InstanceId") == VM_ID
    assert answer == {member: expected}


async def test_disks_are_an_attribute_too(client: AwsClient) -> None:
    answer = await client.call("DescribeInstanceAttribute", InstanceId=VM_ID, Attribute="blockDeviceMapping")
    assert [m["DeviceName"] for m in answer["BlockDeviceMappings"]] == ["/dev/vda"]


async def test_an_unknown_attribute_is_named(client: AwsClient) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeInstanceAttribute", InstanceId=VM_ID, Attribute="colour")
    assert caught.value.code == "InvalidParameterValue"
    assert "colour" in caught.value.message


async def test_user_data_come_back_byte_exact(client: AwsClient) -> None:
    data = b"#!/bin/sh\n\x00\xff"
    made = await client.call(
        "RunInstances",
        ImageId="ami-77ea752130174ee9b",
        MinCount=1,
        MaxCount=1,
        UserData=base64.encodebytes(data).decode(),
    )
    answer = await client.call(
        "DescribeInstanceAttribute", InstanceId=made["Instances"][0]["InstanceId"], Attribute="userData"
    )
    assert base64.b64decode(answer["UserData"]["Value"], validate=True) == data


async def test_termination_protection(gateway: Gateway, client: AwsClient) -> None:
    await client.call("ModifyInstanceAttribute", InstanceId=VM_ID, DisableApiTermination={"Value": True})
    assert gateway.machines[VM].delete_protected is True
    with pytest.raises(AwsFault) as caught:
        await client.call("TerminateInstances", InstanceIds=[VM_ID])
    assert (caught.value.status, caught.value.code) == (400, "OperationNotPermitted")
    assert VM_ID in caught.value.message
    assert VM not in caught.value.message
    await client.call("ModifyInstanceAttribute", InstanceId=VM_ID, Attribute="disableApiTermination", Value="False")
    assert gateway.machines[VM].delete_protected is False


@pytest.fixture
def updates(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> list[InstanceChanges]:
    """What reaches the driver's update."""
    seen: list[InstanceChanges] = []

    async def update(context: object, instance_id: str, changes: InstanceChanges) -> None:
        seen.append(changes)

    monkeypatch.setattr(gateway.driver.instances, "update", update)
    return seen


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"InstanceType": {"Value": "Small"}},
            InstanceChanges(instance_type_id="0000000b-000b-000b-000b-00000000021f"),
        ),
        ({"UserData": {"Value": b"new"}}, InstanceChanges(user_data=b"new")),
        ({"Attribute": "userData", "Value": base64.b64encode(b"new").decode()}, InstanceChanges(user_data=b"new")),
    ],
)
async def test_a_stopped_machine_changes(
    client: AwsClient, updates: list[InstanceChanges], parameters: dict[str, Any], expected: InstanceChanges
) -> None:
    await client.call("ModifyInstanceAttribute", InstanceId=OTHER_ID, **parameters)
    assert updates == [expected]


async def test_a_running_machine_keeps_its_size(client: AwsClient, updates: list[InstanceChanges]) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("ModifyInstanceAttribute", InstanceId=VM_ID, InstanceType={"Value": "Small"})
    assert caught.value.code == "IncorrectInstanceState"
    assert VM_ID in caught.value.message
    assert updates == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"InstanceType": {"Value": "SERVER"}},
        {"SourceDestCheck": {"Value": True}},
        {"EbsOptimized": {"Value": False}},
        {"InstanceInitiatedShutdownBehavior": {"Value": "stop"}},
        {"DisableApiStop": {"Value": False}},
        {"Groups": ["sg-00000000000000000"]},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/vda", "Ebs": {"DeleteOnTermination": True}}]},
    ],
)
async def test_what_is_the_case_anyway_may_be_asked_for(
    client: AwsClient, updates: list[InstanceChanges], parameters: dict[str, Any]
) -> None:
    assert await client.call("ModifyInstanceAttribute", InstanceId=VM_ID, **parameters) == {}
    assert updates == []


@pytest.mark.parametrize(
    ("parameters", "code", "named"),
    [
        ({"SourceDestCheck": {"Value": False}}, "UnsupportedOperation", "SourceDestCheck"),
        ({"Kernel": {"Value": "aki-1"}}, "UnsupportedOperation", "Kernel"),
        ({"Groups": ["sg-0e7b0000111142228"]}, "UnsupportedOperation", "GroupId"),
        ({"InstanceType": {"Value": "t9.huge"}}, "InvalidInstanceType", "t9.huge"),
        ({"InstanceType": {"Value": "DESKTOP"}}, "UnsupportedOperation", "InstanceType"),
        ({"UserData": {"Value": b"x" * 16385}}, "InvalidParameterValue", "UserData"),
        ({"Attribute": "disableApiTermination", "Value": "maybe"}, "InvalidParameterValue", "maybe"),
        ({}, "InvalidParameterCombination", "No attributes"),
        (
            {"EbsOptimized": {"Value": False}, "SourceDestCheck": {"Value": True}},
            "InvalidParameterCombination",
            "EbsOptimized, SourceDestCheck",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/vda", "Ebs": {"DeleteOnTermination": False}}]},
            "UnsupportedOperation",
            "BlockDeviceMapping.1",
        ),
    ],
)
async def test_changes_that_are_refused(
    client: AwsClient, updates: list[InstanceChanges], parameters: dict[str, Any], code: str, named: str
) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call(
            "ModifyInstanceAttribute", InstanceId=OTHER_ID if "Kernel" in parameters else VM_ID, **parameters
        )
    assert (caught.value.status, caught.value.code) == (400, code)
    assert named in caught.value.message
    assert updates == []


async def test_the_wish_to_be_monitored_is_kept(client: AwsClient) -> None:
    answer = await client.call("MonitorInstances", InstanceIds=[VM_ID])
    assert answer["InstanceMonitorings"] == [{"InstanceId": VM_ID, "Monitoring": {"State": "enabled"}}]
    shown = await client.call("DescribeInstances", Filters=[{"Name": "monitoring-state", "Values": ["enabled"]}])
    assert [i["InstanceId"] for g in shown["Reservations"] for i in g["Instances"]] == [VM_ID]
    await client.call("UnmonitorInstances", InstanceIds=[VM_ID])
    shown = await client.call("DescribeInstances", Filters=[{"Name": "monitoring-state", "Values": ["enabled"]}])
    assert shown["Reservations"] == []


async def test_credits_are_standard(client: AwsClient) -> None:
    answer = await client.call("DescribeInstanceCreditSpecifications", InstanceIds=[VM_ID])
    assert answer["InstanceCreditSpecifications"] == [{"InstanceId": VM_ID, "CpuCredits": "standard"}]


async def test_the_console_has_no_log(client: AwsClient) -> None:
    answer = await client.call("GetConsoleOutput", InstanceId=VM_ID)
    assert (answer["InstanceId"], answer["Output"]) == (VM_ID, "")


async def test_a_picture_of_the_console(gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def screenshot(context: object, instance_id: str) -> bytes:
        return b"\x89PNG"

    monkeypatch.setattr(gateway.driver.instances, "screenshot", screenshot)
    answer = await client.call("GetConsoleScreenshot", InstanceId=VM_ID)
    assert base64.b64decode(answer["ImageData"]) == b"\x89PNG"
    with pytest.raises(AwsFault) as caught:
        await client.call("GetConsoleScreenshot", InstanceId=OTHER_ID)
    assert caught.value.code == "IncorrectInstanceState"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (ErrorKind.UNAVAILABLE, 503, "Unavailable"),
        (ErrorKind.FORBIDDEN, 403, "UnauthorizedOperation"),
        (ErrorKind.RATE_LIMITED, 503, "RequestLimitExceeded"),
        (ErrorKind.CAPACITY, 500, "InsufficientInstanceCapacity"),
    ],
)
async def test_faults_of_the_cloud(
    gateway: Gateway, client: AwsClient, kind: ErrorKind, status: int, code: str
) -> None:
    gateway.machines[OTHER_VM] = replace(gateway.machines[OTHER_VM])
    gateway.driver.instances.faults.before["start"].append(Error(kind, f"no luck with {OTHER_VM}", resource="instance"))
    with pytest.raises(AwsFault) as caught:
        await client.call("StartInstances", InstanceIds=[OTHER_ID])
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.message == f"no luck with {OTHER_ID}"


async def test_what_is_so_already_is_not_changed(gateway: Gateway, client: AwsClient) -> None:
    """A machine that is still being made refuses every change; Terraform switches protection off all the same."""
    await client.call("ModifyInstanceAttribute", InstanceId=VM_ID, DisableApiTermination={"Value": False})
    await client.call("UnmonitorInstances", InstanceIds=[VM_ID])
    assert gateway.driver.instances.changes == []
    await client.call("MonitorInstances", InstanceIds=[VM_ID])
    assert gateway.driver.instances.changes == [("annotate", VM)]
