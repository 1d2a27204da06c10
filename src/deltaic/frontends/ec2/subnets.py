"""Subnets: a network's ranges of addresses or, where the cloud has none, one that stands for the network.

One of the second kind has the id of its network.
"""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.network import Network, Subnet
from deltaic.model.nic import Nic


def subnets_of(network: Network) -> Sequence[Subnet]:
    """The subnets of a network, at least one."""
    return network.subnets or (derived(network),)


def derived(network: Network) -> Subnet:
    """The subnet that stands for a whole network."""
    return Subnet(network.id, network.cidr, network.id, network.name, network.gateway, tags=network.tags)


def subnet_of(nic: Nic) -> str:
    """The native id of an interface's subnet."""
    return nic.subnet_ids[0] if nic.subnet_ids else nic.network_id
