"""What belongs to a machine: disks, attached volumes, interfaces, and the addresses of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.render_common import Document, common, kilobytes
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic
from deltaic.model.volume import Volume

#: An interface's state by (plugged, linked).
INTERFACE_STATES: Final = {
    (True, True): "ACTIVE",
    (True, False): "PASSIVE",
    (False, True): "DISABLED",
    (False, False): "DISABLED",
}


def is_volume(volume: Volume) -> bool:
    """Whether a disk stands for itself: a floating one, or one that several machines may share."""
    return volume.shareable or not volume.attachments


def boot_first(volumes: Sequence[Volume]) -> list[Volume]:
    """The disks of a machine, the one it boots from first."""
    return sorted(volumes, key=lambda volume: (not volume.bootable, volume.name, volume.id))


def disk(links: Links, instance: Instance, volume: Volume) -> Document:
    """A disk that belongs to one machine."""
    uri = links.to("machines", instance.id, "disks", volume.id)
    return common(uri, volume.name, volume.description, volume.created_at) | {"capacity": kilobytes(volume.size)}


def machine_volume(links: Links, instance: Instance, volume: Volume) -> Document:
    """The attachment of a volume."""
    uri = links.to("machines", instance.id, "volumes", volume.id)
    device = next((one.device for one in volume.attachments if one.instance_id == instance.id), "")
    place = {"initialLocation": device} if device else {}
    return common(uri, volume.name) | place | {"volume": links.ref("volumes", volume.id)}


def interface(links: Links, instance: Instance, nic: Nic) -> Document:
    """A network interface. Its network is left out where the engine does not tell it."""
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id)
    document = common(uri, nic.name) | {"addresses": {"href": f"{uri}/addresses"}}
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    document["state"] = INTERFACE_STATES[nic.plugged, nic.linked]
    return document | ({"macAddress": nic.mac} if nic.mac else {})


def interface_address(links: Links, instance: Instance, nic: Nic, ip: str) -> Document:
    """An address that the guest reports for an interface."""
    name = address_id(nic, ip)
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id, "addresses", name)
    return common(uri, ip) | {"address": links.ref("addresses", name)}


def address(links: Links, instance: Instance, nic: Nic, ip: str) -> Document:
    """An address that a guest reports."""
    document = common(links.to("addresses", address_id(nic, ip)), ip) | {
        "ip": ip,
        "allocation": "dynamic",
        "protocol": f"IPv{ip_address(ip).version}",
    }
    if instance.fqdn:
        document["hostname"] = instance.fqdn
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    return document | {"resource": links.ref("machines", instance.id)}


def addresses(instance: Instance) -> Iterator[tuple[Nic, str]]:
    """Every address of a machine with its interface."""
    for nic in instance.nics:
        for ip in (*nic.ipv4, *nic.ipv6):
            yield nic, ip


def address_id(nic: Nic, ip: str) -> str:
    """The last segment of an address's URI."""
    return f"{nic.id}_{ip}"
