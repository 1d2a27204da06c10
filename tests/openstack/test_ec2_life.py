"""EC2's life of machines, disks, groups and addresses with boto3; each step is looked at from the other side, too.

Once with an access key of the gateway's own, once with one that the cloud issued.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import alive
from tests.support.processes import until

USER_DATA = bytes(range(256)) * 3
TAGS = [{"Key": "Name", "Value": "web-1"}, {"Key": "team/owner", "Value": "Ünïcode = fine"}]
#: Waiters look this often: machines here are made in a second or two.
QUICKLY = {"Delay": 1, "MaxAttempts": 180}


@pytest.fixture(params=["own key", "issued key"])
def client(request: pytest.FixtureRequest, ec2: Any, keystone_ec2: Any) -> Any:
    """boto3 by either kind of key."""
    return ec2 if request.param == "own key" else keystone_ec2


@pytest.fixture
def machine(client: Any, gateway: Site) -> Iterator[dict[str, Any]]:
    """A running machine, removed at the end."""
    launched = client.run_instances(
        ImageId=image(client),
        InstanceType="m1.tiny",
        MinCount=1,
        MaxCount=1,
        UserData=USER_DATA,
        TagSpecifications=[{"ResourceType": "instance", "Tags": TAGS}],
        ClientToken=uuid.uuid4().hex,
    )["Instances"][0]
    client.get_waiter("instance_running").wait(InstanceIds=[launched["InstanceId"]], WaiterConfig=QUICKLY)
    yield launched
    client.terminate_instances(InstanceIds=[launched["InstanceId"]])
    client.get_waiter("instance_terminated").wait(InstanceIds=[launched["InstanceId"]], WaiterConfig=QUICKLY)


def image(client: Any) -> str:
    return str(client.describe_images(Filters=[{"Name": "name", "Values": ["tiny"]}])["Images"][0]["ImageId"])


def shown(client: Any, instance_id: str) -> dict[str, Any]:
    (reservation,) = client.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (found,) = reservation["Instances"]
    return dict(found)


def server_of(gateway: Site, name: str = "web-1") -> Any:
    """The server as the cloud itself tells it."""
    (found,) = [one for one in alive(gateway.cloud) if one.name.startswith(name)]
    return gateway.cloud.compute.get_server(found.id)


def test_a_machine_lives(client: Any, gateway: Site, machine: dict[str, Any]) -> None:
    found, server = shown(client, machine["InstanceId"]), server_of(gateway)
    assert machine["InstanceId"] == f"i-{server.id.replace('-', '')[:17]}"
    assert found["State"]["Name"] == "running"
    assert found["InstanceType"] == "m1.tiny"
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {tag["Key"]: tag["Value"] for tag in TAGS}
    assert server.metadata["Name"] == "web-1"
    assert found["PrivateIpAddress"] in [one["addr"] for own in server.addresses.values() for one in own]
    assert "PublicIpAddress" not in found
    told = client.describe_instance_attribute(InstanceId=machine["InstanceId"], Attribute="userData")["UserData"]
    assert base64.b64decode(told["Value"]) == USER_DATA
    wanted = {"InstanceIds": [machine["InstanceId"]]}
    client.stop_instances(**wanted)
    client.get_waiter("instance_stopped").wait(**wanted, WaiterConfig=QUICKLY)
    assert server_of(gateway).status == "SHUTOFF"
    client.start_instances(**wanted)
    client.get_waiter("instance_running").wait(**wanted, WaiterConfig=QUICKLY)
    assert server_of(gateway).status == "ACTIVE"
    client.reboot_instances(**wanted)
    client.create_tags(Resources=[machine["InstanceId"]], Tags=[{"Key": "stage", "Value": "test"}])
    client.delete_tags(Resources=[machine["InstanceId"]], Tags=[{"Key": "team/owner"}])
    tags = {tag["Key"]: tag["Value"] for tag in shown(client, machine["InstanceId"])["Tags"]}
    assert tags == {"Name": "web-1", "stage": "test"}
    kept = {key: value for key, value in server_of(gateway).metadata.items() if not key.startswith("deltaic:")}
    assert kept == tags
    assert client.get_console_output(InstanceId=machine["InstanceId"])["Output"] != ""


def test_a_volume_comes_and_goes(client: Any, gateway: Site, machine: dict[str, Any]) -> None:
    zone = shown(client, machine["InstanceId"])["Placement"]["AvailabilityZone"]
    made = client.create_volume(
        AvailabilityZone=zone,
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "data"}]}],
    )
    volume = {"VolumeIds": [made["VolumeId"]]}
    client.get_waiter("volume_available").wait(**volume, WaiterConfig=QUICKLY)
    (own,) = gateway.cloud.block_storage.volumes()
    assert (own.size, own.metadata["Name"]) == (1, "data")
    client.attach_volume(VolumeId=made["VolumeId"], InstanceId=machine["InstanceId"], Device="/dev/sdx")
    client.get_waiter("volume_in_use").wait(**volume, WaiterConfig=QUICKLY)
    (attachment,) = client.describe_volumes(**volume)["Volumes"][0]["Attachments"]
    device = gateway.cloud.block_storage.get_volume(own.id).attachments[0]["device"]
    assert attachment["Device"] == device
    mapped = shown(client, machine["InstanceId"])["BlockDeviceMappings"]
    assert {"DeviceName": device, "id": made["VolumeId"]} in [
        {"DeviceName": one["DeviceName"], "id": one["Ebs"]["VolumeId"]} for one in mapped
    ]
    snapshot = client.create_snapshot(VolumeId=made["VolumeId"], Description="as it was")["SnapshotId"]
    client.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=QUICKLY)
    copy = client.create_volume(AvailabilityZone=zone, SnapshotId=snapshot)["VolumeId"]
    client.get_waiter("volume_available").wait(VolumeIds=[copy], WaiterConfig=QUICKLY)
    client.detach_volume(VolumeId=made["VolumeId"])
    client.get_waiter("volume_available").wait(**volume, WaiterConfig=QUICKLY)
    client.delete_volume(VolumeId=copy)
    client.get_waiter("volume_deleted").wait(VolumeIds=[copy], WaiterConfig=QUICKLY)
    client.delete_snapshot(SnapshotId=snapshot)
    client.delete_volume(VolumeId=made["VolumeId"])
    client.get_waiter("volume_deleted").wait(**volume, WaiterConfig=QUICKLY)
    assert list(gateway.cloud.block_storage.volumes()) == []
    assert list(gateway.cloud.block_storage.snapshots()) == []


def test_tags_of_snapshots_that_are_being_made(ec2: Any, gateway: Site) -> None:
    """Block storage forgets what is set on a snapshot while it makes it; nobody must notice."""
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    source = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[source], WaiterConfig=QUICKLY)

    def take(number: str) -> str:
        named = [{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": number}]}]
        made = ec2.create_snapshot(VolumeId=source, TagSpecifications=named)["SnapshotId"]
        ec2.create_tags(Resources=[made], Tags=[{"Key": "soon", "Value": number}])
        shown = ec2.describe_snapshots(SnapshotIds=[made])["Snapshots"][0]["Tags"]
        assert shown == [{"Key": "Name", "Value": number}, {"Key": "soon", "Value": number}]
        return str(made)

    numbers = [str(number) for number in range(8)]
    with ThreadPoolExecutor(len(numbers)) as pool:
        taken = list(pool.map(take, numbers))
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=taken, WaiterConfig=QUICKLY)

    def held() -> bool:
        found = [one.metadata for one in gateway.cloud.block_storage.snapshots()]
        return sorted((one.get("Name"), one.get("soon")) for one in found) == [(one, one) for one in numbers]

    until(held, QUICKLY["MaxAttempts"])
    for one in taken:
        ec2.delete_snapshot(SnapshotId=one)
    until(lambda: not list(gateway.cloud.block_storage.snapshots()), QUICKLY["MaxAttempts"])
    ec2.delete_volume(VolumeId=source)
    until(lambda: not list(gateway.cloud.block_storage.volumes()), QUICKLY["MaxAttempts"])


def test_groups_and_addresses(client: Any, gateway: Site, machine: dict[str, Any]) -> None:
    group = client.create_security_group(GroupName="web", Description="Web servers")["GroupId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    (own,) = [one for one in gateway.cloud.network.security_groups() if one.name == "web"]
    inward = [rule for rule in own.security_group_rules if rule["direction"] == "ingress"]
    assert [(rule["protocol"], rule["port_range_min"], rule["remote_ip_prefix"]) for rule in inward] == [
        ("tcp", 22, "192.0.2.0/24")
    ]
    client.modify_instance_attribute(InstanceId=machine["InstanceId"], Groups=[group])
    assert shown(client, machine["InstanceId"])["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    (port,) = gateway.cloud.network.ports(device_id=server_of(gateway).id)
    assert port.security_group_ids == [own.id]
    with pytest.raises(client.exceptions.ClientError, match="DependencyViolation"):
        client.delete_security_group(GroupId=group)
    address = client.allocate_address(Domain="vpc")
    led = client.associate_address(AllocationId=address["AllocationId"], InstanceId=machine["InstanceId"])
    assert shown(client, machine["InstanceId"])["PublicIpAddress"] == address["PublicIp"]
    (floating,) = gateway.cloud.network.ips()
    assert (floating.floating_ip_address, floating.port_id) == (address["PublicIp"], port.id)
    client.disassociate_address(AssociationId=led["AssociationId"])
    client.release_address(AllocationId=address["AllocationId"])
    assert list(gateway.cloud.network.ips()) == []
    others = client.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    client.modify_instance_attribute(InstanceId=machine["InstanceId"], Groups=[others[0]["GroupId"]])
    client.delete_security_group(GroupId=group)
    assert "web" not in [one.name for one in gateway.cloud.network.security_groups()]


def test_an_image_of_a_running_machine(client: Any, gateway: Site, machine: dict[str, Any]) -> None:
    made = client.create_image(InstanceId=machine["InstanceId"], Name="golden", Description="as it runs")["ImageId"]
    client.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig=QUICKLY)
    (own,) = [one for one in gateway.cloud.image.images() if one.name == "golden"]
    assert own.status == "active"
    copy = client.run_instances(ImageId=made, InstanceType="m1.tiny", MinCount=1, MaxCount=1)["Instances"][0]
    wanted = {"InstanceIds": [copy["InstanceId"]]}
    client.get_waiter("instance_running").wait(**wanted, WaiterConfig=QUICKLY)
    client.terminate_instances(**wanted)
    client.get_waiter("instance_terminated").wait(**wanted, WaiterConfig=QUICKLY)
    client.deregister_image(ImageId=made)
    assert "golden" not in [one.name for one in gateway.cloud.image.images()]


def test_several_machines_and_a_repeated_request(client: Any, gateway: Site) -> None:
    asked = {"ImageId": image(client), "InstanceType": "m1.tiny", "MinCount": 3, "MaxCount": 3}
    asked |= {"ClientToken": uuid.uuid4().hex}
    one, again = client.run_instances(**asked), client.run_instances(**asked)
    ids = sorted(each["InstanceId"] for each in one["Instances"])
    assert ids == sorted(each["InstanceId"] for each in again["Instances"])
    client.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=QUICKLY)
    assert len(alive(gateway.cloud)) == 3
    client.terminate_instances(InstanceIds=ids)
    client.get_waiter("instance_terminated").wait(InstanceIds=ids, WaiterConfig=QUICKLY)
    assert alive(gateway.cloud) == []
