"""Every filter of DescribeInstances and of the other describes: one value that is true, one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deltaic.frontends.ec2.actions import ACTIONS
from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import machines, native, one

TOKEN = "filtered-token"

#: Filters of DescribeInstances by the path of the value in its answer; a false value is made from each.
PATHS: dict[str, str] = {
    "architecture": "Architecture",
    "availability-zone": "Placement.AvailabilityZone",
    "block-device-mapping.attach-time": "BlockDeviceMappings.0.Ebs.AttachTime",
    "block-device-mapping.delete-on-termination": "BlockDeviceMappings.0.Ebs.DeleteOnTermination",
    "block-device-mapping.device-name": "BlockDeviceMappings.0.DeviceName",
    "block-device-mapping.status": "BlockDeviceMappings.0.Ebs.Status",
    "block-device-mapping.volume-id": "BlockDeviceMappings.0.Ebs.VolumeId",
    "client-token": "ClientToken",
    "dns-name": "PublicDnsName",
    "ebs-optimized": "EbsOptimized",
    "enclave-options.enabled": "EnclaveOptions.Enabled",
    "group-id": "SecurityGroups.0.GroupId",
    "group-name": "SecurityGroups.0.GroupName",
    "hibernation-options.configured": "HibernationOptions.Configured",
    "hypervisor": "Hypervisor",
    "image-id": "ImageId",
    "instance-id": "InstanceId",
    "instance-state-code": "State.Code",
    "instance-state-name": "State.Name",
    "instance-type": "InstanceType",
    "instance.group-id": "SecurityGroups.0.GroupId",
    "instance.group-name": "SecurityGroups.0.GroupName",
    "ip-address": "PublicIpAddress",
    "key-name": "KeyName",
    "launch-index": "AmiLaunchIndex",
    "launch-time": "LaunchTime",
    "maintenance-options.auto-recovery": "MaintenanceOptions.AutoRecovery",
    "metadata-options.http-endpoint": "MetadataOptions.HttpEndpoint",
    "metadata-options.http-put-response-hop-limit": "MetadataOptions.HttpPutResponseHopLimit",
    "metadata-options.http-tokens": "MetadataOptions.HttpTokens",
    "monitoring-state": "Monitoring.State",
    "network-interface.addresses.association.public-ip": "PublicIpAddress",
    "network-interface.addresses.primary": "NetworkInterfaces.0.PrivateIpAddresses.0.Primary",
    "network-interface.addresses.private-ip-address": "NetworkInterfaces.0.PrivateIpAddresses.0.PrivateIpAddress",
    "network-interface.association.ip-owner-id": "NetworkInterfaces.0.Association.IpOwnerId",
    "network-interface.association.public-ip": "NetworkInterfaces.0.Association.PublicIp",
    "network-interface.attachment.attachment-id": "NetworkInterfaces.0.Attachment.AttachmentId",
    "network-interface.attachment.device-index": "NetworkInterfaces.0.Attachment.DeviceIndex",
    "network-interface.attachment.instance-id": "InstanceId",
    "network-interface.attachment.instance-owner-id": "NetworkInterfaces.0.OwnerId",
    "network-interface.attachment.status": "NetworkInterfaces.0.Attachment.Status",
    "network-interface.availability-zone": "Placement.AvailabilityZone",
    "network-interface.description": "NetworkInterfaces.0.Description",
    "network-interface.group-id": "NetworkInterfaces.0.Groups.0.GroupId",
    "network-interface.group-name": "NetworkInterfaces.0.Groups.0.GroupName",
    "network-interface.mac-address": "NetworkInterfaces.0.MacAddress",
    "network-interface.network-interface-id": "NetworkInterfaces.0.NetworkInterfaceId",
    "network-interface.owner-id": "NetworkInterfaces.0.OwnerId",
    "network-interface.private-dns-name": "NetworkInterfaces.0.PrivateDnsName",
    "network-interface.private-ip-address": "NetworkInterfaces.0.PrivateIpAddress",
    "network-interface.source-dest-check": "NetworkInterfaces.0.SourceDestCheck",
    "network-interface.status": "NetworkInterfaces.0.Status",
    "network-interface.subnet-id": "NetworkInterfaces.0.SubnetId",
    "network-interface.vpc-id": "NetworkInterfaces.0.VpcId",
    "owner-id": "NetworkInterfaces.0.OwnerId",
    "placement-group-name": "Placement.GroupName",
    "platform-details": "PlatformDetails",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "root-device-name": "RootDeviceName",
    "root-device-type": "RootDeviceType",
    "source-dest-check": "SourceDestCheck",
    "subnet-id": "SubnetId",
    "tag-key": "Tags.0.Key",
    "tag-value": "Tags.0.Value",
    "tenancy": "Placement.Tenancy",
    "virtualization-type": "VirtualizationType",
    "vpc-id": "VpcId",
}
ALIASES = {"availabilityZone": "availability-zone"}

#: Filters that no machine of an engine satisfies: what they ask for does not exist there.
NEVER = {
    "affinity", "current-instance-boot-mode", "ena-support", "host-id", "iam-instance-profile.arn",
    "iam-instance-profile.id", "instance-lifecycle", "ipv6-address", "kernel-id", "platform", "product-code",
    "ramdisk-id", "requester-id", "spot-instance-request-id",
}  # fmt: skip
#: Filters with tests of their own below.
OTHERS = {"reason", "reservation-id", "state-reason-code", "state-reason-message"}


@pytest.fixture(scope="module")
def machine(ec2: Any) -> Iterator[dict[str, Any]]:
    """A running machine of which everything is known that a filter may ask for."""
    ec2.create_key_pair(KeyName="filtered")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Purpose", "Value": "to be, found"}]}]
    with machines(ec2, KeyName="filtered", ClientToken=TOKEN, TagSpecifications=tags) as (instance_id,):
        shown = one(ec2, instance_id)
        while "PrivateIpAddress" not in shown:
            shown = one(ec2, instance_id)
        yield shown
    ec2.delete_key_pair(KeyName="filtered")


def text_at(tree: Any, path: str) -> str:
    """A value of the answer as a filter's value."""
    for step in path.split("."):
        tree = tree[int(step)] if step.isdecimal() else tree[step]
    if isinstance(tree, bool):
        return str(tree).lower()
    if hasattr(tree, "strftime"):
        return f"{tree:%Y-%m-%dT%H:%M:%S}.{tree.microsecond // 1000:03}Z"
    return str(tree)


