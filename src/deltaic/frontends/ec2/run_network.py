"""Which networks a new machine is plugged into, as RunInstances asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.kinds import missing_ids

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
    """The networks of a machine's interfaces in order, and the zone that they imply (empty: any)."""

    network_ids: tuple[str, ...] = ()
    zone: str = ""


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
    _check_group_names(request.get("SecurityGroups", []))
    wanted = interfaces or [{"SubnetId": subnet, "Groups": groups}]
    found = [await _network(request, interface) for interface in _ordered(wanted)]
    networks = tuple(network for network in found if network)
    if len(interfaces) > 1 and len(networks) < len(interfaces):
        raise AwsError("MissingParameter", "The request must contain the parameter NetworkInterface.1.SubnetId")
    return await _placed(request, networks)


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
    for name, value in interface.items():
        if name in ("SubnetId", "Groups", "DeviceIndex"):
            continue
        allowed = HARMLESS.get(name, ())
        if allowed is not None and value not in allowed:
            raise unsupported(f"NetworkInterface.1.{name}", "the engine makes plain interfaces without addresses.")
    subnet = interface.get("SubnetId")
    network = await native_id(request, "subnet", subnet) if subnet else ""
    for group in interface.get("Groups") or ():
        of_group = await native_id(request, "sg", group)
        if network and of_group != network:
            raise AwsError("InvalidParameter", f"Security group {group} and the subnet belong to different networks.")
        network = of_group
    return network


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
