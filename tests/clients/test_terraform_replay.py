"""The calls that Terraform's AWS provider makes, in its order, with every member that it dereferences.

The provider crashes or plans a change where one of these members is missing, so presence is what counts.
"""

from __future__ import annotations

import base64
import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import native, wait
from tests.clients.user_data import guest_of
from tests.support.processes import until

SCRIPT = b"#!/bin/sh\necho terraform\n"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl tf"
NAME_TAG = [{"Key": "Name", "Value": "tf-web"}]

#: What resource and data sources read of an instance.
INSTANCE = """
    InstanceId ImageId InstanceType State.Name State.Code AmiLaunchIndex LaunchTime Architecture RootDeviceName
    RootDeviceType EbsOptimized SourceDestCheck VirtualizationType KeyName SubnetId VpcId PrivateIpAddress
    PrivateDnsName PublicDnsName PublicIpAddress Placement.AvailabilityZone Placement.Tenancy Placement.GroupName
    Monitoring.State MetadataOptions.State MetadataOptions.HttpEndpoint MetadataOptions.HttpTokens
    MetadataOptions.HttpPutResponseHopLimit MetadataOptions.HttpProtocolIpv6 MetadataOptions.InstanceMetadataTags
    CpuOptions.CoreCount CpuOptions.ThreadsPerCore EnclaveOptions.Enabled MaintenanceOptions.AutoRecovery
    HibernationOptions.Configured ClientToken
"""
INTERFACE = """
    NetworkInterfaceId SubnetId VpcId OwnerId Status SourceDestCheck MacAddress PrivateIpAddress Ipv6Addresses
    PrivateIpAddresses Groups Attachment.DeviceIndex Attachment.AttachmentId Attachment.DeleteOnTermination
    Attachment.Status Attachment.NetworkCardIndex
"""
VOLUME = """
    VolumeId Size VolumeType Encrypted SnapshotId State AvailabilityZone CreateTime MultiAttachEnabled Attachments
"""
INSTANCE_TYPE = """
    InstanceType BareMetal BurstablePerformanceSupported CurrentGeneration DedicatedHostsSupported
    FreeTierEligible HibernationSupported Hypervisor InstanceStorageSupported AutoRecoverySupported
    MemoryInfo.SizeInMiB VCpuInfo.DefaultVCpus VCpuInfo.DefaultCores VCpuInfo.DefaultThreadsPerCore
    ProcessorInfo.SupportedArchitectures EbsInfo.EbsOptimizedSupport EbsInfo.EncryptionSupport EbsInfo.NvmeSupport
    NetworkInfo.EnaSupport NetworkInfo.Ipv6Supported NetworkInfo.EfaSupported NetworkInfo.NetworkPerformance
    PlacementGroupInfo.SupportedStrategies SupportedRootDeviceTypes SupportedUsageClasses
    SupportedVirtualizationTypes
"""
IMAGE = """
    ImageId Architecture BlockDeviceMappings CreationDate Description Hypervisor ImageLocation ImageType Name OwnerId
    Public RootDeviceName RootDeviceType State VirtualizationType ProductCodes PlatformDetails
"""
VPC = """
    VpcId CidrBlock CidrBlockAssociationSet DhcpOptionsId InstanceTenancy IsDefault OwnerId State Tags
"""
SUBNET = """
    SubnetId VpcId AvailabilityZone AvailabilityZoneId AvailableIpAddressCount AssignIpv6AddressOnCreation CidrBlock
    DefaultForAz Ipv6CidrBlockAssociationSet Ipv6Native MapPublicIpOnLaunch OwnerId State SubnetArn Tags
"""


def present(found: dict[str, Any], paths: str) -> None:
    """Every one of the paths, blanks between them, leads to a member that was sent."""
    missing = []
    for path in paths.split():
        value: Any = found
        for step in path.split("."):
            value = value.get(step) if value is not None else None
        if value is None:
            missing.append(path)
    assert missing == [], found


@dataclass
class Made:
    """An instance that was created as the provider does it, and how its creation looked."""

    id: str
    token: str
    states: list[str] = field(default_factory=list)


def launch(ec2: Any, **parameters: Any) -> dict[str, Any]:
    """RunInstances with everything that `aws_instance` sends, optional blocks left at their defaults."""
    request = {
        "ImageId": WORKSHOP_AMI,
        "InstanceType": "SERVER",
        "MinCount": 1,
        "MaxCount": 1,
        "EbsOptimized": False,
        "DisableApiTermination": False,
        "InstanceInitiatedShutdownBehavior": "stop",
        "Monitoring": {"Enabled": False},
        "UserData": SCRIPT.decode(),
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": NAME_TAG},
            {"ResourceType": "volume", "Tags": NAME_TAG},
        ],
        **parameters,
    }
    answer: dict[str, Any] = ec2.run_instances(**request)
    return answer


