"""What is read through boto3 agrees with the engine, and each answer with the others."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from deltaic.frontends.ec2.actions import ACTIONS
from deltaic.frontends.ec2.instance_attributes import READERS
from tests.clients.gateway import DESKTOP_AMI, WORKSHOP_AMI, Gateway
from tests.clients.machines import FAST, machines, native, one


@pytest.fixture(scope="module")
def several(ec2: Any) -> Iterator[list[str]]:
    """Six running machines, launched together."""
    tags = [{"ResourceType": kind, "Tags": [{"Key": "set", "Value": "reads"}]} for kind in ("instance", "volume")]
    with machines(ec2, MinCount=6, MaxCount=6, TagSpecifications=tags, InstanceType="Tiny") as ids:
        yield ids


def test_images_are_the_engine_s_templates(demo: Gateway, ec2: Any) -> None:
    templates = {each["name"]: each for each in demo.engine.get("/templates")["template"]}
    images = {each["Name"]: each for each in ec2.describe_images()["Images"]}
    assert set(images) == set(templates)
    for name, shown in images.items():
        assert native(demo.engine, shown["ImageId"], "/templates", "template") == templates[name]["id"]
        assert shown["Description"] == templates[name]["description"]
    workshop = images["Workshop template"]
    assert (workshop["ImageId"], workshop["State"], workshop["RootDeviceName"]) == (
        WORKSHOP_AMI,
        "available",
        "/dev/vda",
    )
    assert [each["DeviceName"] for each in workshop["BlockDeviceMappings"]] == ["/dev/vda"]
    assert workshop["CreationDate"] == "2012-10-11T09:20:26.000Z"
    own = ec2.describe_images(Owners=["self"], ImageIds=[WORKSHOP_AMI, DESKTOP_AMI])["Images"]
    assert {each["ImageId"] for each in own} == {WORKSHOP_AMI, DESKTOP_AMI}
    assert ec2.describe_images(Owners=["amazon"])["Images"] == []


def test_volumes_are_the_engine_s_disks(demo: Gateway, ec2: Any, several: list[str]) -> None:
    for instance_id in several:
        mapping = one(ec2, instance_id)["BlockDeviceMappings"]
        vm_id = native(demo.engine, instance_id)
        attachments = demo.engine.get(f"/vms/{vm_id}/diskattachments?follow=disk")["disk_attachment"]
        (volume,) = ec2.describe_volumes(VolumeIds=[each["Ebs"]["VolumeId"] for each in mapping])["Volumes"]
        disk = attachments[0]["disk"]
        assert disk["id"].replace("-", "").startswith(volume["VolumeId"][4:])
        assert volume["Size"] == max(1, -(-int(disk["provisioned_size"]) // (1 << 30)))
        assert (volume["State"], volume["AvailabilityZone"]) == ("in-use", "Defaulta")
        (attachment,) = volume["Attachments"]
        assert (attachment["InstanceId"], attachment["Device"]) == (instance_id, mapping[0]["DeviceName"])
        assert attachment["State"] == "attached"
        assert volume["Tags"] == [{"Key": "set", "Value": "reads"}]
    every = {each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]}
    assert len(every) == len(ec2.describe_volumes()["Volumes"])


def test_networks_hang_together(demo: Gateway, ec2: Any, several: list[str]) -> None:
    networks = {each["id"].replace("-", "")[:17] for each in demo.engine.get("/networks")["network"]}
    vpcs = {each["VpcId"]: each for each in ec2.describe_vpcs()["Vpcs"]}
    assert {vpc.removeprefix("vpc-") for vpc in vpcs} == networks
    subnets = ec2.describe_subnets()["Subnets"]
    assert {each["VpcId"] for each in subnets} == set(vpcs)
    assert all(each["CidrBlock"] == vpcs[each["VpcId"]]["CidrBlock"] for each in subnets)
    groups = ec2.describe_security_groups()["SecurityGroups"]
    assert {each["VpcId"] for each in groups} == set(vpcs)
    assert {each["GroupName"] for each in groups} == {"default"}
    tables = ec2.describe_route_tables()["RouteTables"]
    assert {each["VpcId"] for each in tables} == set(vpcs)
    for instance_id in several:
        shown = one(ec2, instance_id)
        (nic,) = shown["NetworkInterfaces"]
        (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[nic["NetworkInterfaceId"]])["NetworkInterfaces"]
        assert (found["VpcId"], found["SubnetId"]) == (shown["VpcId"], shown["SubnetId"])
        assert found["Attachment"]["InstanceId"] == instance_id
        assert nic["Attachment"]["DeviceIndex"] == 0
        assert found["Groups"] == shown["SecurityGroups"]
        engine_nic = demo.engine.get(f"/vms/{native(demo.engine, instance_id)}/nics")["nic"][0]
        assert found["MacAddress"] == engine_nic["mac"]["address"]


def test_addresses_are_those_that_guests_report(demo: Gateway, ec2: Any, several: list[str]) -> None:
    for instance_id in several:
        vm_id = native(demo.engine, instance_id)
        shown = one(ec2, instance_id)
        while "PrivateIpAddress" not in shown:
            shown = one(ec2, instance_id)
        devices = demo.engine.get(f"/vms/{vm_id}/reporteddevices")["reported_device"]
        reported = [ip["address"] for device in devices for ip in device["ips"]["ip"]]
        assert shown["PrivateIpAddress"] in reported
        assert not shown["PrivateIpAddress"].startswith(("127.", "169.254.", "172.17."))
    assert ec2.describe_addresses()["Addresses"] == []


def test_every_type_that_is_shown_can_be_described(demo: Gateway, ec2: Any) -> None:
    types = {each["InstanceType"]: each for each in ec2.describe_instance_types()["InstanceTypes"]}
    engine = {each["name"]: each for each in demo.engine.get("/instancetypes")["instance_type"]}
    assert set(types) == set(engine) | {"SERVER", "DESKTOP", "HIGH_PERFORMANCE"}
    for name, each in engine.items():
        assert types[name]["MemoryInfo"]["SizeInMiB"] == int(each["memory"]) >> 20
        topology = {part: int(count) for part, count in each["cpu"]["topology"].items()}
        assert types[name]["VCpuInfo"]["DefaultVCpus"] == topology["sockets"] * topology["cores"] * topology["threads"]
    pages = ec2.get_paginator("describe_instances").paginate()
    shown = {each["InstanceType"] for page in pages for entry in page["Reservations"] for each in entry["Instances"]}
    assert shown <= set(types)
    for kind, locations in {
        "region": {"Default", "barcelona"},
        "availability-zone": {"Defaulta", "barcelonaa"},
    }.items():
        rows = ec2.describe_instance_type_offerings(LocationType=kind)["InstanceTypeOfferings"]
        assert {(each["InstanceType"], each["Location"]) for each in rows} == {
            (name, location) for name in types for location in locations
        }


#: Every attribute of DescribeInstanceAttribute: its member of the answer and the value for a fresh machine.
ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "disableApiStop": ("DisableApiStop", {"Value": False}),
    "disableApiTermination": ("DisableApiTermination", {"Value": False}),
    "ebsOptimized": ("EbsOptimized", {"Value": False}),
    "enaSupport": ("EnaSupport", {"Value": False}),
    "enclaveOptions": ("EnclaveOptions", {"Enabled": False}),
    "instanceInitiatedShutdownBehavior": ("InstanceInitiatedShutdownBehavior", {"Value": "stop"}),
    "instanceType": ("InstanceType", {"Value": "Tiny"}),
    "kernel": ("KernelId", {}),
    "productCodes": ("ProductCodes", []),
    "ramdisk": ("RamdiskId", {}),
    "rootDeviceName": ("RootDeviceName", {"Value": "/dev/vda"}),
    "sourceDestCheck": ("SourceDestCheck", {"Value": True}),
    "sriovNetSupport": ("SriovNetSupport", {}),
    "userData": ("UserData", {}),
}


def test_every_attribute_is_covered() -> None:
    assert {*ATTRIBUTES, "blockDeviceMapping", "groupSet"} == {*READERS, "userData"}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute(ec2: Any, several: list[str], name: str) -> None:
    member, value = ATTRIBUTES[name]
    answer = ec2.describe_instance_attribute(InstanceId=several[0], Attribute=name)
    assert (answer["InstanceId"], answer.get(member)) == (several[0], value)


def test_attributes_that_are_lists(ec2: Any, several: list[str]) -> None:
    shown = one(ec2, several[0])
    mapping = ec2.describe_instance_attribute(InstanceId=several[0], Attribute="blockDeviceMapping")
    assert mapping["BlockDeviceMappings"] == shown["BlockDeviceMappings"]
    groups = ec2.describe_instance_attribute(InstanceId=several[0], Attribute="groupSet")
    assert groups["Groups"] == shown["SecurityGroups"]


def test_status(ec2: Any, several: list[str]) -> None:
    rows = ec2.describe_instance_status(InstanceIds=several)["InstanceStatuses"]
    assert {each["InstanceId"] for each in rows} == set(several)
    assert {each["InstanceState"]["Name"] for each in rows} == {"running"}
    assert {each["SystemStatus"]["Status"] for each in rows} == {"ok"}
    every = ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]
    states = {each["InstanceId"]: each["InstanceState"]["Name"] for each in every}
    assert states["i-7434e6e3a85d4bfbb"] == "stopped"
    assert "i-7434e6e3a85d4bfbb" not in {
        each["InstanceId"] for each in ec2.describe_instance_status()["InstanceStatuses"]
    }


def test_account_attributes(ec2: Any) -> None:
    every = ec2.describe_account_attributes()["AccountAttributes"]
    assert all(each["AttributeValues"][0]["AttributeValue"].isdecimal() for each in every)
    names = ["supported-platforms", "default-vpc"]
    told = ec2.describe_account_attributes(AttributeNames=names)["AccountAttributes"]
    values = {each["AttributeName"]: each["AttributeValues"][0]["AttributeValue"] for each in told}
    defaults = {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if each["IsDefault"]}
    assert values["supported-platforms"] == "VPC"
    assert values["default-vpc"] in defaults


def test_a_screenshot_is_a_picture(ec2: Any, several: list[str]) -> None:
    answer = ec2.get_console_screenshot(InstanceId=several[0])
    assert answer["InstanceId"] == several[0]
    assert base64.b64decode(answer["ImageData"]).startswith(b"\x89PNG\r\n\x1a\n")


#: Paginated actions that are served, with the member that is cut into pages.
PAGED = {
    "describe_instances": "Reservations",
    "describe_instance_status": "InstanceStatuses",
    "describe_images": "Images",
    "describe_instance_types": "InstanceTypes",
    "describe_instance_type_offerings": "InstanceTypeOfferings",
    "describe_instance_credit_specifications": "InstanceCreditSpecifications",
    "describe_volumes": "Volumes",
    "describe_volumes_modifications": "VolumesModifications",
    "describe_volume_status": "VolumeStatuses",
    "describe_snapshots": "Snapshots",
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_security_groups": "SecurityGroups",
    "describe_security_group_rules": "SecurityGroupRules",
    "describe_route_tables": "RouteTables",
    "describe_network_acls": "NetworkAcls",
    "describe_tags": "Tags",
}


def test_every_paginated_action_is_covered(ec2: Any) -> None:
    served = {name.lower() for name in ACTIONS}
    methods = [name for name in dir(ec2) if name.replace("_", "") in served]
    paginated = {name for name in methods if ec2.can_paginate(name)} - {"describe_addresses_attribute"}
    assert paginated == set(PAGED)


@pytest.mark.parametrize("method", PAGED)
def test_pages_put_together_are_the_whole(ec2: Any, several: list[str], method: str) -> None:
    assert len(several) == 6
    member = PAGED[method]
    pages = list(ec2.get_paginator(method).paginate(PaginationConfig={"PageSize": 5}))
    together = [text for page in pages for text in _shown(page[member])]
    whole = _shown(getattr(ec2, method)()[member])
    assert sorted(together) == sorted(whole)
    assert all("NextToken" in page for page in pages[:-1])
    assert "NextToken" not in pages[-1]
    if method != "describe_images":
        assert len(pages) == max(1, -(-len(whole) // 5))


def _shown(rows: list[Any]) -> list[str]:
    """What is counted on a page, as text: of reservations their instances, of rows what does not change by itself."""
    if rows and "Instances" in rows[0]:
        return [f"{row['ReservationId']} {each['InstanceId']}" for row in rows for each in row["Instances"]]
    names = ("Id", "Name", "Key", "Type", "Location")
    return [str(sorted((name, str(value)) for name, value in row.items() if name.endswith(names))) for row in rows]


def test_a_token_is_good_for_its_own_request_only(ec2: Any, several: list[str]) -> None:
    assert len(several) == 6
    token = ec2.describe_instances(MaxResults=5)["NextToken"]
    assert "NextToken" not in ec2.describe_instances(MaxResults=1000, NextToken=token)
    for call, other in (
        (ec2.describe_instances, {"Filters": [{"Name": "tag-key", "Values": ["x"]}]}),
        (ec2.describe_volumes, {}),
    ):
        with pytest.raises(ec2.exceptions.ClientError) as caught:
            call(NextToken=token, MaxResults=5, **other)
        assert caught.value.response["Error"]["Code"] == "InvalidPaginationToken"


def test_tags_of_everything(ec2: Any, several: list[str]) -> None:
    """A tag set on any described thing is told by DescribeTags and by the thing itself."""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    shown = one(ec2, several[0])
    resources = {
        several[0]: "instance",
        shown["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]: "volume",
        shown["NetworkInterfaces"][0]["NetworkInterfaceId"]: "network-interface",
        WORKSHOP_AMI: "image",
        vpc: "vpc",
        vpc.replace("vpc-", "subnet-"): "subnet",
        vpc.replace("vpc-", "sg-"): "security-group",
    }
    ec2.create_tags(Resources=list(resources), Tags=[{"Key": "everywhere", "Value": "ja & nein"}])
    rows = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["everywhere"]}])["Tags"]
    assert {each["ResourceId"]: each["ResourceType"] for each in rows} == resources
    assert {each["Value"] for each in rows} == {"ja & nein"}
    found = ec2.describe_subnets(Filters=[{"Name": "tag:everywhere", "Values": ["ja*"]}])["Subnets"]
    assert [each["SubnetId"] for each in found] == [vpc.replace("vpc-", "subnet-")]
    ec2.delete_tags(Resources=list(resources), Tags=[{"Key": "everywhere"}])
    assert ec2.describe_tags(Filters=[{"Name": "key", "Values": ["everywhere"]}])["Tags"] == []


def test_a_machine_that_others_made_and_changed(demo: Gateway, ec2: Any) -> None:
    """The engine is the truth: what happens past the gateway shows at once."""
    shown = one(ec2, "i-81e0908a04da48598")
    assert {"Key": "Name", "Value": "cimi_machine2"} in shown["Tags"]
    demo.engine.post("/vms/81e0908a-04da-4859-8a92-f80d071a2e4c/start", {})
    ec2.get_waiter("instance_running").wait(InstanceIds=["i-81e0908a04da48598"], WaiterConfig=FAST)
    demo.engine.post("/vms/81e0908a-04da-4859-8a92-f80d071a2e4c/stop", {})
    ec2.get_waiter("instance_stopped").wait(InstanceIds=["i-81e0908a04da48598"], WaiterConfig=FAST)


def test_attributes_of_networks(ec2: Any) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for attribute, member in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        assert (answer["VpcId"], answer[member]) == (vpc, {"Value": False})
