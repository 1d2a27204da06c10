"""Systems: groups of resources made, started and stopped as one."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.families.machine import STATES
from deltaic.protocols.cimi.kinds import (
    DESCRIPTION,
    EVENT_LOG,
    EVENT_LOG_TEMPLATE,
    METER_TEMPLATES,
    METERS,
    NAME,
    PROPERTIES,
    Attribute,
    Kind,
    Resource,
    collection,
    create,
    integer,
    once,
    provider,
    ref,
    resource,
    string,
    uri,
)

#: Member collection of a System, the type of its items' targets.
MEMBERS: Final = (
    ("systems", "System"),
    ("machines", "Machine"),
    ("credentials", "Credential"),
    ("volumes", "Volume"),
    ("networks", "Network"),
    ("networkPorts", "NetworkPort"),
    ("addresses", "Address"),
    ("forwardingGroups", "ForwardingGroup"),
)
#: Types whose templates a component of a SystemTemplate may have.
COMPONENTS: Final = (
    "Address", "Credential", "EventLog", "ForwardingGroup", "Machine", "Meter", "NetworkPort", "Network", "System",
    "Volume",
)  # fmt: skip


def _key(name: str) -> str:
    return f"{name[0].lower()}{name[1:]}"


def _component(name: str) -> Attribute:
    key = f"{_key(name)}Template"
    return Attribute(key, Kind.REF, of=f"{name}Template", required=True, choice=key)


def _member(name: str) -> Resource:
    plural = f"system{name}es" if name == "Address" else f"system{name}s"
    return resource(f"System{name}", once(ref(_key(name), name)), plural=plural, operations=("delete",))


RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "System",
        provider(string("state")),
        *(collection(name, f"System{of}") for name, of in MEMBERS),
        METERS,
        EVENT_LOG,
        path="systems",
        operations=("edit", "delete", "start", "stop", "restart", "pause", "suspend", "export"),
        states=(*STATES, "MIXED"),
    ),
    create("System"),
    *(_member(of) for _, of in MEMBERS),
    resource(
        "SystemTemplate",
        Attribute(
            "componentDescriptors",
            Kind.STRUCT,
            xml="componentDescriptor",
            many=True,
            fields=(
                NAME,
                DESCRIPTION,
                PROPERTIES,
                Attribute("type", Kind.URI, required=True),
                *(_component(name) for name in COMPONENTS),
                integer("quantity"),
            ),
        ),
        METER_TEMPLATES,
        EVENT_LOG_TEMPLATE,
        uri("importImage"),
        path="system_templates",
        operations=("edit", "delete", "export"),
    ),
)
