"""The collections of machines, what they are made of, and what belongs to them."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.machine import (
    actions,
    configurations,
    create,
    disks,
    edit,
    images,
    interfaces,
    machines,
    templates,
)
from deltaic.frontends.cimi.members import Member, entry_collection
from deltaic.frontends.cimi.tree import Collection

_INTERFACE_PARTS: Final = (
    Collection(
        "MachineNetworkInterfaceAddress",
        "addresses",
        interfaces.interface_addresses,
        Member("address", interfaces.interface_addresses),
        "addresses that the guest reports for the vNIC",
        ("address",),
    ),
)
_PARTS: Final = (
    Collection(
        "Disk",
        "disks",
        disks.disks,
        Member("disk", disks.disks),
        "disks that belong to one machine",
        ("capacity",),
    ),
    Collection(
        "MachineVolume",
        "volumes",
        disks.volumes,
        Member("volume", disks.volumes),
        "attached disks that several machines may share",
        ("initialLocation", "volume"),
    ),
    Collection(
        "MachineNetworkInterface",
        "networkInterfaces",
        interfaces.interfaces,
        Member("network_interface", interfaces.interfaces),
        "virtual network interfaces",
        ("addresses", "network", "state", "macAddress"),
        aliases=("network_interfaces",),
        below=_INTERFACE_PARTS,
    ),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Machine",
        machines.machines,
        "virtual machines",
        machines.machine,
        shows=("state", "cpu", "memory", "disks", "cpuArch", "volumes", "networkInterfaces", "eventLog"),
        create=create.create,
        edit=edit.edit,
        delete=machines.delete,
        actions=actions.ACTIONS,
        below=_PARTS,
    ),
    templates.KEPT.collection("one for each image, in the image's own size, and those that users make"),
    configurations.KEPT.collection(
        "the engine's instance types, and those that users make; SERVER, DESKTOP and HIGH_PERFORMANCE mean the image's "
        "own size",
    ),
    entry_collection("MachineImage", images.images, "templates", shows=("state", "type", "imageLocation")),
)
