"""The network service's networks, subnets, ports, routers, security groups and floating IPs.

Source pages: Networking API v2.0, "Networks", "Subnets", "Ports", "Routers", "Security groups", "Security group rules",
"Floating IPs".
"""

from __future__ import annotations

from msgspec import Struct, field

#: How the description of a port begins that the gateway made for a server; its id follows.
MADE_FOR = "deltaic:instance="


class Network(Struct, frozen=True):
    """A network; `subnets` are ids. `shared` also tells of one that another project lets this one use."""

    id: str = ""
    name: str | None = ""
    project_id: str = field(name="tenant_id", default="")
    description: str | None = ""
    mtu: int | None = 0
    shared: bool = False
    external: bool = field(name="router:external", default=False)
    segment: int | None = field(name="provider:segmentation_id", default=None)
    network_type: str | None = field(name="provider:network_type", default=None)
    subnets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    created_at: str | None = ""


class Networks(Struct, frozen=True):
    """A page of networks."""

    networks: tuple[Network, ...] = ()


class NetworkAnswer(Struct, frozen=True):
    """One network."""

    network: Network


class Pool(Struct, frozen=True):
    """A range of addresses that are given out."""

    start: str = ""
    end: str = ""


class Subnet(Struct, frozen=True):
    """A subnet; the gateway's marker of its creation is its description."""

    id: str = ""
    name: str | None = ""
    project_id: str = field(name="tenant_id", default="")
    network_id: str = ""
    description: str | None = ""
    cidr: str = ""
    gateway_ip: str | None = None
    ip_version: int = 4
    allocation_pools: tuple[Pool, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Subnets(Struct, frozen=True):
    """A page of subnets."""

    subnets: tuple[Subnet, ...] = ()


class SubnetAnswer(Struct, frozen=True):
    """One subnet."""

    subnet: Subnet


class Router(Struct, frozen=True):
    """A router; the gateway's own say in their description for which network they were made."""

    id: str = ""
    name: str | None = ""
    description: str | None = ""
    tags: tuple[str, ...] = ()


class Routers(Struct, frozen=True):
    """A page of routers."""

    routers: tuple[Router, ...] = ()


class RouterAnswer(Struct, frozen=True):
    """One router."""

    router: Router


class Rule(Struct, frozen=True):
    """A rule of a security group. Of ICMP the ends of the range are type and code."""

    id: str = ""
    security_group_id: str = ""
    direction: str = "ingress"
    ethertype: str | None = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str | None = ""


class Rules(Struct, frozen=True):
    """A page of rules, and the answer to several made at once."""

    security_group_rules: tuple[Rule, ...] = ()


class SecurityGroup(Struct, frozen=True):
    """A security group with its rules."""

    id: str = ""
    name: str = ""
    project_id: str = field(name="tenant_id", default="")
    description: str | None = ""
    security_group_rules: tuple[Rule, ...] = ()
    tags: tuple[str, ...] = ()


class SecurityGroups(Struct, frozen=True):
    """A page of security groups."""

    security_groups: tuple[SecurityGroup, ...] = ()


class SecurityGroupAnswer(Struct, frozen=True):
    """One security group."""

    security_group: SecurityGroup


class PortDetails(Struct, frozen=True):
    """Of a floating IP: whose the port is that it leads to."""

    device_id: str | None = ""
    device_owner: str | None = ""


class FloatingIp(Struct, frozen=True):
    """A public address; `port_details` is left out by old services."""

    id: str = ""
    floating_ip_address: str = ""
    floating_network_id: str = ""
    fixed_ip_address: str | None = None
    port_id: str | None = None
    port_details: PortDetails | None = None
    description: str | None = ""
    tags: tuple[str, ...] = ()


class FloatingIps(Struct, frozen=True):
    """A page of public addresses."""

    floatingips: tuple[FloatingIp, ...] = ()


class FloatingIpAnswer(Struct, frozen=True):
    """One public address."""

    floatingip: FloatingIp


class TagsAnswer(Struct, frozen=True):
    """`PUT` of all tags of a resource."""

    tags: tuple[str, ...] = ()


class FixedIp(Struct, frozen=True):
    """An address of a port."""

    subnet_id: str = ""
    ip_address: str = ""


class Port(Struct, frozen=True):
    """A port; `device_id` is the server that has it."""

    id: str = ""
    name: str | None = ""
    description: str | None = ""
    device_id: str | None = ""
    device_owner: str | None = ""
    network_id: str = ""
    mac_address: str = ""
    admin_state_up: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    security_groups: tuple[str, ...] = ()
    created_at: str | None = ""
    tags: tuple[str, ...] = ()


class Ports(Struct, frozen=True):
    """A page of ports."""

    ports: tuple[Port, ...] = ()


class PortAnswer(Struct, frozen=True):
    """One port."""

    port: Port


class Attachment(Struct, frozen=True):
    """Of compute: a port that is plugged in. Its tag is shown since microversion 2.70."""

    port_id: str = ""
    tag: str | None = None


class Attachments(Struct, frozen=True):
    """All of a server."""

    attachments: tuple[Attachment, ...] = field(name="interfaceAttachments", default=())


class AttachmentAnswer(Struct, frozen=True):
    """One such port."""

    attachment: Attachment = field(name="interfaceAttachment")