def states_until(ec2: Any, instance_id: str, wanted: str) -> list[str]:
    """The states that a poll saw on the way to the wanted one, that one included."""
    seen: list[str] = []

    def reached() -> bool:
        state = describe(ec2, instance_id)["State"]["Name"]
        if not seen or seen[-1] != state:
            seen.append(state)
        return bool(state == wanted)

    until(reached)
    return seen


def describe(ec2: Any, instance_id: str) -> dict[str, Any]:
    """The one instance of the one reservation that an id must give."""
    (reservation,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (found,) = reservation["Instances"]
    return dict(found)


@pytest.fixture(scope="module")
def made(ec2: Any) -> Iterator[Made]:
    """`aws_instance` created: key pair imported, launched, polled until it runs."""
    ec2.import_key_pair(KeyName="tf-key", PublicKeyMaterial=PUBLIC_KEY.encode())
    token = str(uuid.uuid4())
    (first,) = launch(ec2, ClientToken=token, KeyName="tf-key")["Instances"]
    instance = Made(first["InstanceId"], token)
    instance.states = [first["State"]["Name"], *states_until(ec2, instance.id, "running")]
    yield instance
    ec2.terminate_instances(InstanceIds=[instance.id])
    ec2.delete_key_pair(KeyName="tf-key")


def test_provider_start(demo: Gateway) -> None:
    """Account and partition come from STS; what is asked of IAM may be refused, but never by a 5xx (retried)."""
    identity = demo.client("sts").get_caller_identity()
    assert len(identity["Account"]) == 12
    assert identity["Account"].isdecimal()
    assert identity["Arn"].split(":")[:2] == ["arn", "aws"]
    assert identity["UserId"]
    for ask in (lambda: demo.client("iam").get_user(), lambda: demo.client("iam").list_roles(MaxItems=1)):
        with pytest.raises(ClientError) as caught:
            ask()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_create_shows_only_pending_before_running(made: Made) -> None:
    assert [state for state in made.states if state != "pending"] == ["running"]
    assert made.states[0] == "pending"


def test_create_again_with_the_same_token_is_the_same_machine(ec2: Any, made: Made) -> None:
    (again,) = launch(ec2, ClientToken=made.token, KeyName="tf-key")["Instances"]
    assert again["InstanceId"] == made.id


def test_create_with_a_subnet_moves_it_into_an_interface(ec2: Any) -> None:
    """With `associate_public_ip_address` the provider describes the interface instead."""
    (default,) = [
        subnet
        for subnet in ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["Defaulta"]}])["Subnets"]
        if subnet["DefaultForAz"]
    ]
    group = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [default["VpcId"]]}])["SecurityGroups"][
        0
    ]
    interface = {
        "DeviceIndex": 0,
        "SubnetId": default["SubnetId"],
        "Groups": [group["GroupId"]],
        "AssociatePublicIpAddress": True,
    }
    (found,) = launch(ec2, NetworkInterfaces=[interface])["Instances"]
    try:
        assert found["SubnetId"] == default["SubnetId"]
        (shown,) = describe(ec2, found["InstanceId"])["NetworkInterfaces"]
        assert (shown["Attachment"]["DeviceIndex"], shown["SubnetId"]) == (0, default["SubnetId"])
        assert [each["GroupId"] for each in shown["Groups"]] == [group["GroupId"]]
    finally:
        ec2.terminate_instances(InstanceIds=[found["InstanceId"]])


def test_read_instance(ec2: Any, made: Made) -> None:
    found = describe(ec2, made.id)
    present(found, INSTANCE)
    assert (found["InstanceType"], found["KeyName"], found["ImageId"]) == ("SERVER", "tf-key", WORKSHOP_AMI)
    assert (found["ClientToken"], found["Tags"]) == (made.token, NAME_TAG)
    assert found["MetadataOptions"]["State"] == "applied"
    assert found["Placement"]["Tenancy"] == "default"
    primary = [each for each in found["NetworkInterfaces"] if each["Attachment"]["DeviceIndex"] == 0]
    assert len(primary) == 1
    present(primary[0], INTERFACE)
    assert primary[0]["SubnetId"] == found["SubnetId"]
    assert [each["PrivateIpAddress"] for each in primary[0]["PrivateIpAddresses"] if each["Primary"]] == [
        found["PrivateIpAddress"]
    ]
    groups = [(group["GroupId"], group["GroupName"]) for group in found["SecurityGroups"]]
    assert [name for _, name in groups] == ["default"]
    assert groups == [(group["GroupId"], group["GroupName"]) for group in primary[0]["Groups"]]


