"""Rules of security groups: in one form, and compared by the traffic that they let through."""

from __future__ import annotations

import ipaddress
from typing import Final

from msgspec.structs import replace

from deltaic.model.errors import Error, invalid
from deltaic.model.security_group import Rule

#: Protocols that have names, by number (IANA's registry); every other one is written as its number.
NAMES: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
#: Protocols with ports, and those with types and codes.
WITH_PORTS: Final = frozenset({"tcp", "udp"})
WITH_TYPES: Final = frozenset({"icmp", "icmpv6"})
PORTS: Final = range(65536)
TYPES: Final = range(256)
#: Protocols of either with their own port semantics: DCCP, SCTP, UDP-Lite.
_OTHERS_WITH_PORTS: Final = frozenset({"33", "132", "136"})


def checked(rule: Rule) -> Rule:
    """The rule in its one form; INVALID names the member that can't be."""
    protocol = _protocol(rule.protocol)
    if rule.cidr and rule.group_id:
        raise _wrong("cidr", "A rule names a range of addresses or a security group, not both")
    cidr, version = _network(rule.cidr, rule.ip_version)
    if version not in (4, 6):
        raise _wrong("ip_version", "The IP version is 4 or 6")
    if protocol == "icmpv6":
        version = 6
    first, last = rule.from_port, rule.to_port
    _check_ends(protocol, first, last)
    if protocol in WITH_PORTS and (first, last) == (PORTS[0], PORTS[-1]):
        first = last = None
    return replace(rule, protocol=protocol, cidr=cidr, ip_version=version, from_port=first, to_port=last)


def traffic_of(rule: Rule) -> Rule:
    """What a rule in its one form lets through: equal for two rules that let the same traffic through."""
    everybody = "" if rule.cidr in ("0.0.0.0/0", "::/0") else rule.cidr
    return replace(rule, id="", description="", cidr=everybody)


def _protocol(text: str) -> str:
    word = text.strip().lower()
    if word in ("", "-1", "any", "all"):
        return ""
    if word in NAMES.values():
        return word
    if word in ("icmp6", "ipv6-icmp"):
        return "icmpv6"
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= 3 else 256
    if number > 255:
        raise _wrong("protocol", f"The protocol '{text[:20]}' is not tcp, udp, icmp, icmpv6 or a number up to 255")
    return NAMES.get(str(number), str(number))


def _network(text: str, version: int) -> tuple[str, int]:
    if not text:
        return "", version
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _wrong("cidr", f"'{text[:50]}' is not a range of addresses such as 192.0.2.0/24") from None
    return str(found), found.version


def _check_ends(protocol: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        return
    if protocol in WITH_TYPES:
        _check_type(first, last)
    elif protocol in WITH_PORTS | _OTHERS_WITH_PORTS:
        _check_ports(first, last)
    else:
        raise _wrong("from_port", "Only tcp, udp and icmp have ports or types")


def _check_type(kind: int | None, code: int | None) -> None:
    if kind is None:
        raise _wrong("from_port", "An ICMP code needs a type")
    for field, number in (("from_port", kind), ("to_port", code)):
        if number is not None and number not in TYPES:
            raise _wrong(field, f"An ICMP type or code is between {TYPES[0]} and {TYPES[-1]}")


def _check_ports(first: int | None, last: int | None) -> None:
    for field, number in (("from_port", first), ("to_port", last)):
        if number is None or number not in PORTS:
            raise _wrong(field, f"Both ends of a range of ports are between {PORTS[0]} and {PORTS[-1]}")
    if first is not None and last is not None and first > last:
        raise _wrong("to_port", "A range of ports ends where it begins or later")


def _wrong(field: str, message: str) -> Error:
    return invalid(field, message, resource="security_group_rule")
