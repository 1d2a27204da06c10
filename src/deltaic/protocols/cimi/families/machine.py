"""Machines, what they are made of and what they are made from."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.kinds import (
    EVENT_LOG,
    EVENT_LOG_TEMPLATE,
    HREF,
    METER_TEMPLATES,
    METERS,
    Attribute,
    Kind,
    Resource,
    collection,
    create,
    integer,
    once,
    provider,
    ref,
    refs,
    resource,
    string,
    uri,
)

#: Memory counts in KiB, capacities in kilobytes of 1000 bytes.
KIBIBYTE: Final = 1024
KILOBYTE: Final = 1000

STATES: Final = (
    "CREATING", "STARTING", "STARTED", "STOPPING", "STOPPED", "PAUSING", "PAUSED", "SUSPENDING", "SUSPENDED",
    "CAPTURING", "RESTORING", "DELETING", "ERROR",
)  # fmt: skip
ACTIONS: Final = ("start", "stop", "restart", "pause", "suspend", "capture", "snapshot", "restore")

_INITIAL_LOCATION: Final = Attribute("initialLocation", Kind.STRING, attribute=True, aliases=("attachmentPoint",))
_NETWORK_INTERFACE: Final = (
    refs("addresses", "address", "Address"),
    Attribute("network", Kind.REF, of="Network", required=True),
    ref("networkPort", "NetworkPort"),
    string("state", required=True),
    integer("mtu"),
)
_DISK: Final = (
    Attribute("capacity", Kind.INTEGER, unit=KILOBYTE, required=True),
    string("format", required=True),
    string("initialLocation"),
)

RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "Machine",
        provider(string("state")),
        integer("cpu"),
        integer("memory", KIBIBYTE),
        collection("disks", "Disk"),
        once(string("cpuArch")),
        provider(integer("cpuSpeed")),
        collection("volumes", "MachineVolume"),
        collection("networkInterfaces", "MachineNetworkInterface"),
        provider(ref("latestSnapshot", "MachineImage")),
        collection("snapshots", "MachineSnapshot"),
        METERS,
        EVENT_LOG,
        path="machines",
        operations=("edit", "delete", *ACTIONS),
        states=STATES,
    ),
    create("Machine"),
    resource("Disk", integer("capacity", KILOBYTE), once(string("initialLocation"))),
    resource(
        "MachineVolume",
        Attribute("initialLocation", Kind.STRING, aliases=("attachmentPoint",)),
        once(ref("volume", "Volume")),
    ),
    resource(
        "MachineNetworkInterface",
        collection("addresses", "MachineNetworkInterfaceAddress"),
        ref("network", "Network"),
        once(ref("networkPort", "NetworkPort")),
        string("state"),
        once(string("macAddress")),
        integer("mtu"),
        states=("ACTIVE", "PASSIVE", "DISABLED"),
    ),
    resource(
        "MachineNetworkInterfaceAddress",
        once(ref("address", "Address")),
        plural="machineNetworkInterfaceAddresses",
        operations=("delete",),
    ),
    resource(
        "MachineSnapshot",
        provider(ref("snapshot", "MachineImage")),
        operations=("delete",),
        inlined_operations=False,
    ),
    resource(
        "MachineTemplate",
        string("initialState"),
        ref("machineConfig", "MachineConfiguration"),
        ref("machineImage", "MachineImage"),
        ref("credential", "CredentialTemplate"),
        Attribute("volumes", Kind.STRUCT, xml="volume", many=True, of="Volume", fields=(_INITIAL_LOCATION, HREF)),
        Attribute(
            "volumeTemplates",
            Kind.REF,
            xml="volumeTemplate",
            many=True,
            of="VolumeTemplate",
            fields=(_INITIAL_LOCATION,),
        ),
        Attribute("networkInterfaces", Kind.STRUCT, xml="networkInterface", many=True, fields=_NETWORK_INTERFACE),
        string("userData"),
        METER_TEMPLATES,
        EVENT_LOG_TEMPLATE,
        path="machine_templates",
    ),
    resource(
        "MachineConfiguration",
        integer("cpu"),
        integer("memory", KIBIBYTE),
        Attribute("disks", Kind.STRUCT, xml="disk", many=True, fields=_DISK),
        string("cpuArch"),
        integer("cpuSpeed"),
        path="machine_configurations",
        aliases=("machineConfigs",),
    ),
    resource(
        "MachineImage",
        provider(string("state")),
        once(string("type")),
        once(uri("imageLocation")),
        once(ref("relatedImage", "MachineImage")),
        path="machine_images",
        states=("CREATING", "AVAILABLE", "DELETING", "ERROR"),
    ),
)
