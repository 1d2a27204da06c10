"""Security groups under their ids: the cloud's own or, where it has none, one that lets everything through per network.

A group of the second kind has the id of its network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.context import Scope
from deltaic.model.network import Network
from deltaic.model.nic import Nic
from deltaic.model.security_group import Direction, Rule, SecurityGroup
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.networks import default_network
from deltaic.services.views import InstanceView

DEFAULT_NAME: Final = "default"

#: The rules of a group that lets everything through.
_EVERYTHING: Final = tuple(
    Rule(direction, cidr=cidr, ip_version=version)
    for direction in (Direction.INGRESS, Direction.EGRESS)
    for cidr, version in (("0.0.0.0/0", 4), ("::/0", 6))
)


def offered(request: Ec2Request) -> bool:
    """Whether the request's cloud has security groups of its own."""
    return request.services.security_groups.offered(request.context)


async def all_groups(request: Ec2Request) -> list[SecurityGroup]:
    """The groups of the scope, by name."""
    networks = await request.services.networks.list(request.context)
    if not offered(request):
        groups = [_of_network(network) for network in networks]
    else:
        home = default_network(networks)
        found = await request.services.security_groups.list(request.context)
        told = await request.services.changed_rules.told(found)
        request.rule_names = told.names
        request.learn("sgr", (told.names.get(rule.id, rule.id) for group in told.groups for rule in group.rules))
        groups = [_placed(group, home) for group in told.groups]
    request.learn("sg", (group.id for group in groups))
    return groups


def _of_network(network: Network) -> SecurityGroup:
    description = f"Everything is allowed on {network.name}"
    return SecurityGroup(
        network.id, DEFAULT_NAME, description, network.data_center_id, network.id, default=True, rules=_EVERYTHING
    )


def _placed(group: SecurityGroup, home: Network | None) -> SecurityGroup:
    """A group that is for any network is shown in the default one: in EC2 each is some VPC's."""
    return group if group.network_id or home is None else replace(group, network_id=home.id)


def chosen_groups(
    request: Ec2Request, groups: Sequence[SecurityGroup], ids: Sequence[str], names: Sequence[str], vpc: str = ""
) -> list[SecurityGroup]:
    """Of a listing, the groups of these native ids, then those of these names (in a VPC, if it is given), each once.

    Errors: InvalidGroup.NotFound.
    """
    by_id = {group.id: group for group in groups}
    missing = [request.written.get(one, one) for one in ids if one not in by_id]
    if missing:
        raise missing_ids("security_group", missing)
    found = {one: by_id[one] for one in ids}
    for name in names:
        own = [group for group in groups if group.name == name and vpc in ("", group.network_id)]
        if not own:
            raise missing_ids("security_group", [name])
        found |= {group.id: group for group in own[:1]}
    return list(found.values())


async def know_groups(request: Ec2Request, views: Iterable[InstanceView]) -> None:
    """Have at hand the names of the groups that these machines' interfaces have; believed for some seconds."""
    await know_groups_of(request, (nic for view in views for nic in view.instance.nics))


async def know_groups_of(request: Ec2Request, nics: Iterable[Nic]) -> None:
    """The same for interfaces."""
    wanted = {group for nic in nics for group in nic.security_group_ids}
    if not wanted or not offered(request):
        return
    known = await request.recent_groups.get(_key(request), lambda: _read(request))
    if not wanted <= known.keys():
        known = await request.recent_groups.get(_key(request), lambda: _read(request), anew=True)
    request.groups = known


def groups_of(request: Ec2Request, nic: Nic) -> list[dict[str, str]]:
    """The groups of an interface, as they are shown with it."""
    if not offered(request):
        return [_named(request, nic.network_id, DEFAULT_NAME)] if nic.network_id else []
    return [_named(request, one, request.groups.get(one, "")) for one in nic.security_group_ids]


def _named(request: Ec2Request, native: str, name: str) -> dict[str, str]:
    return {"GroupId": request.id("sg", native), "GroupName": name}


def _key(request: Ec2Request) -> tuple[str, Scope]:
    return (request.context.owner, request.context.scope)


async def _read(request: Ec2Request) -> Mapping[str, str]:
    groups = await request.services.security_groups.list(request.context)
    request.learn("sg", (group.id for group in groups))
    return {group.id: group.name for group in groups}
