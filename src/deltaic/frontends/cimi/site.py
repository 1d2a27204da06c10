"""Everything that is served: the one list from which routes, entry point, metadata and documentation derive."""

from __future__ import annotations

from typing import Any, Final

from deltaic.frontends.cimi import machine_actions, machine_create, machine_edit, machines, supplies
from deltaic.frontends.cimi.metadata import Metadata
from deltaic.frontends.cimi.supplies import Member
from deltaic.frontends.cimi.tree import Collection, Getter, Lister
from deltaic.protocols.cimi.table import RESOURCES

_MACHINE_PARTS: Final = (
    Collection(
        "Disk",
        "disks",
        machines.disks,
        Member("disk", machines.disks),
        "disks that belong to one machine",
        ("capacity",),
    ),
    Collection(
        "MachineVolume",
        "volumes",
        machines.volumes,
        Member("volume", machines.volumes),
        "attached disks that several machines may share",
        ("initialLocation", "volume"),
    ),
    Collection(
        "MachineNetworkInterface",
        "networkInterfaces",
        machines.interfaces,
        Member("network_interface", machines.interfaces),
        "virtual network interfaces",
        ("addresses", "network", "state", "macAddress"),
        aliases=("network_interfaces",),
        below=(
            Collection(
                "MachineNetworkInterfaceAddress",
                "addresses",
                machines.interface_addresses,
                Member("address", machines.interface_addresses),
                "addresses that the guest reports for the vNIC",
                ("address",),
            ),
        ),
    ),
)


def _collection(item: str, lister: Lister, summary: str, get: Getter | None = None, **more: Any) -> Collection:
    """A collection of the entry point; the table of resources knows its path."""
    resource = RESOURCES[item]
    return Collection(
        item, resource.path, lister, get or Member(item, lister), summary, aliases=resource.aliases, **more
    )


_METADATA: Final = Metadata(lambda: COLLECTIONS)

#: In the order of the CloudEntryPoint's attributes.
COLLECTIONS: Final[tuple[Collection, ...]] = (
    _collection(
        "ResourceMetadata",
        _METADATA.list,
        "what is served of each resource",
        _METADATA.get,
        shows=("typeURI", "attributes", "capabilities", "actions"),
    ),
    _collection(
        "Machine",
        machines.machines,
        "virtual machines",
        machines.machine,
        shows=("state", "cpu", "memory", "disks", "cpuArch", "volumes", "networkInterfaces"),
        create=machine_create.create,
        edit=machine_edit.edit,
        delete=machines.delete,
        actions=machine_actions.ACTIONS,
        below=_MACHINE_PARTS,
    ),
    _collection(
        "MachineTemplate",
        supplies.machine_templates,
        "one for each template of the engine, in the template's own size; provider-made",
        shows=("initialState", "machineConfig", "machineImage"),
    ),
    _collection(
        "MachineConfiguration",
        supplies.configurations,
        "the engine's instance types; SERVER, DESKTOP and HIGH_PERFORMANCE mean the image's own size",
        supplies.configuration,
        shows=("cpu", "memory"),
    ),
    _collection("MachineImage", supplies.images, "templates", shows=("state", "type", "imageLocation")),
    _collection(
        "Volume",
        supplies.volumes,
        "disks that no machine has, or that several may share",
        shows=("state", "type", "capacity", "bootable"),
    ),
    _collection("Network", supplies.networks, "logical networks", shows=("state", "mtu")),
    _collection(
        "Address",
        supplies.addresses,
        "addresses that guests report",
        shows=("ip", "hostname", "allocation", "protocol", "network", "resource"),
    ),
)