def test_read_type_tags_and_network(ec2: Any, made: Made) -> None:
    found = describe(ec2, made.id)
    (described,) = ec2.describe_instance_types(InstanceTypes=[found["InstanceType"]])["InstanceTypes"]
    present(described, INSTANCE_TYPE)
    assert described["BurstablePerformanceSupported"] is False
    template = [
        {"Name": "resource-id", "Values": [made.id]},
        {"Name": "key", "Values": ["aws:ec2launchtemplate:id"]},
    ]
    assert ec2.describe_tags(Filters=template)["Tags"] == []
    (own,) = ec2.describe_vpcs(VpcIds=[found["VpcId"]])["Vpcs"]
    assert own["IsDefault"] is True


def test_read_attributes(ec2: Any, made: Made) -> None:
    def attribute(name: str) -> dict[str, Any]:
        return dict(ec2.describe_instance_attribute(InstanceId=made.id, Attribute=name))

    assert attribute("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"] == {"Value": "stop"}
    assert attribute("disableApiStop")["DisableApiStop"] == {"Value": False}
    assert attribute("disableApiTermination")["DisableApiTermination"] == {"Value": False}
    assert base64.b64decode(attribute("userData")["UserData"]["Value"]) == SCRIPT


def test_read_root_volume(ec2: Any, made: Made) -> None:
    found = describe(ec2, made.id)
    roots = [each for each in found["BlockDeviceMappings"] if each["DeviceName"] == found["RootDeviceName"]]
    assert len(roots) == 1
    present(roots[0], "Ebs.VolumeId Ebs.DeleteOnTermination Ebs.Status Ebs.AttachTime")
    (volume,) = ec2.describe_volumes(VolumeIds=[roots[0]["Ebs"]["VolumeId"]])["Volumes"]
    present(volume, VOLUME)
    assert volume["Tags"] == NAME_TAG
    by_instance = [{"Name": "attachment.instance-id", "Values": [made.id]}]
    assert [each["VolumeId"] for each in ec2.describe_volumes(Filters=by_instance)["Volumes"]] == [volume["VolumeId"]]


def test_plan_after_create_is_empty(ec2: Any, made: Made) -> None:
    """Two reads agree in everything that is not a time: nothing drifts."""
    assert describe(ec2, made.id) == describe(ec2, made.id)


