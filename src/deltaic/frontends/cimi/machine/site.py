"""The collections of machines, what they are made of, and what belongs to them."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.declaring import entry_collection, part_collection
from deltaic.frontends.cimi.machine import (
    actions,
    attaching,
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
from deltaic.frontends.cimi.machine.render import NEEDS
from deltaic.frontends.cimi.record import meters
from deltaic.frontends.cimi.tree import Collection

_INTERFACE_PARTS: Final = (
    part_collection(
        "MachineNetworkInterfaceAddress",
        "addresses",
        "address",
        interfaces.interface_addresses,
        "addresses that the vNIC has, by its guest's report or at its first start",
        shows=("address",),
        create=interfaces.add_address,
        delete=interfaces.remove_address,
        needs=dict.fromkeys(("create", "delete"), "addresses_associate"),
    ),
)
_PARTS: Final = (
    part_collection(
        "Disk",
        "disks",
        "disk",
        disks.disks,
        "disks that belong to one machine",
        shows=("capacity", "initialLocation"),
        create=disks.add_disk,
        edit=disks.edit_disk,
        delete=disks.delete_disk,
        needs={
            "": "volumes_list",
            "create": "volumes_create",
            "edit": "volumes_update",
            "delete": "volumes_delete",
        },
    ),
    part_collection(
        "MachineVolume",
        "volumes",
        "volume",
        disks.volumes,
        "attached volumes",
        shows=("initialLocation", "volume"),
        # Deltacloud's clients of 2013 send what is to be attached there.
        aliases=("volume_attach",),
        needs={
            "": "volumes_list",
            "create": "volumes_attach",
            "edit": "volumes_update",
            "delete": "volumes_attach",
        },
        create=disks.attach,
        edit=disks.edit_attachment,
        delete=disks.detach,
    ),
    part_collection(
        "MachineNetworkInterface",
        "networkInterfaces",
        "network_interface",
        interfaces.interfaces,
        "virtual network interfaces",
        shows=("addresses", "network", "networkPort", "state", "macAddress"),
        aliases=("network_interfaces",),
        create=interfaces.create,
        edit=interfaces.edit,
        delete=interfaces.delete,
        below=_INTERFACE_PARTS,
        needs={"create": "interfaces_create", "edit": "interfaces_update", "delete": "interfaces_delete"},
    ),
    part_collection(
        "MachineSnapshot",
        "snapshots",
        "machine_snapshot",
        snapshots.snapshots,
        "snapshots of the VM",
        shows=("snapshot",),
        delete=snapshots.delete,
        needs={"": "instance_snapshots_list", "delete": "instance_snapshots_delete"},
    ),
    Collection(
        "Meter",
        "meters",
        meters.of_machine,
        meters.get_of_machine,
        "the meters of one machine",
        meters.SHOWS,
        create=meters.create_at_machine,
        needs={"": "metrics_read"},
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
        early=attaching.EARLY,
        below=_PARTS,
        needs={
            "create": "instances_create",
            **NEEDS,
            "attach_volume": "volumes_attach",
            "detach_volume": "volumes_attach",
            "disks": "volumes_list",
            "volumes": "volumes_list",
            "latestSnapshot": "instance_snapshots_list",
            "snapshots": "instance_snapshots_list",
            "meters": "metrics_read",
            "eventLog": "events_list",
        },
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
        needs={"create": "images_create", "edit": "images_create", "delete": "images_delete"},
    ),
)
