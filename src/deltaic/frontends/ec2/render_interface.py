"""Network interfaces as EC2 shows them, under their instance and by themselves."""

from __future__ import annotations

import hashlib
from typing import Any

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic


def default_group(request: Ec2Request, network_id: str) -> dict[str, str]:
    """The one security group of a network: its id has the network's digits."""
    return {"GroupId": request.id("sg", network_id), "GroupName": "default"}


def instance_interface(request: Ec2Request, machine: Instance, index: int) -> dict[str, Any]:
    """An InstanceNetworkInterface structure; `index` is the interface's place on the machine."""
    nic = machine.nics[index]
    return _common(request, nic) | {
        "OwnerId": request.account,
        "Attachment": _attachment(machine, nic, index),
    }


def interface(request: Ec2Request, machine: Instance, index: int) -> dict[str, Any]:
    """A NetworkInterface structure as DescribeNetworkInterfaces gives it, still without zone and tags."""
    attachment = _attachment(machine, machine.nics[index], index) | {
        "InstanceId": request.id("i", machine.id),
        "InstanceOwnerId": request.account,
    }
    nic = machine.nics[index]
    return _common(request, nic) | {
        "OwnerId": request.account,
        "RequesterManaged": False,
        "Attachment": attachment,
    }


def attachment_id(nic: Nic) -> str:
    """The id of a NIC's attachment to its machine, made from the NIC's own."""
    return "eni-attach-" + hashlib.sha256(nic.id.encode()).hexdigest()[:17]


def _attachment(machine: Instance, nic: Nic, index: int) -> dict[str, Any]:
    attachment: dict[str, Any] = {
        "AttachmentId": attachment_id(nic),
        "DeviceIndex": index,
        "NetworkCardIndex": 0,
        "Status": "attached" if nic.plugged else "detached",
        "DeleteOnTermination": True,
    }
    if machine.created_at is not None:
        attachment["AttachTime"] = machine.created_at
    return attachment


def _common(request: Ec2Request, nic: Nic) -> dict[str, Any]:
    found: dict[str, Any] = {
        "NetworkInterfaceId": request.id("eni", nic.id),
        "Description": nic.name,
        "InterfaceType": "interface",
        "MacAddress": nic.mac,
        "SourceDestCheck": True,
        "Status": "in-use",
        "Groups": [default_group(request, nic.network_id)] if nic.network_id else [],
        "PrivateIpAddresses": [_address(request, nic, index) for index in range(len(nic.ipv4))],
        "Ipv6Addresses": [{"Ipv6Address": address} for address in nic.ipv6],
    }
    if nic.network_id:
        found["SubnetId"] = request.id("subnet", nic.network_id)
        found["VpcId"] = request.id("vpc", nic.network_id)
    if nic.ipv4:
        found["PrivateIpAddress"] = nic.ipv4[0]
        found["PrivateDnsName"] = nic.ipv4[0]
        found["Association"] = _association(request, nic.ipv4[0])
    return found


def _address(request: Ec2Request, nic: Nic, index: int) -> dict[str, Any]:
    address = nic.ipv4[index]
    return {
        "Primary": index == 0,
        "PrivateIpAddress": address,
        "PrivateDnsName": address,
        "Association": _association(request, address),
    }


def _association(request: Ec2Request, address: str) -> dict[str, str]:
    return {"IpOwnerId": "amazon", "PublicDnsName": address, "PublicIp": address}
