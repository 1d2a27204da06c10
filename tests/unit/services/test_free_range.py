"""Ranges of addresses for callers who name none."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.network import Network, Subnet
from deltaic.services.subnets import free_range


def network(*ranges: str) -> Network:
    return Network("n", "n", "dc", subnets=tuple(Subnet(cidr, cidr) for cidr in ranges))


def test_the_only_free_range_is_found() -> None:
    every = ip_network("10.0.0.0/8")
    free = ip_network("10.77.3.0/24")
    taken = [str(one) for one in every.address_exclude(free)]
    assert free_range([network(*taken), network("2001:db8::/64", "192.0.2.0/24")]).cidr == str(free)


def test_none_is_free() -> None:
    with pytest.raises(Error) as caught:
        free_range([network("10.0.0.0/9"), network("10.128.0.0/9")])
    assert caught.value.kind is ErrorKind.CAPACITY
