"""The calls that Terraform's AWS provider makes for networks, groups and addresses, in its order, on a real cloud.

Each resource is created, read, changed and destroyed as the provider does it, with all parameters that it sends; a
second read equals what was applied, so a second plan is empty. What it takes for "gone" is asked for at each end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.test_terraform_replay import PUBLIC_KEY, SUBNET, VPC, present
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import SECONDS
from tests.support.processes import until

Read = Callable[[], Any]
NAMED = [{"Key": "Name", "Value": "tf"}]
GROUP = "GroupId GroupName Description OwnerId VpcId IpPermissions IpPermissionsEgress Tags"
RULE = "SecurityGroupRuleId GroupId GroupOwnerId IsEgress IpProtocol FromPort ToPort"
ADDRESS = "AllocationId Domain NetworkBorderGroup PublicIp PublicIpv4Pool Tags"
EVERYBODY = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": NAMED}]


def where(**filters: str) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]


def code_of(call: Callable[..., Any], **parameters: Any) -> str:
    """The code of the error that a call gives."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def steady(read: Read) -> Any:
    """What is read, twice the same: nothing drifts."""
    first = read()
    assert read() == first
    return first


@pytest.fixture(scope="module")
def vpc(ec2: Any) -> Iterator[str]:
    """`aws_vpc`, from its creation to its removal."""
    made = ec2.create_vpc(
        CidrBlock="10.40.0.0/16",
        AmazonProvidedIpv6CidrBlock=False,
        InstanceTenancy="default",
        TagSpecifications=tagged("vpc"),
    )["Vpc"]["VpcId"]
    yield made
    ec2.delete_vpc(VpcId=made)
    assert code_of(ec2.describe_vpcs, VpcIds=[made]) == "InvalidVpcID.NotFound"
    assert code_of(ec2.delete_vpc, VpcId=made) == "InvalidVpcID.NotFound"


