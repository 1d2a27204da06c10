"""DescribeInstances and DescribeInstanceStatus: what clients depend on, filters, pages, states."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.frontends.ec2.states import CODES
from deltaic.model.annotation import Annotation, GivenUp, Want
from deltaic.model.instance import InstanceState
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import CLUSTER, CREATED, IMAGE, OTHER_VM, VM, Gateway

VM_ID = "i-8462303649fe4f22a"
OTHER_ID = "i-5ee314f5a01b41f38"


async def one(client: AwsClient, **parameters: Any) -> dict[str, Any]:
    answer = await client.call("DescribeInstances", **parameters)
    instances = [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]
    assert len(instances) == 1
    found: dict[str, Any] = instances[0]
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [instance["InstanceId"] for group in answer["Reservations"] for instance in group["Instances"]]


async def test_everything_that_terraform_dereferences_is_there(client: AwsClient) -> None:
    vm = await one(client, InstanceIds=[VM_ID])
    assert vm["InstanceType"] == "SERVER"
    assert vm["ImageId"] == "ami-77ea752130174ee9b"
    assert vm["State"] == {"Code": 16, "Name": "running"}
    assert vm["Placement"] == {"AvailabilityZone": "Defaulta", "GroupName": "", "Tenancy": "default"}
    assert vm["RootDeviceName"] == "/dev/vda"
    assert [m["DeviceName"] for m in vm["BlockDeviceMappings"]] == ["/dev/vda"]
    assert vm["BlockDeviceMappings"][0]["Ebs"]["VolumeId"] == "vol-d15c0000111142228"
    assert vm["NetworkInterfaces"][0]["Attachment"]["DeviceIndex"] == 0
    assert vm["SubnetId"] == "subnet-00000000000000000"
    assert vm["VpcId"] == "vpc-00000000000000000"
    assert vm["SecurityGroups"] == [{"GroupId": "sg-00000000000000000", "GroupName": "default"}]
    assert vm["PrivateIpAddress"] == vm["PublicIpAddress"] == "192.168.1.27"
    assert vm["Ipv6Address"] == "2001:db8::27"
    assert vm["Monitoring"] == {"State": "disabled"}
    assert vm["MetadataOptions"]["State"] == "applied"
    assert vm["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 1}
    assert vm["EnclaveOptions"] == {"Enabled": False}
    assert vm["MaintenanceOptions"] == {"AutoRecovery": "default"}
    assert vm["Hypervisor"] == "kvm"


@pytest.mark.parametrize(
    "text", [VM_ID, VM_ID.upper().replace("I-", "i-"), f"i-{VM.replace('-', '')}", VM, VM.upper(), f"i-{VM}"]
)
async def test_an_id_may_be_written_in_every_way(client: AwsClient, text: str) -> None:
    assert (await one(client, InstanceIds=[text]))["InstanceId"] == VM_ID


@pytest.mark.parametrize(
    ("texts", "code", "message"),
    [
        (
            ["i-11111111111111111", "i-22222222222222222"],
            "InvalidInstanceID.NotFound",
            "The instance IDs 'i-11111111111111111, i-22222222222222222' do not exist",
        ),
        (
            ["i-11111111111141118111111111111111"],
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-11111111111141118111111111111111' does not exist",
        ),
        (["i-xyz"], "InvalidInstanceID.Malformed", 'Invalid id: "i-xyz" (expecting "i-...")'),
        (["ami-8462303649fe4f22a"], "InvalidInstanceID.Malformed", None),
    ],
)
async def test_unknown_ids_are_named_as_they_were_written(
    client: AwsClient, texts: list[str], code: str, message: str | None
) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeInstances", InstanceIds=texts)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert message in (None, caught.value.message)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("instance-state-name", ["running", "pending"], [VM_ID]),
        ("instance-state-code", ["80"], [OTHER_ID]),
        ("availability-zone", ["Defaultb"], [OTHER_ID]),
        ("image-id", ["ami-77ea752130174ee9b"], [VM_ID, OTHER_ID]),
        ("subnet-id", ["subnet-00000000000000000"], [VM_ID]),
        ("private-ip-address", ["192.168.*"], [VM_ID]),
        ("network-interface.addresses.private-ip-address", ["192.168.1.2?"], [VM_ID]),
        ("tag:Name", ["vm?"], [VM_ID, OTHER_ID]),
        ("tag:name", ["vm1"], []),
        ("tag-key", ["Name"], [VM_ID, OTHER_ID]),
        ("block-device-mapping.device-name", ["/dev/vda"], [VM_ID]),
        ("instance.group-name", ["default"], [VM_ID]),
        ("ebs-optimized", ["false"], [VM_ID, OTHER_ID]),
        ("reservation-id", ["r-8462303649fe4f22a"], [VM_ID]),
        ("launch-time", ["2012-10-10*"], [VM_ID, OTHER_ID]),
    ],
)
async def test_filters(client: AwsClient, name: str, values: list[str], expected: list[str]) -> None:
    answer = await client.call("DescribeInstances", Filters=[{"Name": name, "Values": values}])
    assert sorted(ids(answer)) == sorted(expected)


async def test_filters_add_up(client: AwsClient) -> None:
    filters = [{"Name": "tag:Name", "Values": ["vm*"]}, {"Name": "instance-state-name", "Values": ["stopped"]}]
    assert ids(await client.call("DescribeInstances", Filters=filters)) == [OTHER_ID]


async def test_an_unknown_filter_is_named(client: AwsClient) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeInstances", Filters=[{"Name": "colour", "Values": ["red"]}])
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValue", "The filter 'colour' is invalid")


async def test_pages_neither_repeat_nor_skip(gateway: Gateway, client: AwsClient) -> None:
    for number in range(12):
        gateway.driver.instances.add(InstanceState.STOPPED, f"{number:08x}-0000-4000-8000-000000000000")
    seen: list[str] = []
    token: dict[str, str] = {}
    pages = 0
    while True:
        answer = await client.call("DescribeInstances", MaxResults=5, **token)
        seen += ids(answer)
        pages += 1
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == 3
    assert len(seen) == len(set(seen)) == 14


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxResults": 4}, "InvalidParameterValue"),
        ({"MaxResults": 1001}, "InvalidParameterValue"),
        ({"MaxResults": 5, "InstanceIds": [VM_ID]}, "InvalidParameterCombination"),
        ({"NextToken": "nonsense"}, "InvalidPaginationToken"),
    ],
)
async def test_wrong_pages(client: AwsClient, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeInstances", **parameters)
    assert (caught.value.status, caught.value.code) == (400, code)


async def test_what_was_launched_together_is_one_reservation(gateway: Gateway, client: AwsClient) -> None:
    for native, index in ((VM, 1), (OTHER_VM, 0)):
        annotation = Annotation(reservation="r-0123456789abcdef0", launch_index=index)
        gateway.machines[native] = replace(gateway.machines[native], annotation=annotation)
    answer = await client.call("DescribeInstances")
    assert [group["ReservationId"] for group in answer["Reservations"]] == ["r-0123456789abcdef0"]
    assert ids(answer) == [OTHER_ID, VM_ID]
    assert [i["AmiLaunchIndex"] for i in answer["Reservations"][0]["Instances"]] == [0, 1]


@pytest.mark.parametrize(
    ("engine", "want", "shown"),
    [
        (InstanceState.CREATING, Want.RUNNING, "pending"),
        (InstanceState.STOPPED, Want.RUNNING, "pending"),
        (InstanceState.LOCKED, Want.RUNNING, "pending"),
        (InstanceState.STARTING, Want.RUNNING, "pending"),
        (InstanceState.RUNNING, Want.TERMINATED, "shutting-down"),
        (InstanceState.STOPPING, Want.TERMINATED, "shutting-down"),
        (InstanceState.STOPPED, Want.TERMINATED, "shutting-down"),
        (InstanceState.LOCKED, Want.TERMINATED, "shutting-down"),
        (InstanceState.PAUSED, None, "stopped"),
        (InstanceState.PAUSED_BY_ERROR, None, "running"),
        (InstanceState.SUSPENDED, None, "stopped"),
        (InstanceState.UNKNOWN, None, "running"),
    ],
)
async def test_states(
    gateway: Gateway, client: AwsClient, engine: InstanceState, want: Want | None, shown: str
) -> None:
    gateway.machines[VM] = replace(gateway.machines[VM], state=engine, annotation=Annotation(want=want))
    assert (await one(client, InstanceIds=[VM_ID]))["State"]["Name"] == shown


def test_every_neutral_state_has_a_code() -> None:
    assert set(CODES) == set(InstanceState)


async def test_a_change_is_seen_at_once_although_renderings_are_kept(gateway: Gateway, client: AwsClient) -> None:
    await client.call("DescribeInstances")
    gateway.machines[VM] = replace(gateway.machines[VM], nics=())
    vm = await one(client, InstanceIds=[VM_ID])
    assert vm["NetworkInterfaces"] == []
    assert "PrivateIpAddress" not in vm


async def test_status_shows_running_machines_only(client: AwsClient) -> None:
    answer = await client.call("DescribeInstanceStatus")
    assert [(row["InstanceId"], row["AvailabilityZone"]) for row in answer["InstanceStatuses"]] == [(VM_ID, "Defaulta")]
    assert answer["InstanceStatuses"][0]["InstanceStatus"]["Status"] == "ok"
    assert answer["InstanceStatuses"][0]["SystemStatus"]["Details"] == [{"Name": "reachability", "Status": "passed"}]


@pytest.mark.parametrize(
    ("state", "own", "system"),
    [
        (InstanceState.RUNNING, "ok", "ok"),
        (InstanceState.NOT_RESPONDING, "impaired", "ok"),
        (InstanceState.UNKNOWN, "insufficient-data", "insufficient-data"),
        (InstanceState.STOPPED, "not-applicable", "not-applicable"),
    ],
)
async def test_status_checks(gateway: Gateway, client: AwsClient, state: InstanceState, own: str, system: str) -> None:
    gateway.machines[VM] = replace(gateway.machines[VM], state=state)
    answer = await client.call("DescribeInstanceStatus", InstanceIds=[VM_ID], IncludeAllInstances=True)
    row = answer["InstanceStatuses"][0]
    assert (row["InstanceStatus"]["Status"], row["SystemStatus"]["Status"]) == (own, system)


@pytest.mark.parametrize("name", ["Defaulta", CLUSTER.name, CLUSTER.id])
async def test_a_zone_goes_by_its_cluster_s_name_and_id_too(client: AwsClient, name: str) -> None:
    answer = await client.call("DescribeInstances", Filters=[{"Name": "availability-zone", "Values": [name]}])
    assert ids(answer) == [VM_ID]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("capacity", "Server.InsufficientInstanceCapacity"),
        ("conflict", "Client.InternalError"),
        ("unavailable", "Server.InternalError"),
        ("from the future", "Server.InternalError"),
    ],
)
async def test_why_a_machine_was_not_brought_up(gateway: Gateway, client: AwsClient, kind: str, code: str) -> None:
    machine = gateway.machines[OTHER_VM]
    annotation = Annotation(given_up=GivenUp(kind, "No bootable disk", int(CREATED.timestamp() * 1000)))
    gateway.machines[OTHER_VM] = replace(machine, annotation=annotation, stopped_at=CREATED)
    answer = await client.call("DescribeInstances", InstanceIds=[OTHER_VM])
    shown = answer["Reservations"][0]["Instances"][0]
    assert shown["State"]["Name"] == "stopped"
    assert shown["StateReason"] == {"Code": code, "Message": f"{code}: No bootable disk"}
    assert shown["StateTransitionReason"] == code


async def test_broken_disks_are_the_cloud_s_own_reason(gateway: Gateway, client: AwsClient) -> None:
    annotation = Annotation(given_up=GivenUp("conflict", "The machine's disks are broken"))
    machine = replace(gateway.machines[OTHER_VM], annotation=annotation, state=InstanceState.ERROR)
    gateway.machines[OTHER_VM] = machine
    assert (await one(client, InstanceIds=[OTHER_VM]))["StateReason"]["Code"] == "Server.InternalError"


async def test_the_time_of_launch_is_the_same_while_pending_and_running(gateway: Gateway, client: AwsClient) -> None:
    made = (await client.call("RunInstances", ImageId=IMAGE, MinCount=1, MaxCount=1))["Instances"][0]
    await gateway.operations.settle()
    answer = await client.call("DescribeInstances", InstanceIds=[made["InstanceId"]])
    shown = answer["Reservations"][0]["Instances"][0]
    assert (made["State"]["Name"], shown["State"]["Name"]) == ("pending", "running")
    assert shown["LaunchTime"] == made["LaunchTime"]
