"""Volumes over a cloud in memory: what locks do to attachments, names of devices, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import DiskAttachment
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import DEFAULT, SECOND_CLUSTER, VM, Gateway

FREE, FREE_ID = "d15c1111-1111-4222-8333-444455556666", "vol-d15c1111111142228"
SHARED, SHARED_ID = "d15c3333-1111-4222-8333-444455556666", "vol-d15c3333111142228"
RUNNING, STOPPED = "i-8462303649fe4f22a", "i-5ee314f5a01b41f38"


async def fault(client: AwsClient, action: str, **parameters: Any) -> AwsFault:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters)
    return caught.value


async def volume(client: AwsClient, volume_id: str = FREE_ID) -> dict[str, Any]:
    found: dict[str, Any] = (await client.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    return found


def lock(gateway: Gateway, verb: str) -> list[Any]:
    """Keep volumes locked for a verb; cleared, they are free again."""
    found: list[Any] = gateway.driver.volumes.faults.before[verb]
    found += [Error(ErrorKind.BUSY, "It is locked", resource="volume")] * 10_000
    return found


async def test_what_waits_for_a_lock_is_attaching_and_detaching(gateway: Gateway, client: AwsClient) -> None:
    locked = lock(gateway, "attach")
    where = {"VolumeId": FREE_ID, "InstanceId": STOPPED}
    answer = await client.call("AttachVolume", **where, Device="/dev/sdf")
    assert (answer["State"], answer["Device"], answer["InstanceId"]) == ("attaching", "/dev/sdf", STOPPED)
    shown = await volume(client)
    assert (shown["State"], [each["State"] for each in shown["Attachments"]]) == ("in-use", ["attaching"])
    assert (await fault(client, "DeleteVolume", VolumeId=FREE_ID)).code == "VolumeInUse"
    locked.clear()
    await gateway.operations.settle()
    (plug,) = (await volume(client))["Attachments"]
    assert (plug["State"], plug["Device"], plug["DeleteOnTermination"]) == ("attached", "/dev/sdf", False)
    locked = lock(gateway, "detach")
    answer = await client.call("DetachVolume", VolumeId=FREE_ID)
    assert (answer["State"], answer["Device"]) == ("detaching", "/dev/sdf")
    shown = await volume(client)
    assert (shown["State"], [each["State"] for each in shown["Attachments"]]) == ("in-use", ["detaching"])
    for action, more in (("DeleteVolume", {}), ("AttachVolume", {"InstanceId": RUNNING, "Device": "/dev/sdf"})):
        assert (await fault(client, action, VolumeId=FREE_ID, **more)).code == "VolumeInUse"
    locked.clear()
    await gateway.operations.settle()
    shown = await volume(client)
    assert (shown["State"], shown["Attachments"]) == ("available", [])


async def test_a_volume_that_is_removed_is_deleting_until_it_is_gone(gateway: Gateway, client: AwsClient) -> None:
    locked = lock(gateway, "delete")
    await client.call("DeleteVolume", VolumeId=FREE_ID)
    assert (await volume(client))["State"] == "deleting"
    refused = await fault(client, "AttachVolume", VolumeId=FREE_ID, InstanceId=STOPPED, Device="/dev/sdf")
    assert refused.code == "IncorrectState"
    locked.clear()
    await gateway.operations.settle()
    assert (await fault(client, "DescribeVolumes", VolumeIds=[FREE_ID])).code == "InvalidVolume.NotFound"


async def test_a_shared_volume_needs_its_machine_named(gateway: Gateway, client: AwsClient) -> None:
    plugs = (VolumeAttachment(VM, "/dev/sdg"), VolumeAttachment("5ee314f5-a01b-41f3-81f7-fe4acb6c31f9", "/dev/sdh"))
    shared = Volume(SHARED, "s", VolumeState.AVAILABLE, 1 << 30, attachments=plugs, shareable=True, kept=True)
    gateway.driver.volumes.rows.append(shared)
    assert (await fault(client, "DetachVolume", VolumeId=SHARED_ID)).code == "MissingParameter"
    answer = await client.call("DetachVolume", VolumeId=SHARED_ID, InstanceId=STOPPED)
    assert (answer["InstanceId"], answer["Device"]) == (STOPPED, "/dev/sdh")
    elsewhere = await fault(client, "DetachVolume", VolumeId=SHARED_ID, InstanceId=RUNNING, Device="/dev/sdz")
    assert elsewhere.code == "InvalidAttachment.NotFound"


async def test_the_cloud_s_own_name_is_the_one_that_is_shown(
    gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = gateway.driver.volumes.attach

    async def elsewhere(*arguments: Any, device: str = "", **more: Any) -> None:
        await attach(*arguments, device="/dev/vdb", **more)

    monkeypatch.setattr(gateway.driver.volumes, "attach", elsewhere)
    answer = await client.call("AttachVolume", VolumeId=FREE_ID, InstanceId=STOPPED, Device="/dev/sdf")
    assert answer["Device"] == "/dev/vdb"


async def test_the_zone_goes_to_the_cloud(gateway: Gateway, client: AwsClient) -> None:
    given: list[Any] = []
    create = gateway.driver.volumes.create

    async def spy(context: Any, spec: Any) -> Any:
        given.append(spec)
        return await create(context, spec)

    gateway.driver.volumes.create = spy  # type: ignore[method-assign]
    made = await client.call("CreateVolume", AvailabilityZone="Defaultb", Size=2, MultiAttachEnabled=True)
    assert (made["AvailabilityZone"], made["MultiAttachEnabled"]) == ("Defaultb", True)
    assert [(one.zone_id, one.data_center_id, one.size, one.shareable) for one in given] == [
        (SECOND_CLUSTER.id, DEFAULT.id, 2 << 30, True)
    ]


async def test_a_modification_is_its_caller_s_and_goes_with_the_volume(gateway: Gateway, client: AwsClient) -> None:
    begun = (await client.call("ModifyVolume", VolumeId=FREE_ID, Size=4))["VolumeModification"]
    assert (begun["OriginalSize"], begun["TargetSize"]) == (1, 4)
    shown = (await client.call("DescribeVolumesModifications"))["VolumesModifications"]
    assert [(one["VolumeId"], one["ModificationState"], one["Progress"]) for one in shown] == [
        (FREE_ID, "completed", 100)
    ]
    await client.call("DeleteVolume", VolumeId=FREE_ID)
    assert [kept for kept in gateway.store.records.rows.values() if kept.kind == "VolumeModification"] == []


async def test_machines_are_shown_where_volumes_are_not(
    gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks = (*gateway.machines[VM].disks, DiskAttachment(FREE))
    gateway.machines[VM] = replace(gateway.machines[VM], disks=disks)

    async def refused(*_: Any, **__: Any) -> Any:
        raise Error(ErrorKind.FORBIDDEN, "Not yours")

    monkeypatch.setattr(gateway.driver.volumes, "list", refused)
    machine = (await client.call("DescribeInstances", InstanceIds=[RUNNING]))["Reservations"][0]["Instances"][0]
    shown = {each["DeviceName"]: each["Ebs"]["VolumeId"] for each in machine["BlockDeviceMappings"]}
    assert shown == {"/dev/vda": "vol-d15c0000111142228", "/dev/vdb": FREE_ID}


async def test_a_page_of_machines_reads_volumes_once_in_a_while(
    gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    read = gateway.driver.volumes.list

    async def counted(*arguments: Any, **more: Any) -> Any:
        looks.append(1)
        return await read(*arguments, **more)

    monkeypatch.setattr(gateway.driver.volumes, "list", counted)
    await client.call("DescribeInstances")
    assert looks == []
    held = replace(gateway.driver.volumes.row(FREE), attachments=(VolumeAttachment(VM, "/dev/sdq"),), kept=True)
    gateway.driver.volumes.put(held)
    disks = (*gateway.machines[VM].disks, DiskAttachment(FREE))
    gateway.machines[VM] = replace(gateway.machines[VM], disks=disks)
    for _ in range(3):
        (found,) = (await client.call("DescribeInstances", InstanceIds=[RUNNING]))["Reservations"]
        names = [each["DeviceName"] for each in found["Instances"][0]["BlockDeviceMappings"]]
        assert names == ["/dev/vda", "/dev/sdq"]
    assert looks == [1]