def found(ec2: Any, instance_id: str, *filters: tuple[str, list[str]]) -> bool:
    """Whether the filters let the machine pass."""
    sent = [{"Name": name, "Values": values} for name, values in filters]
    reservations = ec2.describe_instances(Filters=sent)["Reservations"]
    return instance_id in [each["InstanceId"] for entry in reservations for each in entry["Instances"]]


def test_every_filter_is_covered() -> None:
    table = ACTIONS["DescribeInstances"].filters
    assert table is not None
    names = {name for name in table.names if not name.startswith("tag:")}
    assert names == set(PATHS) | set(ALIASES) | NEVER | OTHERS


@pytest.mark.parametrize("name", [*PATHS, *ALIASES])
def test_a_filter_of_instances(ec2: Any, machine: dict[str, Any], name: str) -> None:
    value = text_at(machine, PATHS[ALIASES.get(name, name)])
    instance_id = machine["InstanceId"]
    assert found(ec2, instance_id, (name, [value]))
    assert found(ec2, instance_id, (name, ["none of these", value]))
    assert not found(ec2, instance_id, (name, [value + "x"]))
    if value:
        assert found(ec2, instance_id, (name, [value[:-1] + "?"]))
        assert found(ec2, instance_id, (name, ["*" + value[1:]]))


@pytest.mark.parametrize("name", sorted(NEVER))
def test_a_filter_that_nothing_passes(ec2: Any, machine: dict[str, Any], name: str) -> None:
    assert not found(ec2, machine["InstanceId"], (name, ["*"]))


def test_reservations_states_and_reasons(ec2: Any, machine: dict[str, Any]) -> None:
    instance_id = machine["InstanceId"]
    reservation = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["ReservationId"]
    assert found(ec2, instance_id, ("reservation-id", [reservation]))
    assert not found(ec2, instance_id, ("reservation-id", ["r-0"]))
    with machines(ec2, state="stopped") as (stopped,):
        shown = one(ec2, stopped)
        assert shown["StateTransitionReason"].startswith("User initiated (")
        assert found(ec2, stopped, ("reason", [shown["StateTransitionReason"]]))
        assert not found(ec2, stopped, ("reason", ["no reason"]))
        ec2.stop_instances(InstanceIds=[stopped])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[stopped], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    reason = one(ec2, stopped)["StateReason"]
    assert found(ec2, stopped, ("state-reason-code", [reason["Code"]]))
    assert found(ec2, stopped, ("state-reason-message", [reason["Message"]]))
    assert not found(ec2, stopped, ("state-reason-code", ["Server.Error"]))
    assert not found(ec2, stopped, ("state-reason-message", ["none"]))


def test_filters_add_up_and_values_do_not(ec2: Any, machine: dict[str, Any]) -> None:
    instance_id = machine["InstanceId"]
    assert found(ec2, instance_id, ("image-id", [WORKSHOP_AMI]), ("instance-state-name", ["stopped", "running"]))
    assert not found(ec2, instance_id, ("image-id", [WORKSHOP_AMI]), ("instance-state-name", ["stopped"]))


