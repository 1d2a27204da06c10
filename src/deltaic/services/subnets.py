"""Ranges of addresses in networks: those that callers want in one form, and what stands for a network without any.

A cloud that has no ranges of addresses has, for protocols that know nothing else, one in each network, with its id.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.network import Network, Subnet, SubnetSpec
from deltaic.model.nic import Nic
from deltaic.services.tags import check_tags

#: Where ranges come from for which nobody names one, how long their prefixes are, and how many there are.
_PRIVATE = ipaddress.IPv4Network("10.0.0.0/8")
_PREFIX = 24
_RANGES = 1 << (_PREFIX - _PRIVATE.prefixlen)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def subnets_of(network: Network) -> Sequence[Subnet]:
    """The subnets of a network, at least one."""
    return network.subnets or (derived(network),)


def derived(network: Network) -> Subnet:
    """The subnet that stands for a whole network."""
    return Subnet(network.id, network.cidr, network.id, network.name, network.gateway, tags=network.tags)


def subnet_of(nic: Nic) -> str:
    """The native id of an interface's subnet."""
    return nic.subnet_ids[0] if nic.subnet_ids else nic.network_id


def free_range(networks: Iterable[Network]) -> SubnetSpec:
    """A range of addresses that none of these networks has, for a caller who names none; CAPACITY when all are taken.

    It is any one of the free ones: two callers who ask at the same time hardly get the same.
    """
    taken: set[int] = set()
    for cidr in (subnet.cidr for network in networks for subnet in network.subnets):
        taken.update(_numbers(ipaddress.ip_network(cidr, strict=False)))
    begin = secrets.randbelow(_RANGES)
    for number in chain(range(begin, _RANGES), range(begin)):
        if number not in taken:
            first = int(_PRIVATE.network_address) + (number << 32 - _PREFIX)
            return SubnetSpec(f"{ipaddress.IPv4Address(first)}/{_PREFIX}")
    raise Error(ErrorKind.CAPACITY, f"No range of {_PRIVATE} is free", resource="subnet")


def _numbers(network: _Network) -> range:
    """Which of the private ranges, counted from the first one, this network has a part of."""
    if isinstance(network, ipaddress.IPv6Network) or not network.overlaps(_PRIVATE):
        return range(0)
    if network.supernet_of(_PRIVATE):
        return range(_RANGES)
    first, last = (
        int(address) - int(_PRIVATE.network_address) >> 32 - _PREFIX
        for address in (network.network_address, network.broadcast_address)
    )
    return range(first, last + 1)


def checked_subnet(spec: SubnetSpec, marker: str = "") -> SubnetSpec:
    """The range in its one form; INVALID names the field."""
    network = _network(spec.cidr)
    check_tags(spec.tags)
    gateway = str(_gateway(spec.gateway, network)) if spec.gateway else ""
    return replace(spec, cidr=str(network), gateway=gateway, marker=spec.marker or marker)


def checked_subnets(specs: Sequence[SubnetSpec], marker: str) -> tuple[SubnetSpec, ...]:
    """The ranges of one new network, each with a marker of its own; INVALID for two that overlap."""
    checked = tuple(checked_subnet(spec, f"{marker}:{index}") for index, spec in enumerate(specs))
    networks = [_network(spec.cidr) for spec in checked]
    for at, one in enumerate(networks):
        if any(one.version == other.version and one.overlaps(other) for other in networks[:at]):
            raise invalid("cidr", f"The range {one} overlaps another one of the network", resource="subnet")
    return checked


def _network(cidr: str) -> _Network:
    try:
        return ipaddress.ip_network(cidr)
    except ValueError:
        message = f"'{cidr[:50]}' is not a range of addresses such as 192.0.2.0/24"
        raise invalid("cidr", message, resource="subnet") from None


def _gateway(text: str, network: _Network) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise invalid("gateway", f"'{text[:50]}' is not an address", resource="subnet") from None
    if found not in network:
        raise invalid("gateway", f"The gateway {found} is not an address of {network}", resource="subnet")
    return found