@pytest.fixture(scope="module")
def subnet(ec2: Any, vpc: str) -> Iterator[str]:
    """`aws_subnet`: what is in it is looked for before it is removed."""
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    made = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.40.1.0/24", AvailabilityZone=zone, TagSpecifications=tagged("subnet")
    )["Subnet"]["SubnetId"]
    yield made
    assert ec2.describe_network_interfaces(Filters=where(subnet_id=made))["NetworkInterfaces"] == []
    assert code_of(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
    ec2.delete_subnet(SubnetId=made)
    assert code_of(ec2.describe_subnets, SubnetIds=[made]) == "InvalidSubnetID.NotFound"
    assert code_of(ec2.delete_subnet, SubnetId=made) == "InvalidSubnetID.NotFound"


@pytest.fixture
def group(ec2: Any, vpc: str) -> Iterator[str]:
    """`aws_security_group` without rules: AWS's own rules for everybody are taken away."""
    made = ec2.create_security_group(
        GroupName="tf", Description="Managed by Terraform", VpcId=vpc, TagSpecifications=tagged("security-group")
    )["GroupId"]
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[{**EVERYBODY, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[{**EVERYBODY, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
    yield made
    assert ec2.describe_network_interfaces(Filters=where(group_id=made))["NetworkInterfaces"] == []
    ec2.delete_security_group(GroupId=made)
    assert code_of(ec2.describe_security_groups, GroupIds=[made]) == "InvalidGroup.NotFound"
    assert code_of(ec2.delete_security_group, GroupId=made) == "InvalidGroup.NotFound"


def described(ec2: Any, group: str) -> dict[str, Any]:
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return dict(found)


def test_vpc(ec2: Any, vpc: str) -> None:
    def read() -> Any:
        (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
        switches = {
            name: ec2.describe_vpc_attribute(VpcId=vpc, Attribute=f"e{name[1:]}")[name]["Value"]
            for name in ("EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics")
        }
        acls = ec2.describe_network_acls(Filters=where(default="true", vpc_id=vpc))["NetworkAcls"]
        main = [{"Name": "association.main", "Values": ["true"]}, *where(vpc_id=vpc)]
        tables = ec2.describe_route_tables(Filters=main)["RouteTables"]
        groups = ec2.describe_security_groups(Filters=where(group_name="default", vpc_id=vpc))["SecurityGroups"]
        return found, switches, acls, tables, groups

    found, switches, acls, tables, groups = steady(read)
    present(found, VPC)
    assert (found["State"], found["CidrBlock"], found["Tags"]) == ("available", "10.40.0.0/16", NAMED)
    # What the provider takes for the case without asking: else the next plan would change it.
    assert switches == {
        "EnableDnsHostnames": False, "EnableDnsSupport": True, "EnableNetworkAddressUsageMetrics": False,
    }  # fmt: skip
    assert [(acl["VpcId"], acl["IsDefault"]) for acl in acls] == [(vpc, True)]
    assert [table["VpcId"] for table in tables] == [vpc]
    # The cloud's default group is the project's, and shown in its default network; the provider puts up with none.
    assert groups == []
    # Modules switch it on, and read it back until it is.
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert steady(read)[1] == {**switches, "EnableDnsHostnames": True}
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "stage", "Value": "1"}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "stage"}])
    assert read()[0]["Tags"] == NAMED


def test_subnet(ec2: Any, vpc: str, subnet: str, gateway: Site) -> None:
    def read() -> Any:
        (found,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
        return found

    found = steady(read)
    present(found, SUBNET)
    assert (found["State"], found["CidrBlock"], found["VpcId"]) == ("available", "10.40.1.0/24", vpc)
    assert (found["MapPublicIpOnLaunch"], found["AssignIpv6AddressOnCreation"], found["Tags"]) == (False, False, NAMED)
    assert "10.40.1.0/24" in [one.cidr for one in gateway.cloud.network.subnets(project_id=gateway.tenant.project_id)]
    assert [acl["Associations"][0]["SubnetId"] for acl in ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]] == [subnet]  # fmt: skip
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "stage", "Value": "1"}])
    assert {"Key": "stage", "Value": "1"} in read()["Tags"]
    ec2.delete_tags(Resources=[subnet], Tags=[{"Key": "stage"}])
    assert read()["Tags"] == NAMED


def inline(group: str, other: str) -> list[dict[str, Any]]:
    """Inline blocks as the provider writes them: one permission for each block."""
    described = {"Description": "Web"}
    return [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", **described},
         {"CidrIp": "192.0.2.0/24", **described}], "Ipv6Ranges": [{"CidrIpv6": "::/0", **described}]},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": 0, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": group},
         {"GroupId": other}]},
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "50", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
    ]  # fmt: skip


