"""Which proxies are believed when they say where a request came from."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

#: IPv4 addresses in the clothes of IPv6: a listener on both sees them as what they are.
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that `server.trusted_proxies` lists; one address is a network of its own.

    Raises ValueError, with a text for the operator, for what is none and for all addresses at once.
    """
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    if text.strip() == "*":
        raise ValueError("'*' would believe everybody; list the proxies' own addresses")
    try:
        found = ip_network(text.strip())
    except ValueError as error:
        bits = "; the bits after the prefix must be 0" if "host bits" in str(error) else ""
        raise ValueError(f"'{text[:80]}' is no IP address and no network such as 10.0.0.0/8{bits}") from None
    if found.prefixlen == 0:
        raise ValueError(f"'{text}' would believe everybody; list the proxies' own addresses")
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        raise ValueError(f"'{text[:80]}' is an address of IPv4: write it as one")
    return found
