"""The collections of machines, what they are made of, and what belongs to them."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.machine import (
    actions,
    capture,
    configurations,
    create,
    disks,
    edit,
    images,
    interfaces,
    machines,
    snapshots,
    templates,
)
from deltaic.frontends.cimi.members import Member, entry_collection
from deltaic.frontends.cimi.record import meters
from deltaic.frontends.cimi.tree import Collection

_INTERFACE_PARTS: Final = (
    Collection(
        "MachineNetworkInterfaceAddress",
        "addresses",
        interfaces.interface_addresses,
        Member("address", interfaces.interface_addresses),
        "addresses that the vNIC has, by its guest's report or at its first start",
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
        ("capacity", "initialLocation"),
        create=disks.add_disk,
        edit=disks.edit_disk,
        delete=disks.delete_disk,
    ),
    Collection(
        "MachineVolume",
        "volumes",
        disks.volumes,
        Member("volume", disks.volumes),
        "attached volumes",
        ("initialLocation", "volume"),
        create=disks.attach,
        edit=disks.edit_attachment,
        delete=disks.detach,
    ),
    Collection(
        "MachineNetworkInterface",
        "networkInterfaces",
        interfaces.interfaces,
        Member("network_interface", interfaces.interfaces),
        "virtual network interfaces",
        ("addresses", "network", "networkPort", "state", "macAddress"),
        aliases=("network_interfaces",),
        create=interfaces.create,
        edit=interfaces.edit,
        delete=interfaces.delete,
        below=_INTERFACE_PARTS,
    ),
    Collection(
        "MachineSnapshot",
        "snapshots",
        snapshots.snapshots,
        Member("machine_snapshot", snapshots.snapshots),
        "snapshots of the VM",
        ("snapshot",),
        delete=snapshots.delete,
    ),
    Collection(
        "Meter",
        "meters",
        meters.of_machine,
        meters.get_of_machine,
        "the meters of one machine",
        meters.SHOWS,
        create=meters.create_at_machine,
    ),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Machine",
        machines.machines,
        "virtual machines",
        machines.machine,
        shows=(
            "state",
            "cpu",
            "memory",
            "disks",
            "cpuArch",
            "volumes",
            "networkInterfaces",
            "latestSnapshot",
            "snapshots",
            "meters",
            "eventLog",
        ),
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
    entry_collection(
        "MachineImage",
        images.images,
        "templates, and snapshots of VMs",
        images.get,
        shows=("state", "type", "imageLocation", "relatedImage"),
        create=capture.create,
        edit=images.edit,
        delete=images.delete,
    ),
)