def gathered(permissions: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Rules as the provider compares them: protocol, ports, the other side, description."""
    sides = (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("UserIdGroupPairs", "GroupId"))
    return {
        (one["IpProtocol"], one.get("FromPort", 0), one.get("ToPort", 0), side[name], side.get("Description", ""))
        for one in permissions
        for member, name in sides
        for side in one.get(member, ())
    }


def test_security_group_with_inline_rules(ec2: Any, group: str, vpc: str) -> None:
    other = ec2.create_security_group(GroupName="tf-other", Description="Other", VpcId=vpc)["GroupId"]
    assert (described(ec2, group)["IpPermissions"], described(ec2, group)["IpPermissionsEgress"]) == ([], [])
    wanted = inline(group, other)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=wanted)
    out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=out)
    found = steady(lambda: described(ec2, group))
    present(found, GROUP)
    assert (found["GroupName"], found["Description"], found["VpcId"], found["Tags"]) == (
        "tf", "Managed by Terraform", vpc, NAMED,
    )  # fmt: skip
    assert gathered(found["IpPermissions"]) == gathered(wanted)
    assert gathered(found["IpPermissionsEgress"]) == gathered(out)
    # A block changes: the old ones are revoked, then the new ones authorized.
    changed = [{**wanted[0], "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "Web and more"}], "Ipv6Ranges": []}]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=wanted[:1])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=changed)
    assert gathered(described(ec2, group)["IpPermissions"]) == gathered([*changed, *wanted[1:]])
    assert code_of(ec2.delete_security_group, GroupId=other) == "DependencyViolation"
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[*changed, *wanted[1:]])
    assert described(ec2, group)["IpPermissions"] == []
    ec2.delete_security_group(GroupId=other)


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_rules_of_their_own(ec2: Any, group: str, gateway: Site, way: str) -> None:
    """`aws_vpc_security_group_ingress_rule` and `..._egress_rule`: a changed rule keeps its id."""
    side = {"CidrIp": "192.0.2.0/24", "Description": "ssh"}
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [side]}
    authorize = getattr(ec2, f"authorize_security_group_{way}")
    (made,) = authorize(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    rule = made["SecurityGroupRuleId"]
    ec2.create_tags(Resources=[rule], Tags=NAMED)

    def read() -> Any:
        (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
        present(found, RULE)
        return found

    def told(found: Any) -> tuple[Any, ...]:
        members = ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description", "IsEgress", "Tags")
        return tuple(found.get(name) for name in members)

    assert told(steady(read)) == ("tcp", 22, 22, "192.0.2.0/24", "ssh", way == "egress", NAMED)
    wanted = {"IpProtocol": "tcp", "FromPort": 2222, "ToPort": 2223, "CidrIpv4": "198.51.100.0/24"}
    for description in ("ssh, elsewhere", "ssh, still elsewhere"):
        asked = {"SecurityGroupRuleId": rule, "SecurityGroupRule": {**wanted, "Description": description}}
        assert ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[asked])["Return"] is True
        assert told(steady(read)) == ("tcp", 2222, 2223, "198.51.100.0/24", description, way == "egress", NAMED)
    (own,) = gateway.cloud.network.security_groups(name="tf")
    there = [one for one in own.security_group_rules if one["direction"] == way]
    assert [(one["port_range_min"], one["port_range_max"], one["remote_ip_prefix"]) for one in there] == [
        (2222, 2223, "198.51.100.0/24")
    ]
    (listed,) = ec2.describe_security_group_rules(Filters=where(group_id=group))["SecurityGroupRules"]
    assert listed == read()
    by_tag = [{"Name": "tag:Name", "Values": ["tf"]}]
    assert [one["SecurityGroupRuleId"] for one in ec2.describe_security_group_rules(Filters=by_tag)[
        "SecurityGroupRules"]] == [rule]  # fmt: skip
    ec2.delete_tags(Resources=[rule], Tags=[{"Key": "Name"}])
    revoke = getattr(ec2, f"revoke_security_group_{way}")
    revoke(GroupId=group, SecurityGroupRuleIds=[rule])
    for gone in (
        code_of(ec2.describe_security_group_rules, SecurityGroupRuleIds=[rule]),
        code_of(revoke, GroupId=group, SecurityGroupRuleIds=[rule]),
    ):
        assert gone == "InvalidSecurityGroupRuleId.NotFound"


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_descriptions_of_rules(ec2: Any, group: str, way: str) -> None:
    """`aws_security_group_rule`: it is known by its traffic, and its description changes alone."""
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    sides = [{"CidrIp": "192.0.2.0/24", "Description": "ssh"}, {"CidrIp": "198.51.100.0/24"}]
    getattr(ec2, f"authorize_security_group_{way}")(GroupId=group, IpPermissions=[{**permission, "IpRanges": sides}])
    update = getattr(ec2, f"update_security_group_rule_descriptions_{way}")
    wanted = [{"CidrIp": "192.0.2.0/24"}, {"CidrIp": "198.51.100.0/24", "Description": "the other one"}]
    assert update(GroupId=group, IpPermissions=[{**permission, "IpRanges": wanted}])["Return"] is True
    member = "IpPermissions" if way == "ingress" else "IpPermissionsEgress"
    (found,) = steady(lambda: described(ec2, group))[member]
    assert sorted(found["IpRanges"], key=lambda one: str(one["CidrIp"])) == wanted
    unknown = [{**permission, "ToPort": 23, "IpRanges": wanted}]
    assert code_of(update, GroupId=group, IpPermissions=unknown) == "InvalidPermission.NotFound"


@pytest.fixture(scope="module")
def instance(ec2: Any, subnet: str, gateway: Site) -> Iterator[str]:
    """`aws_instance` with key, subnet, a disk of its own and tags of volumes, awaited as the provider does."""
    ec2.import_key_pair(KeyName="tf", PublicKeyMaterial=PUBLIC_KEY.encode(), TagSpecifications=tagged("key-pair"))
    (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["tiny"]}])["Images"]
    launched = ec2.run_instances(
        ImageId=image["ImageId"],
        InstanceType="m1.tiny",
        MinCount=1,
        MaxCount=1,
        KeyName="tf",
        SubnetId=subnet,
        UserData="#!/bin/sh\necho terraform\n",
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}],
        EbsOptimized=False,
        DisableApiTermination=False,
        Monitoring={"Enabled": False},
        HibernationOptions={"Configured": False},
        TagSpecifications=[*tagged("instance"), *tagged("volume")],
        ClientToken="terraform-instance",
    )["Instances"][0]["InstanceId"]
    assert set(states(ec2, launched, "running")) <= {"pending", "running"}
    yield launched
    ec2.modify_instance_attribute(InstanceId=launched, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[launched])
    assert set(states(ec2, launched, "terminated")) <= {"shutting-down", "terminated"}
    ec2.delete_key_pair(KeyName="tf")


def machine(ec2: Any, instance: str) -> dict[str, Any]:
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    (found,) = reservation["Instances"]
    return dict(found)


def states(ec2: Any, instance: str, wanted: str) -> list[str]:
    """The states that a poll saw on the way."""
    seen: list[str] = []

    def reached() -> bool:
        seen.append(machine(ec2, instance)["State"]["Name"])
        return seen[-1] == wanted

    until(reached, SECONDS, 0.5)
    return seen


def test_instance(ec2: Any, instance: str, subnet: str, vpc: str) -> None:
    found = steady(lambda: machine(ec2, instance))
    assert (found["SubnetId"], found["VpcId"], found["KeyName"], found["Tags"]) == (subnet, vpc, "tf", NAMED)
    (nic,) = found["NetworkInterfaces"]
    assert (nic["Attachment"]["DeviceIndex"], nic["SubnetId"]) == (0, subnet)
    for name in ("instanceInitiatedShutdownBehavior", "disableApiStop", "disableApiTermination", "userData"):
        ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)
    ec2.describe_instance_credit_specifications(InstanceIds=[instance])
    by_instance = [{"Name": "attachment.instance-id", "Values": [instance]}]

    def volumes() -> Any:
        return ec2.describe_volumes(Filters=by_instance)["Volumes"]

    # Tags of disks that come with a machine are written once it is there.
    until(lambda: all(one.get("Tags") for one in volumes()), SECONDS, 0.5)
    mapped = {one["DeviceName"]: one["Ebs"] for one in found["BlockDeviceMappings"]}
    own = [one for one in steady(volumes) if one["Attachments"][0]["Device"] != found["RootDeviceName"]]
    assert [(one["Size"], one["Tags"]) for one in own] == [(1, NAMED)]
    assert mapped[own[0]["Attachments"][0]["Device"]]["DeleteOnTermination"] is True


def test_groups_of_an_instance_change_by_its_interface(ec2: Any, instance: str, group: str, gateway: Site) -> None:
    """A change of `vpc_security_group_ids` is one of the primary interface."""
    before = machine(ec2, instance)
    nic = before["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=nic, Groups=[group])
    found = machine(ec2, instance)
    assert [one["GroupId"] for one in found["SecurityGroups"]] == [group]
    assert [one["GroupId"] for one in found["NetworkInterfaces"][0]["Groups"]] == [group]
    (own,) = gateway.cloud.network.security_groups(name="tf")
    ports = gateway.cloud.network.ports(project_id=gateway.tenant.project_id)
    assert [own.id] in [port.security_group_ids for port in ports]
    assert code_of(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert [one["NetworkInterfaceId"] for one in ec2.describe_network_interfaces(Filters=where(group_id=group))[
        "NetworkInterfaces"]] == [nic]  # fmt: skip
    old = [one["GroupId"] for one in before["SecurityGroups"]]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=nic, Groups=old)
    assert [one["GroupId"] for one in machine(ec2, instance)["SecurityGroups"]] == old
    unknown = {"NetworkInterfaceId": "eni-0123456789abcdef0", "Groups": [group]}
    assert code_of(ec2.modify_network_interface_attribute, **unknown) == "InvalidNetworkInterfaceID.NotFound"


def test_instance_changes(ec2: Any, instance: str) -> None:
    """Another size: stop, one attribute, start. Protection comes and goes while it runs."""
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    assert code_of(ec2.terminate_instances, InstanceIds=[instance]) == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.stop_instances(InstanceIds=[instance], Force=False)
    assert set(states(ec2, instance, "stopped")) <= {"running", "stopping", "stopped"}
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m1.small"})
    ec2.start_instances(InstanceIds=[instance])
    assert set(states(ec2, instance, "running")) <= {"stopped", "pending", "running"}
    assert steady(lambda: machine(ec2, instance))["InstanceType"] == "m1.small"


def test_addresses(ec2: Any) -> None:
    """`aws_eip` and `aws_eip_association`; the address leads to a machine in the network with a way out."""
    (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["tiny"]}])["Images"]
    (launched,) = ec2.run_instances(ImageId=image["ImageId"], InstanceType="m1.tiny", MinCount=1, MaxCount=1)[
        "Instances"
    ]
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))
    allocation = made["AllocationId"]

    def read() -> Any:
        (found,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
        present(found, ADDRESS)
        # The one refusal that the provider takes for "no reverse name".
        assert code_of(ec2.describe_addresses_attribute, AllocationIds=[allocation], Attribute="domain-name") == (
            "InvalidAction"
        )
        return found

    found = steady(read)
    assert (found["Domain"], found["PublicIp"], found["Tags"]) == ("vpc", made["PublicIp"], NAMED)
    assert "AssociationId" not in found
    states(ec2, launched["InstanceId"], "running")
    asked = {"AllocationId": allocation, "InstanceId": launched["InstanceId"]}
    association = ec2.associate_address(**asked)["AssociationId"]
    (led,) = ec2.describe_addresses(Filters=where(association_id=association))["Addresses"]
    present(led, f"{ADDRESS} AssociationId InstanceId NetworkInterfaceId PrivateIpAddress")
    assert led == steady(read)
    assert led["InstanceId"] == launched["InstanceId"]
    ec2.disassociate_address(AssociationId=association)
    assert ec2.describe_addresses(Filters=where(association_id=association))["Addresses"] == []
    assert code_of(ec2.disassociate_address, AssociationId=association) == "InvalidAssociationID.NotFound"
    ec2.release_address(AllocationId=allocation, NetworkBorderGroup=found["NetworkBorderGroup"])
    assert code_of(ec2.describe_addresses, AllocationIds=[allocation]) == "InvalidAllocationID.NotFound"
    assert code_of(ec2.release_address, AllocationId=allocation) == "InvalidAllocationID.NotFound"
    ec2.terminate_instances(InstanceIds=[launched["InstanceId"]])
    states(ec2, launched["InstanceId"], "terminated")


def settled(ask: Read, passing: set[str], target: str) -> Any:
    """What is asked for, once it has the target state; one that is neither passing nor the target is an error."""

    def look() -> Any:
        found = ask()
        assert found["State"] in passing | {target}
        return found if found["State"] == target else None

    return until(look, SECONDS, 0.5)


def test_volume_attachment_and_snapshot(ec2: Any, instance: str) -> None:
    """`aws_ebs_volume`, `aws_volume_attachment` with the device that the cloud picks, `aws_ebs_snapshot`."""
    zone = machine(ec2, instance)["Placement"]["AvailabilityZone"]
    volume = ec2.create_volume(
        AvailabilityZone=zone, Size=1, ClientToken="terraform-volume", TagSpecifications=tagged("volume")
    )["VolumeId"]

    def read() -> Any:
        (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
        return found

    found = settled(read, {"creating"}, "available")
    assert (found["Size"], found["AvailabilityZone"], found["Tags"], steady(read)) == (1, zone, NAMED, found)
    device = "/dev/sdc"
    filters = [*where(**{"attachment.device": device}), *where(**{"attachment.instance-id": instance})]

    def plugs() -> list[dict[str, Any]]:
        volumes = ec2.describe_volumes(VolumeIds=[volume], Filters=filters)["Volumes"]
        return [plug for each in volumes for plug in each["Attachments"]]

    assert plugs() == []
    ec2.attach_volume(Device=device, InstanceId=instance, VolumeId=volume)
    (plug,) = until(lambda: [one for one in plugs() if one["State"] == "attached"], SECONDS, 0.5)
    assert (plug["Device"], plug["InstanceId"]) == (device, instance)
    taken = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tagged("snapshot"))["SnapshotId"]

    def read_snapshot() -> Any:
        (one,) = ec2.describe_snapshots(SnapshotIds=[taken])["Snapshots"]
        return one

    snapshot = settled(read_snapshot, {"pending"}, "completed")
    assert (snapshot["Description"], snapshot["VolumeId"], snapshot["Tags"]) == ("", volume, NAMED)
    ec2.detach_volume(Device=device, InstanceId=instance, VolumeId=volume, Force=False)
    until(lambda: plugs() == [], SECONDS, 0.5)
    ec2.delete_snapshot(SnapshotId=taken)
    until(lambda: _gone(read_snapshot, "InvalidSnapshot.NotFound"), SECONDS, 0.5)
    settled(read, {"in-use"}, "available")
    ec2.modify_volume(VolumeId=volume, Size=2)

    def modification() -> Any:
        (one,) = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
        return {"State": one["ModificationState"]}

    settled(modification, {"modifying", "optimizing"}, "completed")
    assert steady(read)["Size"] == 2
    ec2.delete_volume(VolumeId=volume)
    until(lambda: _gone(read, "InvalidVolume.NotFound"), SECONDS, 0.5)


def test_ami_from_instance(ec2: Any, instance: str) -> None:
    made = ec2.create_image(InstanceId=instance, Name="tf-golden", NoReboot=False, TagSpecifications=tagged("image"))[
        "ImageId"
    ]

    def read() -> Any:
        (found,) = ec2.describe_images(ImageIds=[made])["Images"]
        return found

    found = settled(read, {"pending"}, "available")
    assert (found["ImageId"], found["Name"], found["Tags"]) == (made, "tf-golden", NAMED)
    ec2.deregister_image(ImageId=made)
    until(lambda: _gone(read, "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"), SECONDS, 0.5)
    behind = [one["Ebs"]["SnapshotId"] for one in found["BlockDeviceMappings"] if "SnapshotId" in one.get("Ebs", {})]
    assert [code_of(ec2.delete_snapshot, SnapshotId=one) for one in behind] == ["InvalidSnapshot.NotFound"] * len(
        behind
    )


def _gone(read: Read, *codes: str) -> bool:
    """Whether what is read is not there any more, in words that the provider takes for it; other errors are raised."""
    try:
        read()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return True
        raise
    return False
