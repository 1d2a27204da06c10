"""The values of addresses: what is possible, in one writing."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final

from deltaic.frontends.cimi.common import Document
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.nic import NicConfiguration

STATIC: Final = "static"
_PROTOCOLS: Final = {"IPV4": "IPv4", "IPV6": "IPv6"}
_HOST_NAME: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
#: Name servers of one address.
_MOST_SERVERS: Final = 8


def checked(document: Document) -> Document:
    """An address or its template, when its values are possible and go together; INVALID names the attribute.

    Addresses are in their shortest form; `protocol` follows from the `ip`; the only `allocation` is `static`.
    """
    found = dict(document)
    if str(found.get("allocation") or STATIC).strip().lower() != STATIC:
        raise invalid("allocation", "An address that is made here is static: guests tell their dynamic ones")
    if found.get("protocol"):
        word = str(found["protocol"]).strip()
        found["protocol"] = _PROTOCOLS.get(word.upper(), "")
        if not found["protocol"]:
            raise invalid("protocol", "The protocol must be IPv4 or IPv6")
    if found.get("ip"):
        found |= _with_ip(found)
    version = {"IPv4": 4, "IPv6": 6}.get(found.get("protocol") or "", 0)
    if found.get("defaultGateway"):
        found["defaultGateway"] = str(_address(found["defaultGateway"], "defaultGateway", version))
    if found.get("dns"):
        if len(found["dns"]) > _MOST_SERVERS:
            raise invalid("dns", f"An address has at most {_MOST_SERVERS} name servers")
        found["dns"] = [str(_address(one, "dns", 0)) for one in found["dns"]]
    if found.get("hostname") and not _HOST_NAME.fullmatch(str(found["hostname"])):
        raise invalid("hostname", "The hostname is not the name of a host")
    if found.get("mask"):
        # Of a template without a protocol a bare length is possible up to IPv6's.
        prefix_of(found["mask"], version or (6 if str(found["mask"]).strip().isdecimal() else 4))
    return found


def complete(document: Document) -> Document:
    """A checked address of one host: it needs its `ip`."""
    if not document.get("ip"):
        raise Error(ErrorKind.MISSING, "A static address needs its ip", field="ip")
    return checked(document) | {"allocation": STATIC}


def configuration(document: Document, cidr: str = "") -> NicConfiguration:
    """How a guest takes an address; its mask may be that of the network's `cidr`. INVALID names the attribute."""
    address = ip_address(str(document["ip"]))
    if document.get("mask"):
        prefix = prefix_of(document["mask"], address.version)
    elif (own := _network(cidr)) is not None and address in own:
        prefix = own.prefixlen
    else:
        raise invalid("mask", f"The address {address} needs a mask: its network has none of its own")
    gateway = str(document.get("defaultGateway") or "")
    if gateway and ip_address(gateway) not in ip_interface(f"{address}/{prefix}").network:
        raise invalid("defaultGateway", f"The gateway {gateway} is not in the network of {address}/{prefix}")
    return NicConfiguration(str(address), prefix, gateway, tuple(document.get("dns") or ()))


def prefix_of(mask: object, version: int) -> int:
    """The length of a network's part from a mask (`255.255.255.0`) or a length (`24`, `/24`)."""
    text = str(mask).strip().removeprefix("/")
    try:
        return (IPv6Network if version == 6 else IPv4Network)((0, text)).prefixlen
    except ValueError:
        raise invalid("mask", f"'{text[:40]}' is not a mask of IPv{version}") from None


def _network(cidr: str) -> IPv4Network | IPv6Network | None:
    """The network that a person wrote down, if it is one."""
    try:
        return ip_network(cidr, strict=False) if cidr else None
    except ValueError:
        return None


def _with_ip(document: Document) -> Document:
    address = _address(document["ip"], "ip", {"IPv4": 4, "IPv6": 6}.get(document.get("protocol") or "", 0))
    if address.is_multicast or address.is_loopback or address.is_unspecified:
        raise invalid("ip", f"No machine can have the address {address}")
    return {"ip": str(address), "protocol": f"IPv{address.version}"}


def _address(text: object, field: str, version: int) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(str(text).strip())
    except ValueError:
        raise invalid(field, f"'{str(text)[:60]}' is not an IP address") from None
    if version and address.version != version:
        raise invalid(field, f"'{address}' is not an address of IPv{version}")
    if isinstance(address, IPv6Address) and address.scope_id:
        raise invalid(field, "An address here has no zone")
    return address
