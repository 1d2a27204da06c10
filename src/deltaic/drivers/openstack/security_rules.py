"""Rules of security groups between the model and the network service. Source page: "Security group rules"."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack import wire_network
from deltaic.model.errors import invalid
from deltaic.model.security_group import Direction, Rule

_VERSIONS: Final = {4: "IPv4", 6: "IPv6"}
#: What the service writes -> the model's word. Old services keep numbers as they were given.
_PROTOCOLS: Final = {
    "any": "", "0": "", "ip": "", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6",
}  # fmt: skip
_ALL_PORTS: Final = (0, 65535)


def neutral(rule: wire_network.Rule) -> Rule | None:
    """A rule in the model's words; None for one whose other side the model has no words for."""
    if rule.remote_address_group_id:
        return None
    protocol = (rule.protocol or "").lower()
    return Rule(
        direction=Direction.EGRESS if rule.direction == "egress" else Direction.INGRESS,
        protocol=_PROTOCOLS.get(protocol, protocol),
        from_port=rule.port_range_min,
        to_port=rule.port_range_max,
        cidr=rule.remote_ip_prefix or "",
        group_id=rule.remote_group_id or "",
        ip_version=6 if rule.ethertype == "IPv6" else 4,
        description=rule.description or "",
        id=rule.id,
    )


def native(rule: Rule, group_id: str) -> dict[str, Any]:
    """A rule as the service takes it; INVALID names the member."""
    if rule.ip_version not in _VERSIONS:
        raise invalid("ip_version", "The IP version is 4 or 6", resource="security_group_rule")
    first, last = rule.from_port, rule.to_port
    if (first, last) == _ALL_PORTS:
        # The service takes no port 0.
        first = last = None
    return {
        "security_group_id": group_id,
        "direction": rule.direction.value,
        "ethertype": _VERSIONS[rule.ip_version],
        "protocol": rule.protocol or None,
        "port_range_min": first,
        "port_range_max": last,
        "remote_ip_prefix": rule.cidr or None,
        "remote_group_id": rule.group_id or None,
        "description": rule.description,
    }
