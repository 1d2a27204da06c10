"""The collections of networks, ports and addresses."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.members import entry_collection
from deltaic.frontends.cimi.network import addresses, networks
from deltaic.frontends.cimi.tree import Collection

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection("Network", networks.networks, "logical networks", shows=("state", "mtu")),
    entry_collection(
        "Address",
        addresses.addresses,
        "addresses that guests report",
        shows=("ip", "hostname", "allocation", "protocol", "network", "resource"),
    ),
)
