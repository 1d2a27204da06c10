"""Networks, ports, addresses and forwarding groups."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.kinds import (
    EVENT_LOG,
    EVENT_LOG_TEMPLATE,
    METER_TEMPLATES,
    METERS,
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
)

STATES: Final = ("CREATING", "STARTING", "STARTED", "STOPPING", "STOPPED", "DELETING", "ERROR")
_STARTABLE: Final = ("edit", "delete", "start", "stop")
_ADDRESS: Final = (
    once(string("ip")),
    string("hostname"),
    once(string("allocation")),
    once(string("defaultGateway")),
    string("dns", many=True),
    once(string("protocol")),
    once(string("mask")),
    once(ref("network", "Network")),
)

RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "Network",
        provider(string("state")),
        once(string("networkType")),
        integer("mtu"),
        string("classOfService"),
        collection("networkPorts", "NetworkNetworkPort"),
        once(ref("forwardingGroup", "ForwardingGroup")),
        METERS,
        EVENT_LOG,
        path="networks",
        operations=_STARTABLE,
        states=STATES,
    ),
    create("Network"),
    resource(
        "NetworkNetworkPort",
        once(ref("networkPort", "NetworkPort")),
        operations=("delete",),
        inlined_operations=False,
    ),
    resource(
        "NetworkTemplate",
        string("initialState"),
        ref("networkConfig", "NetworkConfiguration"),
        ref("forwardingGroup", "ForwardingGroup"),
        METER_TEMPLATES,
        EVENT_LOG_TEMPLATE,
        path="network_templates",
    ),
    resource(
        "NetworkConfiguration",
        string("networkType"),
        integer("mtu"),
        string("classOfService"),
        path="network_configurations",
        aliases=("networkConfigs",),
    ),
    resource(
        "NetworkPort",
        provider(string("state")),
        once(ref("network", "Network")),
        once(string("portType")),
        string("classOfService"),
        METERS,
        EVENT_LOG,
        path="network_ports",
        operations=_STARTABLE,
        states=STATES,
    ),
    create("NetworkPort"),
    resource(
        "NetworkPortTemplate",
        ref("network", "Network"),
        ref("networkPortConfig", "NetworkPortConfiguration"),
        METER_TEMPLATES,
        EVENT_LOG_TEMPLATE,
        path="network_port_templates",
    ),
    resource(
        "NetworkPortConfiguration",
        string("portType"),
        string("classOfService"),
        path="network_port_configurations",
        aliases=("networkPortConfigs",),
    ),
    resource("Address", *_ADDRESS, provider(ref("resource")), plural="addresses", path="addresses"),
    create("Address"),
    resource("AddressTemplate", *_ADDRESS, path="address_templates"),
    resource("ForwardingGroup", refs("networks", "network", "Network"), path="forwarding_groups"),
    create("ForwardingGroup"),
    resource("ForwardingGroupNetwork", once(ref("network", "Network")), operations=("delete",)),
    resource("ForwardingGroupTemplate", refs("networks", "network", "Network"), path="forwarding_group_templates"),
)
