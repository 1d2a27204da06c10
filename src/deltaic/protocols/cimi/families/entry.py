"""The entry point, the description of the types, and what asks for an action."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.kinds import (
    ID,
    NAME,
    OPERATIONS,
    PROPERTIES,
    Access,
    Attribute,
    Kind,
    Resource,
    collection,
    provider,
    resource,
    uri,
)

#: Collections of the entry point in the order of the schema: attribute, type of the items.
COLLECTIONS: Final = (
    ("resourceMetadata", "ResourceMetadata"),
    ("systems", "System"),
    ("systemTemplates", "SystemTemplate"),
    ("machines", "Machine"),
    ("machineTemplates", "MachineTemplate"),
    ("machineConfigs", "MachineConfiguration"),
    ("machineImages", "MachineImage"),
    ("credentials", "Credential"),
    ("credentialTemplates", "CredentialTemplate"),
    ("volumes", "Volume"),
    ("volumeTemplates", "VolumeTemplate"),
    ("volumeConfigs", "VolumeConfiguration"),
    ("volumeImages", "VolumeImage"),
    ("networks", "Network"),
    ("networkTemplates", "NetworkTemplate"),
    ("networkConfigs", "NetworkConfiguration"),
    ("networkPorts", "NetworkPort"),
    ("networkPortTemplates", "NetworkPortTemplate"),
    ("networkPortConfigs", "NetworkPortConfiguration"),
    ("addresses", "Address"),
    ("addressTemplates", "AddressTemplate"),
    ("forwardingGroups", "ForwardingGroup"),
    ("forwardingGroupTemplates", "ForwardingGroupTemplate"),
    ("jobs", "Job"),
    ("meters", "Meter"),
    ("meterTemplates", "MeterTemplate"),
    ("meterConfigs", "MeterConfiguration"),
    ("eventLogs", "EventLog"),
    ("eventLogTemplates", "EventLogTemplate"),
)


def _named(name: str, kind: Kind = Kind.STRING, *, required: bool = False) -> Attribute:
    return Attribute(name, kind, attribute=True, required=required)


def _list(name: str, xml: str, *fields: Attribute) -> Attribute:
    return Attribute(name, Kind.STRUCT, xml=xml, many=True, fields=fields, access=Access.PROVIDER)


_METADATA: Final = (
    _list(
        "attributes",
        "attribute",
        _named("name", required=True),
        _named("namespace", Kind.URI),
        _named("type"),
        _named("required", Kind.BOOLEAN),
        # The schema leaves the content open; these words are those of the standard's next version.
        Attribute("mutable", Kind.BOOLEAN),
        Attribute("consumerWritable", Kind.BOOLEAN),
        Attribute("values", Kind.STRING, xml="value", many=True),
        Attribute("minimum", Kind.INTEGER),
        Attribute("maximum", Kind.INTEGER),
        Attribute("units", Kind.STRING),
    ),
    # The schema leaves no room for text in a capability, so that its value is an element.
    _list(
        "capabilities",
        "capability",
        _named("name"),
        _named("uri", Kind.URI, required=True),
        _named("description"),
        Attribute("value", Kind.ANY),
    ),
    _list(
        "actions",
        "action",
        _named("name", required=True),
        _named("uri", Kind.URI, required=True),
        _named("description"),
        _named("method", required=True),
        _named("inputMessage"),
        _named("outputMessage"),
    ),
)

RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "CloudEntryPoint",
        provider(uri("baseURI")),
        *(collection(name, of) for name, of in COLLECTIONS),
        plural="cloudEntryPoints",
        operations=("edit",),
    ),
    Resource(
        "ResourceMetadata",
        (
            ID,
            Attribute("typeURI", Kind.URI, also=("typeUri",), access=Access.PROVIDER),
            NAME,
            *_METADATA,
            OPERATIONS,
        ),
        "resourceMetadata",
        "resource_metadata",
        ("resourceMetadata", "resourceMetadatas"),
        plurals=("resourceMetadatas",),
    ),
    Resource(
        "Action",
        (
            Attribute("action", Kind.URI, required=True, access=Access.CREATE),
            Attribute("force", Kind.BOOLEAN, choice="force"),
            Attribute("image", Kind.REF, of="MachineImage", choice="image"),
            Attribute("source", Kind.URI, choice="source"),
            Attribute("format", Kind.STRING, choice="export"),
            Attribute("destination", Kind.URI, choice="export"),
            PROPERTIES,
        ),
    ),
)
