"""Everything around machines: images, sizes, zones, disks, networks, keys, tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import BCN_CLUSTER, BLANK, CLUSTER, SECOND_CLUSTER, VM, Gateway

VM_ID = "i-8462303649fe4f22a"
AMI = "ami-77ea752130174ee9b"
VOLUME = "vol-d15c0000111142228"
SNAPSHOT = "snap-aaaa752130174ee9b"
ENI = "eni-21c00000111142228"
VPC, SUBNET, GROUP = "vpc-00000000000000000", "subnet-00000000000000000", "sg-00000000000000000"
PUBLIC_KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKLiSG5s2eJjJjDs0LcLjCkWyCQgEPC8nKTzPnHy3Vo me"


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


async def names(client: AwsClient, action: str, member: str, column_name: str, *filters: tuple[str, str]) -> list[Any]:
    given = [{"Name": name, "Values": [value]} for name, value in filters]
    return column((await client.call(action, **({"Filters": given} if given else {})))[member], column_name)


async def test_regions_tell_the_gateway_as_their_endpoint(client: AwsClient) -> None:
    answer = await client.call("DescribeRegions")
    assert column(answer["Regions"], "RegionName") == ["Default", "barcelona"]
    assert column(answer["Regions"], "Endpoint") == ["http://gateway.example:3001"] * 2
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeRegions", RegionNames=["mars"])
    assert caught.value.code == "InvalidParameterValue"


@pytest.mark.parametrize("name", ["Defaultb", "Second", SECOND_CLUSTER.id])
async def test_zones_by_every_name(client: AwsClient, name: str) -> None:
    answer = await client.call("DescribeAvailabilityZones", ZoneNames=[name])
    assert column(answer["AvailabilityZones"], "ZoneName") == ["Defaultb"]
    assert column(answer["AvailabilityZones"], "ZoneId") == [SECOND_CLUSTER.id]
    assert await names(client, "DescribeAvailabilityZones", "AvailabilityZones", "State", ("zone-name", name)) == [
        "available"
    ]


async def test_zones_of_another_data_center_are_unknown(client: AwsClient) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeAvailabilityZones", ZoneNames=[BCN_CLUSTER.id])
    assert caught.value.code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["Blank", "desktop_template"]),
        ({"Owners": ["self"]}, ["Blank", "desktop_template"]),
        ({"Owners": ["amazon"]}, []),
        ({"ImageIds": [AMI]}, ["desktop_template"]),
        ({"ImageIds": [BLANK]}, ["Blank"]),
        ({"Filters": [{"Name": "name", "Values": ["desk*"]}]}, ["desktop_template"]),
        ({"Filters": [{"Name": "root-device-name", "Values": ["/dev/vda"]}]}, ["desktop_template"]),
        ({"ExecutableUsers": ["all"]}, []),
        ({"MaxResults": 1}, ["Blank"]),
    ],
)
async def test_images(client: AwsClient, parameters: dict[str, Any], expected: list[str]) -> None:
    assert column((await client.call("DescribeImages", **parameters))["Images"], "Name") == expected


async def test_an_image_s_disks_are_snapshots_that_exist(client: AwsClient) -> None:
    image = (await client.call("DescribeImages", ImageIds=[AMI]))["Images"][0]
    assert image["CreationDate"] == "2012-10-10T07:53:08.984Z"
    assert image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == SNAPSHOT
    snapshots = (await client.call("DescribeSnapshots", SnapshotIds=[SNAPSHOT], OwnerIds=["self"]))["Snapshots"]
    assert [(s["SnapshotId"], s["State"], s["VolumeSize"]) for s in snapshots] == [(SNAPSHOT, "completed", 10)]
    with pytest.raises(AwsFault) as caught:
        await client.call("DescribeSnapshots", SnapshotIds=["snap-11111111111111111"])
    assert caught.value.code == "InvalidSnapshot.NotFound"


async def test_every_size_that_is_shown_can_be_described(client: AwsClient) -> None:
    machines = await client.call("DescribeInstances")
    shown = {i["InstanceType"] for g in machines["Reservations"] for i in g["Instances"]}
    described = (await client.call("DescribeInstanceTypes", InstanceTypes=sorted(shown)))["InstanceTypes"]
    assert set(column(described, "InstanceType")) == shown
    assert column(described, "BurstablePerformanceSupported") == [False] * len(shown)
    every = await names(client, "DescribeInstanceTypes", "InstanceTypes", "InstanceType")
    assert every == ["Small", "SERVER", "DESKTOP", "HIGH_PERFORMANCE"]
    offered = await names(
        client, "DescribeInstanceTypeOfferings", "InstanceTypeOfferings", "Location", ("instance-type", "Small")
    )
    assert offered == ["Default"]


async def test_volumes(client: AwsClient) -> None:
    volume = (await client.call("DescribeVolumes", VolumeIds=[VOLUME]))["Volumes"][0]
    assert (volume["State"], volume["Size"], volume["SnapshotId"]) == ("in-use", 10, "")
    assert volume["AvailabilityZone"] == "Defaulta"
    assert [(a["InstanceId"], a["Device"], a["State"]) for a in volume["Attachments"]] == [
        (VM_ID, "/dev/vda", "attached")
    ]
    machine = (await client.call("DescribeInstances", InstanceIds=[VM_ID]))["Reservations"][0]["Instances"][0]
    assert volume["CreateTime"] == machine["BlockDeviceMappings"][0]["Ebs"]["AttachTime"]
    where = (("attachment.instance-id", VM_ID), ("attachment.device", "/dev/vda"))
    assert await names(client, "DescribeVolumes", "Volumes", "VolumeId", *where) == [VOLUME]
    assert await names(client, "DescribeVolumes", "Volumes", "Size", ("status", "available")) == [1]


async def test_a_volume_always_has_a_time(client: AwsClient) -> None:
    """Terraform and Ansible read it without asking whether it is there."""
    (free,) = [each for each in (await client.call("DescribeVolumes"))["Volumes"] if not each["Attachments"]]
    assert free["CreateTime"].isoformat() == "1970-01-01T00:00:00+00:00"


async def test_a_volume_of_a_machine_that_just_went_is_still_described(gateway: Gateway, client: AwsClient) -> None:
    del gateway.machines[VM]
    volume = (await client.call("DescribeVolumes", VolumeIds=[VOLUME]))["Volumes"][0]
    assert [a["InstanceId"] for a in volume["Attachments"]] == [VM_ID]


async def test_one_machine_s_tags_don_t_cost_a_list_of_all(
    gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.call("DescribeInstances", InstanceIds=[VM_ID])
    asked: list[object] = []
    original = type(gateway.services.instances).list

    async def spy(self: object, context: object, ids: object = (), details: bool = True) -> object:
        asked.append(ids)
        return await original(self, context, ids=ids, details=details)  # type: ignore[arg-type]

    monkeypatch.setattr(type(gateway.services.instances), "list", spy)
    assert await names(client, "DescribeTags", "Tags", "Value", ("resource-id", VM_ID)) == ["vm1"]
    assert asked == [[VM]]


async def test_networks_are_consistent(client: AwsClient) -> None:
    vpcs = (await client.call("DescribeVpcs"))["Vpcs"]
    assert [(v["VpcId"], v["CidrBlock"], v["IsDefault"], v["State"]) for v in vpcs] == [
        (VPC, "0.0.0.0/0", True, "available"),
        ("vpc-0e7b0000111142228", "10.1.0.0/24", False, "available"),
    ]
    subnets = (await client.call("DescribeSubnets", Filters=[{"Name": "vpc-id", "Values": [VPC]}]))["Subnets"]
    assert [(s["SubnetId"], s["AvailabilityZone"], s["DefaultForAz"]) for s in subnets] == [(SUBNET, "Defaulta", True)]
    second = await names(client, "DescribeSubnets", "Subnets", "AvailableIpAddressCount", ("cidrBlock", "10.1.0.0/24"))
    assert second == [251]
    tables = await client.call("DescribeRouteTables", Filters=[{"Name": "association.main", "Values": ["true"]}])
    assert column(tables["RouteTables"], "VpcId") == [VPC, "vpc-0e7b0000111142228"]
    groups = (await client.call("DescribeSecurityGroups", GroupNames=["default"]))["SecurityGroups"]
    assert next((g["GroupId"], g["GroupName"], g["VpcId"]) for g in groups) == (GROUP, "default", VPC)
    rules = await names(client, "DescribeSecurityGroupRules", "SecurityGroupRules", "IsEgress", ("group-id", GROUP))
    assert rules == [False, False, True, True]


@pytest.mark.parametrize("zone", ["Defaulta", "Defaultb", CLUSTER.id])
async def test_a_subnet_is_found_in_every_zone_that_it_reaches(client: AwsClient, zone: str) -> None:
    where = (("availability-zone", zone), ("default-for-az", "true"))
    assert await names(client, "DescribeSubnets", "Subnets", "SubnetId", *where) == [SUBNET]


async def test_interfaces(client: AwsClient) -> None:
    nic = (await client.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[ENI]))["NetworkInterfaces"][0]
    assert nic["Attachment"]["InstanceId"] == VM_ID
    assert nic["Attachment"]["DeviceIndex"] == 0
    assert (nic["SubnetId"], nic["MacAddress"], nic["Status"]) == (SUBNET, "00:1a:4a:16:01:51", "in-use")
    assert nic["AvailabilityZone"] == "Defaulta"
    assert nic["PrivateIpAddresses"][0]["PrivateIpAddress"] == "192.168.1.27"


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("DescribeVolumes", {"VolumeIds": ["vol-11111111111111111"]}, "InvalidVolume.NotFound"),
        ("DescribeVpcs", {"VpcIds": ["vpc-11111111111111111"]}, "InvalidVpcID.NotFound"),
        ("DescribeVpcs", {"VpcIds": ["nonsense"]}, "InvalidVpcID.Malformed"),
        ("DescribeSubnets", {"SubnetIds": ["subnet-11111111111111111"]}, "InvalidSubnetID.NotFound"),
        ("DescribeSubnets", {"SubnetIds": ["subnet-" + "1" * 32]}, "InvalidSubnetID.NotFound"),
        ("DescribeRouteTables", {"RouteTableIds": ["rtb-11111111111111111"]}, "InvalidRouteTableID.NotFound"),
        ("DescribeSecurityGroups", {"GroupIds": ["sg-11111111111111111"]}, "InvalidGroup.NotFound"),
        ("DescribeSecurityGroups", {"GroupNames": ["web"]}, "InvalidGroup.NotFound"),
        (
            "DescribeSecurityGroupRules",
            {"SecurityGroupRuleIds": ["sgr-11111111111111111"]},
            "InvalidSecurityGroupRuleId.NotFound",
        ),
        (
            "DescribeNetworkInterfaces",
            {"NetworkInterfaceIds": ["eni-11111111111111111"]},
            "InvalidNetworkInterfaceID.NotFound",
        ),
        ("DescribeAddresses", {"PublicIps": ["192.168.1.27"]}, "InvalidAddress.NotFound"),
        ("DescribeAddresses", {"AllocationIds": ["eipalloc-1"]}, "InvalidAllocationID.NotFound"),
        ("DescribeKeyPairs", {"KeyNames": ["none"]}, "InvalidKeyPair.NotFound"),
        ("DescribeInstanceTypes", {"InstanceTypes": ["none"]}, "InvalidInstanceType"),
        ("DescribeVpcAttribute", {"VpcId": VPC, "Attribute": "none"}, "InvalidParameterValue"),
        ("DescribeAccountAttributes", {"AttributeNames": ["none"]}, "InvalidParameterValue"),
        ("DescribeImageAttribute", {"ImageId": AMI, "Attribute": "none"}, "InvalidParameterValue"),
        (
            "DescribeImageAttribute",
            {"ImageId": "ami-11111111111111111", "Attribute": "description"},
            "InvalidAMIID.NotFound",
        ),
        ("DescribeSnapshotAttribute", {"SnapshotId": SNAPSHOT, "Attribute": "none"}, "InvalidParameterValue"),
        (
            "DescribeSnapshotAttribute",
            {"SnapshotId": "snap-11111111111111111", "Attribute": "productCodes"},
            "InvalidSnapshot.NotFound",
        ),
    ],
)
async def test_what_does_not_exist(client: AwsClient, action: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters)
    assert (caught.value.status, caught.value.code) == (400, code)


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("launchPermission", {"LaunchPermissions": []}),
        ("productCodes", {"ProductCodes": []}),
        ("kernel", {"KernelId": {}}),
        ("ramdisk", {"RamdiskId": {}}),
        ("sriovNetSupport", {"SriovNetSupport": {}}),
        ("deregistrationProtection", {"DeregistrationProtection": {"Value": "disabled"}}),
    ],
)
async def test_image_attributes(client: AwsClient, attribute: str, expected: dict[str, Any]) -> None:
    answer = await client.call("DescribeImageAttribute", ImageId=AMI, Attribute=attribute)
    assert answer == {"ImageId": AMI, **expected}


async def test_image_and_snapshot_attributes_agree_with_the_lists(client: AwsClient) -> None:
    image = (await client.call("DescribeImages", ImageIds=[AMI]))["Images"][0]
    answer = await client.call("DescribeImageAttribute", ImageId=AMI, Attribute="blockDeviceMapping")
    assert answer["BlockDeviceMappings"] == image["BlockDeviceMappings"]
    answer = await client.call("DescribeImageAttribute", ImageId=AMI, Attribute="description")
    assert answer["Description"] == {"Value": image["Description"]}
    for attribute, member in (
        ("createVolumePermission", "CreateVolumePermissions"),
        ("productCodes", "ProductCodes"),
    ):
        answer = await client.call("DescribeSnapshotAttribute", SnapshotId=SNAPSHOT, Attribute=attribute)
        assert answer == {"SnapshotId": SNAPSHOT, member: []}


async def test_addresses_are_none(client: AwsClient) -> None:
    answer = await client.call("DescribeAddresses", Filters=[{"Name": "instance-id", "Values": [VM_ID]}])
    assert answer["Addresses"] == []


async def test_account_attributes_are_numbers_unless_named(client: AwsClient) -> None:
    values = {
        row["AttributeName"]: row["AttributeValues"][0]["AttributeValue"]
        for row in (await client.call("DescribeAccountAttributes"))["AccountAttributes"]
    }
    assert all(value.isdecimal() for value in values.values())
    named = await client.call("DescribeAccountAttributes", AttributeNames=["default-vpc", "supported-platforms"])
    assert [row["AttributeValues"][0]["AttributeValue"] for row in named["AccountAttributes"]] == [VPC, "VPC"]


async def test_the_life_of_a_key_pair(client: AwsClient) -> None:
    made = await client.call("CreateKeyPair", KeyName="made", KeyType="rsa")
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert len(made["KeyFingerprint"]) == 59
    spec = [{"ResourceType": "key-pair", "Tags": [{"Key": "a", "Value": "b"}]}]
    taken = await client.call("ImportKeyPair", KeyName="mine", PublicKeyMaterial=PUBLIC_KEY, TagSpecifications=spec)
    listed = (await client.call("DescribeKeyPairs", IncludePublicKey=True))["KeyPairs"]
    assert [(k["KeyName"], k["KeyType"]) for k in listed] == [("made", "rsa"), ("mine", "ed25519")]
    assert listed[1]["PublicKey"].startswith("ssh-ed25519 AAAA")
    assert listed[1]["Tags"] == [{"Key": "a", "Value": "b"}]
    by_id = await client.call("DescribeKeyPairs", KeyPairIds=[taken["KeyPairId"]])
    assert column(by_id["KeyPairs"], "KeyName") == ["mine"]
    with pytest.raises(AwsFault) as caught:
        await client.call("CreateKeyPair", KeyName="mine")
    assert caught.value.code == "InvalidKeyPair.Duplicate"
    with pytest.raises(AwsFault) as caught:
        await client.call("ImportKeyPair", KeyName="bad", PublicKeyMaterial=b"nonsense")
    assert caught.value.code == "InvalidKey.Format"
    for wrong in ({"KeyName": "x", "KeyType": "dsa"}, {"KeyName": "\u00e4"}):
        with pytest.raises(AwsFault) as caught:
            await client.call("CreateKeyPair", **wrong)
        assert caught.value.code == "InvalidParameterValue"
    gone = await client.call("DeleteKeyPair", KeyPairId=taken["KeyPairId"])
    assert gone == {"Return": True, "KeyPairId": taken["KeyPairId"]}
    assert await client.call("DeleteKeyPair", KeyName="never") == {"Return": True}


RESOURCES = [VM_ID, AMI, VOLUME, SNAPSHOT, ENI, VPC, SUBNET, GROUP, "rtb-00000000000000000"]


async def test_tags_on_everything_that_is_described(client: AwsClient) -> None:
    await client.call("CreateTags", Resources=RESOURCES, Tags=[{"Key": "team", "Value": "blue"}])
    rows = (await client.call("DescribeTags", Filters=[{"Name": "key", "Values": ["team"]}]))["Tags"]
    assert {row["ResourceId"]: row["ResourceType"] for row in rows} == {
        VM_ID: "instance",
        AMI: "image",
        VOLUME: "volume",
        SNAPSHOT: "snapshot",
        ENI: "network-interface",
        VPC: "vpc",
        SUBNET: "subnet",
        GROUP: "security-group",
        "rtb-00000000000000000": "route-table",
    }
    for action, member, name, resource in (
        ("DescribeVolumes", "Volumes", "VolumeId", VOLUME),
        ("DescribeSnapshots", "Snapshots", "SnapshotId", SNAPSHOT),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId", ENI),
        ("DescribeVpcs", "Vpcs", "VpcId", VPC),
        ("DescribeSubnets", "Subnets", "SubnetId", SUBNET),
        ("DescribeSecurityGroups", "SecurityGroups", "GroupId", GROUP),
        ("DescribeImages", "Images", "ImageId", AMI),
    ):
        assert await names(client, action, member, name, ("tag:team", "blue")) == [resource]


async def test_deleting_tags(client: AwsClient) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]
    await client.call("CreateTags", Resources=[VM_ID, VOLUME], Tags=tags)
    wanted = [{"Key": "a"}, {"Key": "b", "Value": "other"}, {"Key": "c", "Value": ""}]
    await client.call("DeleteTags", Resources=[VM_ID, VOLUME], Tags=wanted)
    for resource in (VM_ID, VOLUME):
        where = [{"Name": "resource-id", "Values": [resource]}, {"Name": "key", "Values": ["a", "b", "c"]}]
        assert column((await client.call("DescribeTags", Filters=where))["Tags"], "Key") == ["b"]
    await client.call("DeleteTags", Resources=[VOLUME])
    assert await names(client, "DescribeTags", "Tags", "Key", ("resource-id", VOLUME)) == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Resources": [VM_ID, "i-11111111111111111"], "Tags": [{"Key": "a"}]}, "InvalidInstanceID.NotFound"),
        ({"Resources": [VM_ID, "nonsense"], "Tags": [{"Key": "a"}]}, "InvalidID"),
        ({"Resources": [VM_ID], "Tags": [{"Key": "aws:a", "Value": ""}]}, "InvalidParameterValue"),
        ({"Resources": [VM_ID], "Tags": [{"Key": "a"}, {"Key": "a"}]}, "InvalidParameterValue"),
        ({"Resources": [VM_ID], "Tags": [{"Key": f"k{n}"} for n in range(51)]}, "TagLimitExceeded"),
        ({"Resources": [VM_ID], "Tags": [{"Key": "k" * 128}]}, "InvalidParameterValue"),
    ],
)
async def test_wrong_tags_change_nothing(
    gateway: Gateway, client: AwsClient, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("CreateTags", **parameters)
    assert caught.value.code == code
    assert gateway.driver.instances.changes == []
