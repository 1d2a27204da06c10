"""Which networks a new machine is plugged into, as RunInstances asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from deltaic.frontends.ec2.group_book import all_groups, chosen_groups, offered
from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_id, native_ids
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.subnets import subnets_of

#: Values of an interface's members that ask for nothing; None accepts every value. There is no address
#: translation: the guest's own address is shown as the public one, whatever AssociatePublicIpAddress says.
HARMLESS: Final[dict[str, tuple[Any, ...] | None]] = {
    "AssociatePublicIpAddress": None,
    "DeleteOnTermination": (True,),
    "InterfaceType": ("interface",),
    "Ipv6AddressCount": (0,),
    "NetworkCardIndex": (0,),
    "SecondaryPrivateIpAddressCount": (0,),
}


class Wiring(Struct, frozen=True):
    """The networks of a machine's interfaces in order, and the zone that they imply (empty: any).

    `subnet_ids` are those of the interfaces, `group_ids` of the machine, where the cloud has them.
    """

    network_ids: tuple[str, ...] = ()
    zone: str = ""
    subnet_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()


async def wiring(request: Ec2Request) -> Wiring:
    """Read subnets, interfaces and security groups.

    Errors: InvalidParameterCombination, InvalidSubnetID.NotFound, InvalidGroup.NotFound, and
    InvalidParameterValue when a zone is named that the network doesn't reach.
    """
    interfaces = request.get("NetworkInterfaces", [])
    subnet, groups = request.get("SubnetId"), request.get("SecurityGroupIds", [])
    if interfaces and (subnet or groups or request.get("SecurityGroups")):
        raise AwsError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID or security groups may not be specified on the "
            "same request",
        )
    wanted = _ordered(interfaces or [{"SubnetId": subnet, "Groups": groups}])
    if offered(request):
        plugs, chosen = await _plugs(request, wanted), await _groups(request, wanted)
    else:
        _check_group_names(request.get("SecurityGroups", []))
        plugs, chosen = [(network, "") for one in wanted if (network := await _network(request, one))], ()
    if len(interfaces) > 1 and len(plugs) < len(interfaces):
        raise AwsError("MissingParameter", "The request must contain the parameter NetworkInterface.1.SubnetId")
    placed = await _placed(request, tuple(network for network, _ in plugs))
    subnets = tuple(subnet for _, subnet in plugs)
    return replace(placed, subnet_ids=subnets if any(subnets) else (), group_ids=chosen)


async def _plugs(request: Ec2Request, interfaces: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Network and subnet of each interface that names its subnet; a derived subnet is its network alone."""
    found = []
    named = any(interface.get("SubnetId") for interface in interfaces)
    networks = await request.services.networks.list(request.context) if named else ()
    for interface in interfaces:
        _check_members(interface)
        if not interface.get("SubnetId"):
            continue
        native = await native_id(request, "subnet", interface["SubnetId"])
        for network in networks:
            if any(subnet.id == native for subnet in subnets_of(network)):
                found.append((network.id, native if network.subnets else ""))
                break
        else:
            raise missing_ids("subnet", [interface["SubnetId"]])
    return found


async def _groups(request: Ec2Request, interfaces: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The groups of all interfaces; a machine's interfaces have the same ones."""
    asked = [tuple(interface.get("Groups") or ()) for interface in interfaces]
    if len({frozenset(one) for one in asked}) > 1:
        raise unsupported("NetworkInterface.2.SecurityGroupId", "all interfaces get the same groups.")
    names = request.get("SecurityGroups", [])
    if not asked[0] and not names:
        return ()
    natives = await native_ids(request, "sg", asked[0]) if asked[0] else ()
    return tuple(group.id for group in chosen_groups(request, await all_groups(request), natives, names))


def _ordered(interfaces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    indexes = [interface.get("DeviceIndex", 0) for interface in interfaces]
    if sorted(indexes) != list(range(len(interfaces))):
        raise AwsError(
            "InvalidParameterValue",
            "The values of NetworkInterface.N.DeviceIndex must count from 0 without gaps and without repetition.",
        )
    return [interface for _, interface in sorted(zip(indexes, interfaces, strict=True), key=lambda pair: pair[0])]


async def _network(request: Ec2Request, interface: Mapping[str, Any]) -> str:
    """The network of one interface: its subnet's, else its security group's, else none."""
    _check_members(interface)
    subnet = interface.get("SubnetId")
    network = await native_id(request, "subnet", subnet) if subnet else ""
    for group in interface.get("Groups") or ():
        of_group = await native_id(request, "sg", group)
        if network and of_group != network:
            raise AwsError("InvalidParameter", f"Security group {group} and the subnet belong to different networks.")
        network = of_group
    return network


def _check_members(interface: Mapping[str, Any]) -> None:
    for name, value in interface.items():
        if name in ("SubnetId", "Groups", "DeviceIndex"):
            continue
        allowed = HARMLESS.get(name, ())
        if allowed is not None and value not in allowed:
            reason = "the cloud makes plain interfaces and chooses their addresses."
            raise unsupported(f"NetworkInterface.1.{name}", reason)


def _check_group_names(names: list[str]) -> None:
    unknown = [name for name in names if name != "default"]
    if unknown:
        raise missing_ids("security_group", unknown)


async def _placed(request: Ec2Request, network_ids: tuple[str, ...]) -> Wiring:
    placement = request.get("Placement", {})
    asked = placement.get("AvailabilityZone") or placement.get("AvailabilityZoneId") or ""
    if not network_ids:
        return Wiring((), asked)
    every = {network.id: network for network in await request.services.networks.list(request.context)}
    missing = [native for native in network_ids if native not in every]
    if missing:
        raise missing_ids("subnet", [request.written.get(native, native) for native in missing])
    reached = [set(every[native].zone_ids) for native in network_ids if every[native].zone_ids]
    if not reached:
        return Wiring(network_ids, asked)
    common = set.intersection(*reached)
    if asked:
        zone = await request.services.zones.resolve(request.context, asked)
        if zone.zone.id not in common:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({asked}) for parameter availabilityZone is invalid. The subnet doesn't reach this zone.",
            )
        return Wiring(network_ids, zone.zone.id)
    zones = await request.services.zones.zones(request.context)
    first = next((view.zone.id for view in sorted(zones, key=lambda v: v.name) if view.zone.id in common), "")
    return Wiring(network_ids, first)
