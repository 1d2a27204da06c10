"""The collections of networks, ports and addresses."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.declaring import entry_collection, part_collection
from deltaic.frontends.cimi.network import addresses, networks, ports, templates
from deltaic.frontends.cimi.tree import Collection

_PORTS_OF_NETWORK: Final = part_collection(
    "NetworkNetworkPort",
    "networkPorts",
    "network_port",
    networks.network_ports,
    "ports on one network",
    shows=("networkPort",),
    aliases=("network_ports",),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Network",
        networks.networks,
        "logical networks, and those that public addresses come from",
        shows=("state", "networkType", "mtu", "classOfService", "networkPorts"),
        create=networks.create,
        edit=networks.edit,
        delete=networks.delete,
        needs={"create": "networks_create", "edit": "networks_update", "delete": "networks_delete"},
        below=(_PORTS_OF_NETWORK,),
    ),
    templates.TEMPLATES.collection(
        "one for each type of network, and those that users make",
        shows=("initialState", "networkConfig"),
    ),
    templates.CONFIGURATIONS.collection("the types of networks, and configurations that users make"),
    entry_collection(
        "NetworkPort",
        ports.ports,
        "virtual network interfaces, and places on networks that users keep for one",
        ports.get,
        shows=("state", "network", "portType", "classOfService"),
        create=ports.create,
        edit=ports.edit,
        delete=ports.delete,
        actions=ports.ACTIONS,
    ),
    templates.PORT_TEMPLATES.collection("what users make ports from", shows=("network", "networkPortConfig")),
    templates.PORT_CONFIGURATIONS.collection("the type of ports, and configurations that users make"),
    entry_collection(
        "Address",
        addresses.addresses,
        "addresses that machines have, public ones, and static ones that users keep for new machines",
        addresses.get,
        shows=("ip", "hostname", "allocation", "defaultGateway", "dns", "protocol", "mask", "network", "resource"),
        create=addresses.create,
        edit=addresses.edit,
        delete=addresses.delete,
    ),
    templates.ADDRESS_TEMPLATES.collection("one for each pool of public addresses, and those that users make"),
)
