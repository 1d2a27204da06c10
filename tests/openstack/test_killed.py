"""A gateway killed with -9 in the middle of what conformance does not cover: captures, attachments, addresses, VPCs.

Launches, removals, creations of volumes and snapshots: `deltaic.conformance.cases.gateway`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from tests.openstack.support.gateway import Site
from tests.support.processes import until

SECONDS = 180.0
EVERY = 0.1
QUICKLY = {"Delay": 1, "MaxAttempts": 150}


@pytest.fixture(scope="module")
def machine(gateway: Site) -> Iterator[str]:
    """A running machine."""
    client = gateway.client()
    image = client.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    made = client.run_instances(
        ImageId=image, InstanceType="m1.tiny", MinCount=1, MaxCount=1, ClientToken=uuid.uuid4().hex
    )["Instances"][0]["InstanceId"]
    client.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig=QUICKLY)
    yield str(made)
    client.terminate_instances(InstanceIds=[made])
    client.get_waiter("instance_terminated").wait(InstanceIds=[made], WaiterConfig=QUICKLY)


def killed(gateway: Site, ask: Callable[[Any], Any], moment: Callable[[], Any]) -> dict[str, Any] | None:
    """Send a request, kill the gateway at a moment and start it again; the answer, if there was one."""
    client = gateway.client()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, client)
        until(moment, SECONDS, EVERY)
        gateway.process.kill()
        try:
            answer = dict(asked.result())
        except BotoCoreError:
            answer = None
    gateway.process.start()
    return answer


def test_a_capture_is_finished_once(gateway: Site, machine: str) -> None:
    def taken() -> list[str]:
        return [one.status for one in gateway.cloud.image.images(name="golden")]

    killed(gateway, lambda client: client.create_image(InstanceId=machine, Name="golden"), taken)
    until(lambda: taken() == ["active"], SECONDS, EVERY)
    client = gateway.client()
    (shown,) = client.describe_images(Filters=[{"Name": "name", "Values": ["golden"]}])["Images"]
    assert shown["State"] == "available"
    assert taken() == ["active"]
    client.deregister_image(ImageId=shown["ImageId"])
    until(lambda: taken() == [], SECONDS, EVERY)


def test_an_attachment_is_finished_once(gateway: Site, machine: str) -> None:
    client = gateway.client()
    zone = client.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volume = client.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    client.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)

    def begun() -> list[str]:
        return [one.status for one in gateway.cloud.block_storage.volumes() if one.status != "available"]

    attach = {"VolumeId": volume, "InstanceId": machine, "Device": "/dev/sdx"}
    if killed(gateway, lambda client: client.attach_volume(**attach), begun) is None:
        until(lambda: begun() == ["in-use"], SECONDS, EVERY)
    client = gateway.client()
    client.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    (shown,) = client.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert [one["InstanceId"] for one in shown["Attachments"]] == [machine]
    killed(gateway, lambda client: client.detach_volume(VolumeId=volume), lambda: begun() != ["in-use"])
    client = gateway.client()
    client.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    client.delete_volume(VolumeId=volume)
    until(lambda: list(gateway.cloud.block_storage.volumes()) == [], SECONDS, EVERY)


def test_an_association_that_is_asked_for_again_leads_there(gateway: Site, machine: str) -> None:
    def leading() -> list[bool]:
        return [one.port_id is not None for one in gateway.cloud.network.ips() if one.project_id == project]

    project = gateway.tenant.project_id
    address = gateway.client().allocate_address(Domain="vpc")["AllocationId"]
    lead = {"AllocationId": address, "InstanceId": machine}
    killed(gateway, lambda client: client.associate_address(**lead), lambda: leading() == [True])
    client = gateway.client()
    led = client.associate_address(**lead)["AssociationId"]
    (shown,) = client.describe_addresses()["Addresses"]
    assert (shown["AssociationId"], shown["InstanceId"]) == (led, machine)
    assert leading() == [True]
    client.disassociate_address(AssociationId=led)
    client.release_address(AllocationId=address)
    assert leading() == []


def test_a_network_cut_short_is_shown_and_can_be_removed(gateway: Site) -> None:
    def others() -> list[str]:
        found = gateway.cloud.network.networks(project_id=gateway.tenant.project_id)
        return [one.id for one in found if one.id != gateway.tenant.network_id]

    before = {one["VpcId"] for one in gateway.client().describe_vpcs()["Vpcs"]}
    killed(gateway, lambda client: client.create_vpc(CidrBlock="10.44.0.0/16"), others)
    assert len(others()) == 1
    client = gateway.client()
    (made,) = {one["VpcId"] for one in client.describe_vpcs()["Vpcs"]} - before
    client.delete_vpc(VpcId=made)
    assert others() == []
