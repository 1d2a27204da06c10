"""Instances as EC2 shows them."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2 import states
from deltaic.frontends.ec2.address_book import offered
from deltaic.frontends.ec2.devices import attached_devices, attached_since, root_of
from deltaic.frontends.ec2.group_book import groups_of
from deltaic.frontends.ec2.render_interface import instance_interface, public_ipv4
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.tagging import tag_set
from deltaic.model.instance import Instance, InstanceState
from deltaic.services.subnets import subnet_of
from deltaic.services.views import InstanceView

#: There is no metadata service: user data reach the guest on a configuration drive.
METADATA_OPTIONS = {
    "State": "applied",
    "HttpTokens": "optional",
    "HttpPutResponseHopLimit": 1,
    "HttpEndpoint": "disabled",
    "HttpProtocolIpv6": "disabled",
    "InstanceMetadataTags": "disabled",
}

#: Guests that were told no domain say one of these; nobody else can look such a name up.
_NO_DOMAINS = (".localdomain", ".local", ".(none)")


def instance(request: Ec2Request, view: InstanceView) -> dict[str, Any]:
    """An Instance structure. Keys stand in one order, so that the serializer meets few variants."""
    machine = view.instance
    return {
        "AmiLaunchIndex": machine.annotation.launch_index,
        "InstanceId": request.id("i", machine.id),
        "InstanceType": view.type_name,
        "State": states.state(machine.state),
        "StateTransitionReason": states.transition_reason(view),
        "Architecture": machine.architecture,
        "Hypervisor": "kvm",
        "VirtualizationType": "hvm",
        "Monitoring": {"State": "enabled" if machine.annotation.monitored else "disabled"},
        "Placement": {"AvailabilityZone": request.form.zone(view.zone), "GroupName": "", "Tenancy": "default"},
        "ProductCodes": [],
        "EbsOptimized": False,
        "SourceDestCheck": True,
        "RootDeviceType": "ebs",
        "CpuOptions": {
            "CoreCount": machine.cpu_sockets * machine.cpu_cores,
            "ThreadsPerCore": machine.cpu_threads,
        },
        "EnclaveOptions": {"Enabled": False},
        "HibernationOptions": {"Configured": False},
        "MaintenanceOptions": {"AutoRecovery": "default"},
        "MetadataOptions": METADATA_OPTIONS,
        "Tags": tag_set(machine.annotation.tags),
        **_network(request, machine),
        **_storage(request, machine),
        **_optional(request, view),
    }


def owner_of(request: Ec2Request) -> str:
    """The OwnerId of reservations and instances."""
    return request.form.instance_owner(request.context.principal)


def reservation_id(request: Ec2Request, machine: Instance) -> str:
    """What groups machines that one request launched; a machine made elsewhere has one of its own."""
    own = machine.annotation.reservation or f"r-{machine.id.replace('-', '')[:17]}"
    return request.form.reservation(own)


def _optional(request: Ec2Request, view: InstanceView) -> dict[str, Any]:
    machine = view.instance
    windows = machine.os_type.startswith("windows")
    found: dict[str, Any] = {"PlatformDetails": "Windows" if windows else "Linux/UNIX"}
    if windows:
        found["Platform"] = "windows"
    if machine.image_id:
        found["ImageId"] = request.id("ami", machine.image_id)
    launched = machine.launched_at
    if launched is not None:
        found["LaunchTime"] = launched
    if machine.annotation.key_name:
        found["KeyName"] = machine.annotation.key_name
    if machine.annotation.client_token:
        found["ClientToken"] = machine.annotation.client_token
    reason = states.reason(view)
    if reason is not None:
        found["StateReason"] = reason
    return found


def _network(request: Ec2Request, machine: Instance) -> dict[str, Any]:
    """Interfaces and addresses: where the cloud translates no addresses, the guest's own is both of them."""
    nics = [] if machine.state is InstanceState.DELETED else machine.nics
    groups = [group for nic in nics[:1] for group in groups_of(request, nic)]
    found: dict[str, Any] = {
        "SecurityGroups": groups,
        "NetworkInterfaces": [instance_interface(request, machine, index) for index in range(len(nics))],
    }
    if nics and nics[0].network_id:
        found["SubnetId"] = request.id("subnet", subnet_of(nics[0]))
        found["VpcId"] = request.id("vpc", nics[0].network_id)
    addresses = machine.addresses
    ipv4 = next((address for address in addresses if ":" not in address), "")
    ipv6 = next((address for address in addresses if ":" in address), "")
    name = host_name(request, machine, ipv4)
    found |= {"PrivateDnsName": name, "PublicDnsName": name}
    if ipv4:
        found["PrivateIpAddress"] = ipv4
        public = ipv4 if not offered(request) else next(filter(None, (public_ipv4(request, nic) for nic in nics)), "")
        if public:
            found["PublicIpAddress"] = public
    elif request.form.classic:
        found["PublicIpAddress"] = ""  # the classic gateway always wrote the element
    if ipv6:
        found["Ipv6Address"] = ipv6
    return found


def host_name(request: Ec2Request, machine: Instance, address: str) -> str:
    """A name by which the machine can be reached: the guest's full name where it has one, else its address."""
    name = machine.fqdn
    if request.form.classic or "." not in name or name.endswith(_NO_DOMAINS) or name.startswith("localhost."):
        return address
    return name


def _storage(request: Ec2Request, machine: Instance) -> dict[str, Any]:
    devices = attached_devices(machine.disks, machine.id, request.volumes)
    mappings = [{"DeviceName": device, "Ebs": _ebs(request, machine, disk_id)} for disk_id, device in devices.items()]
    found: dict[str, Any] = {"BlockDeviceMappings": mappings}
    if mappings:
        found["RootDeviceName"] = root_of(machine.disks, devices)
    return found


def _ebs(request: Ec2Request, machine: Instance, disk_id: str) -> dict[str, Any]:
    volume = request.volumes.get(disk_id)
    plugs = volume.attachments if volume is not None else ()
    plug = next((plug for plug in plugs if plug.instance_id == machine.id), None)
    since = attached_since(plug, volume, machine)
    ebs: dict[str, Any] = {
        "VolumeId": request.id("vol", disk_id),
        "Status": "attached",
        "DeleteOnTermination": volume is None or not volume.independent,
    }
    if since is not None:
        ebs["AttachTime"] = since
    return ebs