def test_tags(ec2: Any, machine: dict[str, Any]) -> None:
    instance_id = machine["InstanceId"]
    assert found(ec2, instance_id, ("tag:Purpose", ["to be, found"]))
    assert found(ec2, instance_id, ("tag:Purpose", ["to be*"]))
    assert not found(ec2, instance_id, ("tag:Purpose", ["To be, found"]))
    assert not found(ec2, instance_id, ("tag:purpose", ["to be, found"]))
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "Star", "Value": "a*b?"}, {"Key": "Empty", "Value": ""}])
    assert found(ec2, instance_id, ("tag:Star", [r"a\*b\?"]))
    assert not found(ec2, instance_id, ("tag:Star", [r"a\*b\*"]))
    assert found(ec2, instance_id, ("tag:Empty", [""]))
    ec2.delete_tags(Resources=[instance_id], Tags=[{"Key": "Star", "Value": "other"}, {"Key": "Empty"}])
    assert found(ec2, instance_id, ("tag-key", ["Star"]))
    assert not found(ec2, instance_id, ("tag-key", ["Empty"]))


#: Other describes: method, member of the answer, filter, path of its value in the first row.
OTHER_DESCRIBES = [
    ("describe_instance_status", "InstanceStatuses", "instance-state-name", "InstanceState.Name"),
    ("describe_instance_status", "InstanceStatuses", "availability-zone", "AvailabilityZone"),
    ("describe_instance_status", "InstanceStatuses", "system-status.reachability", "SystemStatus.Details.0.Status"),
    ("describe_images", "Images", "name", "Name"),
    ("describe_images", "Images", "image-id", "ImageId"),
    ("describe_images", "Images", "owner-id", "OwnerId"),
    ("describe_images", "Images", "state", "State"),
    ("describe_availability_zones", "AvailabilityZones", "zone-name", "ZoneName"),
    ("describe_availability_zones", "AvailabilityZones", "region-name", "RegionName"),
    ("describe_regions", "Regions", "region-name", "RegionName"),
    ("describe_instance_types", "InstanceTypes", "instance-type", "InstanceType"),
    ("describe_instance_types", "InstanceTypes", "vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"),
    ("describe_instance_type_offerings", "InstanceTypeOfferings", "location", "Location"),
    ("describe_volumes", "Volumes", "attachment.instance-id", "Attachments.0.InstanceId"),
    ("describe_volumes", "Volumes", "volume-id", "VolumeId"),
    ("describe_volumes", "Volumes", "status", "State"),
    ("describe_vpcs", "Vpcs", "vpc-id", "VpcId"),
    ("describe_vpcs", "Vpcs", "is-default", "IsDefault"),
    ("describe_vpcs", "Vpcs", "tag:Name", "Tags.0.Value"),
    ("describe_subnets", "Subnets", "vpc-id", "VpcId"),
    ("describe_subnets", "Subnets", "availability-zone", "AvailabilityZone"),
    ("describe_network_interfaces", "NetworkInterfaces", "attachment.instance-id", "Attachment.InstanceId"),
    ("describe_network_interfaces", "NetworkInterfaces", "mac-address", "MacAddress"),
    ("describe_security_groups", "SecurityGroups", "group-name", "GroupName"),
    ("describe_security_groups", "SecurityGroups", "vpc-id", "VpcId"),
    ("describe_route_tables", "RouteTables", "association.main", "Associations.0.Main"),
    ("describe_key_pairs", "KeyPairs", "key-name", "KeyName"),
    ("describe_key_pairs", "KeyPairs", "fingerprint", "KeyFingerprint"),
    ("describe_tags", "Tags", "resource-type", "ResourceType"),
    ("describe_tags", "Tags", "value", "Value"),
]


@pytest.mark.parametrize(("method", "member", "name", "path"), OTHER_DESCRIBES)
def test_a_filter_of_something_else(
    ec2: Any, machine: dict[str, Any], method: str, member: str, name: str, path: str
) -> None:
    call = getattr(ec2, method)
    first = next(row for row in call()[member] if _has(row, path))
    rows = call(Filters=[{"Name": name, "Values": [text_at(first, path)]}])[member]
    assert first in rows
    assert all(text_at(row, path) == text_at(first, path) for row in rows)
    assert call(Filters=[{"Name": name, "Values": [text_at(first, path) + "x"]}])[member] == []


def _has(row: dict[str, Any], path: str) -> bool:
    try:
        return bool(text_at(row, path))
    except (KeyError, IndexError):
        return False


def test_the_engine_agrees_with_the_filtered_machine(demo: Gateway, machine: dict[str, Any]) -> None:
    vm_id = native(demo.engine, machine["InstanceId"])
    nic = demo.engine.get(f"/vms/{vm_id}/nics")["nic"][0]
    assert nic["mac"]["address"] == machine["NetworkInterfaces"][0]["MacAddress"]
