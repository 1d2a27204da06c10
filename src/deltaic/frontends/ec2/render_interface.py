"""Network interfaces as EC2 shows them, under their instance and by themselves."""

from __future__ import annotations

import hashlib
from typing import Any

from deltaic.frontends.ec2.address_book import association_id, offered
from deltaic.frontends.ec2.group_book import groups_of
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic
from deltaic.services.subnets import subnet_of


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
        "Groups": groups_of(request, nic),
        "PrivateIpAddresses": [_address(request, nic, index) for index in range(len(nic.ipv4))],
        "Ipv6Addresses": [{"Ipv6Address": address} for address in nic.ipv6],
    }
    if nic.network_id:
        found["SubnetId"] = request.id("subnet", subnet_of(nic))
        found["VpcId"] = request.id("vpc", nic.network_id)
    if nic.ipv4:
        found["PrivateIpAddress"] = nic.ipv4[0]
        found["PrivateDnsName"] = nic.ipv4[0]
        found |= _associated(request, nic, 0)
    return found


def public_ipv4(request: Ec2Request, nic: Nic) -> str:
    """The public address of an interface: the guest's own where the cloud translates none."""
    own = nic.public_ipv4 if offered(request) else nic.ipv4
    return own[0] if own else ""


def _address(request: Ec2Request, nic: Nic, index: int) -> dict[str, Any]:
    address = nic.ipv4[index]
    return {
        "Primary": index == 0,
        "PrivateIpAddress": address,
        "PrivateDnsName": address,
        **_associated(request, nic, index),
    }


def _associated(request: Ec2Request, nic: Nic, index: int) -> dict[str, Any]:
    """What tells of the public address of one of an interface's addresses; nothing when it has none."""
    if not offered(request):
        return {"Association": _association(nic.ipv4[index], "amazon")}
    for public in nic.public_ipv4:
        known = request.addresses.get(public)
        if known is None:
            if index == 0:
                return {"Association": _association(public, request.account)}
        elif known.private_ip == nic.ipv4[index]:
            own = {"AllocationId": request.id("eipalloc", known.id), "AssociationId": association_id(known)}
            return {"Association": _association(public, request.account) | own}
    return {}


def _association(address: str, owner: str) -> dict[str, str]:
    return {"IpOwnerId": owner, "PublicDnsName": address, "PublicIp": address}