def test_update(ec2: Any, made: Made, demo: Gateway) -> None:
    """Type and user data: stop, one attribute per call, start; then tags and monitoring while it runs."""
    ec2.stop_instances(InstanceIds=[made.id], Force=False)
    assert set(states_until(ec2, made.id, "stopped")) <= {"running", "stopping", "stopped"}
    ec2.modify_instance_attribute(InstanceId=made.id, InstanceType={"Value": "Medium"})
    changed = b"#!/bin/sh\necho changed\n"
    ec2.modify_instance_attribute(InstanceId=made.id, UserData={"Value": changed})
    ec2.start_instances(InstanceIds=[made.id])
    assert set(states_until(ec2, made.id, "running")) <= {"stopped", "pending", "running"}
    ec2.create_tags(Resources=[made.id], Tags=[{"Key": "tier", "Value": "1"}])
    ec2.delete_tags(Resources=[made.id], Tags=[{"Key": "tier"}])
    ec2.modify_instance_attribute(InstanceId=made.id, DisableApiTermination={"Value": True})
    ec2.modify_instance_attribute(InstanceId=made.id, DisableApiTermination={"Value": False})
    found = describe(ec2, made.id)
    assert (found["InstanceType"], found["Tags"]) == ("Medium", NAME_TAG)
    shown = ec2.describe_instance_attribute(InstanceId=made.id, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(shown) == changed
    assert guest_of(demo.engine, native(demo.engine, made.id)).scripts == [changed]
    assert ec2.describe_instance_types(InstanceTypes=["Medium"])["InstanceTypes"][0]["MemoryInfo"]["SizeInMiB"] == 4096


def test_delete(ec2: Any) -> None:
    (found,) = launch(ec2)["Instances"]
    wait(ec2, "instance_running", InstanceIds=[found["InstanceId"]])
    ec2.modify_instance_attribute(InstanceId=found["InstanceId"], DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[found["InstanceId"]])
    assert set(states_until(ec2, found["InstanceId"], "terminated")) <= {"shutting-down", "terminated"}
    # A refresh of what is gone: shown as terminated, and a second removal is no error.
    ec2.terminate_instances(InstanceIds=[found["InstanceId"]])
    with pytest.raises(ClientError) as caught:
        ec2.terminate_instances(InstanceIds=["i-0123456789abcdef0"])
    assert caught.value.response["Error"]["Code"] == "InvalidInstanceID.NotFound"


def test_instance_created_stopped_is_an_error_so_it_never_shows(ec2: Any) -> None:
    (found,) = launch(ec2)["Instances"]
    try:
        assert set(states_until(ec2, found["InstanceId"], "running")) <= {"pending", "running"}
    finally:
        ec2.terminate_instances(InstanceIds=[found["InstanceId"]])


def test_key_pair(ec2: Any) -> None:
    imported = ec2.import_key_pair(KeyName="tf-only", PublicKeyMaterial=PUBLIC_KEY.encode())
    (found,) = ec2.describe_key_pairs(KeyNames=["tf-only"], IncludePublicKey=True)["KeyPairs"]
    present(found, "KeyPairId KeyFingerprint KeyName KeyType PublicKey CreateTime Tags")
    assert (found["KeyPairId"], found["KeyFingerprint"]) == (imported["KeyPairId"], imported["KeyFingerprint"])
    assert found["PublicKey"].split()[:2] == PUBLIC_KEY.split()[:2]
    ec2.delete_key_pair(KeyName="tf-only")
    with pytest.raises(ClientError) as caught:
        ec2.describe_key_pairs(KeyNames=["tf-only"])
    assert caught.value.response["Error"]["Code"] == "InvalidKeyPair.NotFound"


def test_data_ami(ec2: Any) -> None:
    filters = [
        {"Name": "name", "Values": ["Workshop*"]},
        {"Name": "virtualization-type", "Values": ["hvm"]},
        {"Name": "root-device-type", "Values": ["ebs"]},
        {"Name": "architecture", "Values": ["x86_64"]},
        {"Name": "state", "Values": ["available"]},
    ]
    (image,) = ec2.describe_images(Owners=["self"], Filters=filters, IncludeDeprecated=True)["Images"]
    present(image, IMAGE)
    assert datetime.datetime.strptime(image["CreationDate"], "%Y-%m-%dT%H:%M:%S.%fZ").year == 2012
    (mapping,) = image["BlockDeviceMappings"]
    assert mapping["DeviceName"] == image["RootDeviceName"]
    present(mapping, "Ebs.SnapshotId Ebs.VolumeSize Ebs.VolumeType Ebs.DeleteOnTermination Ebs.Encrypted")


def test_data_vpc_and_route_table(ec2: Any) -> None:
    default = [{"Name": "isDefault", "Values": ["true"]}, {"Name": "state", "Values": ["available"]}]
    own = ec2.describe_vpcs(Filters=[*default, {"Name": "tag:Name", "Values": ["ovirtmgmt"]}])["Vpcs"]
    assert len(own) == 2
    for vpc in own:
        present(vpc, VPC)
        for association in vpc["CidrBlockAssociationSet"]:
            present(association, "AssociationId CidrBlock CidrBlockState.State")
        for attribute in ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics"):
            answer = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            assert answer[attribute[0].upper() + attribute[1:]]["Value"] in (True, False)
        main = [
            {"Name": "association.main", "Values": ["true"]},
            {"Name": "vpc-id", "Values": [vpc["VpcId"]]},
        ]
        (table,) = ec2.describe_route_tables(Filters=main)["RouteTables"]
        present(table, "RouteTableId OwnerId VpcId Routes PropagatingVgws")
        assert [(each["Main"], each["RouteTableId"]) for each in table["Associations"]] == [
            (True, table["RouteTableId"])
        ]


def test_data_subnets(ec2: Any) -> None:
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["workshop"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert [subnet["VpcId"] for subnet in subnets] == [vpc["VpcId"]]
    for subnet in subnets:
        present(subnet, SUBNET)
        assert subnet["State"] == "available"
        (again,) = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"]
        assert again == subnet


def test_data_security_group_and_zones(ec2: Any) -> None:
    filters = [{"Name": "group-name", "Values": ["default"]}]
    for group in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        present(group, "GroupId GroupName Description OwnerId VpcId IpPermissions IpPermissionsEgress Tags")
    for zone in ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]:
        present(zone, "ZoneName ZoneId GroupName RegionName State OptInStatus ZoneType NetworkBorderGroup")


def test_data_instances(ec2: Any, made: Made) -> None:
    filters = [
        {"Name": "tag:Name", "Values": ["tf-web"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
    found = [each["InstanceId"] for page in pages for group in page["Reservations"] for each in group["Instances"]]
    assert made.id in found


def test_what_is_not_served_is_an_unknown_action(ec2: Any) -> None:
    """The one refusal that the provider tolerates, of DescribeAddressesAttribute for example."""
    for ask in (
        lambda: ec2.describe_addresses_attribute(AllocationIds=["eipalloc-0123456789abcdef0"]),
        lambda: ec2.describe_instance_event_windows(),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert caught.value.response["Error"]["Code"] == "InvalidAction"
        assert caught.value.response["Error"]["Message"].endswith("is not valid for this web service.")
