"""Security groups of a project. Source pages: Networking API v2.0, "Security groups", "Security group rules"."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final

from deltaic.drivers.openstack import security_rules, tag_lists, wire_network
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.tagged import Kind, Tagged, first_description, settled
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.security_group import Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec

KIND: Final = Kind(
    "security-groups", "security_group", wire_network.SecurityGroups, wire_network.SecurityGroupAnswer,
    lambda page: page.security_groups, lambda answer: answer.security_group, "security_group",
)  # fmt: skip
#: The name of the group that every project has; the service lets no other one have it.
DEFAULT: Final = "default"

#: Exception of the service -> the member of a rule that it is about.
_FIELDS: Final = {
    "SecurityGroupInvalidPortRange": "from_port",
    "SecurityGroupInvalidPortValue": "from_port",
    "SecurityGroupInvalidIcmpValue": "from_port",
    "SecurityGroupMissingIcmpType": "from_port",
    "SecurityGroupInvalidProtocolForPort": "protocol",
    "SecurityGroupRuleInvalidProtocol": "protocol",
    "SecurityGroupProtocolRequiredWithPorts": "protocol",
    "SecurityGroupEthertypeConflictWithProtocol": "protocol",
    "SecurityGroupRuleParameterConflict": "cidr",
    "SecurityGroupRemoteGroupAndRemoteIpPrefix": "cidr",
}


class OpenstackSecurityGroups:
    """Security groups; they are the project's, whichever network they were made for."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._groups = Tagged(client, KIND)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[SecurityGroup]:
        """List the project's groups by name, in one call."""
        region = await self._client.region(context)
        query = [("project_id", await self._client.project_id(context))]
        wanted = set(ids)
        found = [one for one in await self._groups.list(context, query, ids) if not ids or one.id in wanted]
        return sorted((_neutral(one, region) for one in found), key=lambda one: (one.name, one.id))

    async def create(self, context: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        """Make a group; a repeated creation completes what the first one began."""
        texts = tag_lists.texts_of(spec.tags, {tag_lists.LAUNCH: spec.marker, tag_lists.NETWORK: spec.network_id})
        await self._groups.require_tags(context, spec.tags)
        made = await self._groups.begun(context, spec.marker)
        if made is None:
            members = {"name": spec.name, "description": first_description(spec.marker, spec.description)}
            made = await self._post(context, members, spec.name)
        await self._groups.settle(context, made, texts, spec.description)
        return _neutral(await self._groups.get(context, made.id), await self._client.region(context))

    async def update(self, context: Context, group_id: str, changes: SecurityGroupChanges) -> None:
        """Change members."""
        found = await self._groups.get(context, group_id)
        given = {"name": changes.name, "description": changes.description}
        members = {name: value for name, value in given.items() if value is not None}
        if members:
            await self._groups.update(context, found.id, members)
        if changes.tags is not None:
            texts = tag_lists.texts_of(changes.tags, tag_lists.own_items(found.tags))
            await self._groups.tag(context, found.id, found.tags, texts)

    async def delete(self, context: Context, group_id: str) -> None:
        """Remove a group. The service would silently remove other groups' rules that name it."""
        query = {"remote_group_id": group_id, "project_id": await self._client.project_id(context)}
        rules = await self._client.pages(
            context, "network", "security-group-rules", wire_network.Rules, lambda page: page.security_group_rules,
            query=query,
        )  # fmt: skip
        if any(rule.remote_group_id == group_id != rule.security_group_id for rule in rules):
            message = "Rules of other security groups name the security group"
            raise Error(ErrorKind.IN_USE, message, resource="security_group", resource_id=group_id)
        await self._groups.remove(context, group_id)

    async def add_rules(self, context: Context, group_id: str, rules: Sequence[Rule]) -> Sequence[Rule]:
        """Add rules, in one call: the service keeps all of them or none."""
        if not rules:
            return []
        body: dict[str, Any] = {"security_group_rules": [security_rules.native(rule, group_id) for rule in rules]}
        try:
            made = await self._client.create(
                context, "network", "security-group-rules", body, wire_network.Rules,
                subject=Subject("security_group", group_id),
            )  # fmt: skip
        except Error as error:
            raise _explained(error, group_id, rules) from None
        found = {rule.id: rule for rule in made.security_group_rules}
        return [rule for one in found.values() if (rule := security_rules.neutral(one)) is not None]

    async def remove_rules(self, context: Context, group_id: str, rule_ids: Sequence[str]) -> None:
        """Remove rules; none of them when the group does not have one."""
        found = {rule.id for rule in (await self._groups.get(context, group_id)).security_group_rules}
        missing = sorted(set(rule_ids) - found)
        if missing:
            raise not_found("security_group_rule", ", ".join(missing))
        for rule_id in dict.fromkeys(rule_ids):
            await self._remove_rule(context, rule_id)

    async def _remove_rule(self, context: Context, rule_id: str) -> None:
        path = f"security-group-rules/{segment(rule_id)}"
        try:
            await self._client.remove(context, "network", path, subject=Subject("security_group_rule", rule_id))
        except Error as error:
            # Somebody else removed it meanwhile.
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def _post(self, context: Context, members: dict[str, Any], name: str) -> wire_network.SecurityGroup:
        try:
            return await self._groups.create(context, members, Subject("security_group", name))
        except Error as error:
            if error.kind is ErrorKind.ALREADY_EXISTS:
                raise Error(error.kind, error.message, resource="security_group", field="name") from None
            raise


def _explained(error: Error, group_id: str, rules: Sequence[Rule]) -> Error:
    """The service's error with what it is about: an unknown group may be the one that a rule names."""
    if "type" not in error.context:
        return error
    if error.kind is ErrorKind.NOT_FOUND:
        named = {rule.group_id for rule in rules if rule.group_id and rule.group_id in error.context["words"]}
        return not_found("security_group", next(iter(named), group_id))
    if error.kind is ErrorKind.INVALID:
        field = _FIELDS.get(error.context["type"], "") or _field(error.message)
        return Error(error.kind, error.message, resource="security_group_rule", field=field, context=error.context)
    if error.kind is ErrorKind.ALREADY_EXISTS:
        message = "The security group has one of the rules already"
        return Error(error.kind, message, resource="security_group_rule", context=error.context)
    return error


def _neutral(group: wire_network.SecurityGroup, region: str) -> SecurityGroup:
    rules = (security_rules.neutral(rule) for rule in group.security_group_rules)
    return SecurityGroup(
        id=group.id,
        name=group.name,
        description=settled(group.description),
        data_center_id=region,
        network_id=tag_lists.own_items(group.tags).get(tag_lists.NETWORK, ""),
        default=group.name == DEFAULT,
        rules=tuple(sorted((rule for rule in rules if rule is not None), key=lambda rule: (rule.direction, rule.id))),
        tags=tag_lists.tags_of(group.tags),
    )


def _field(words: str) -> str:
    lowered = words.lower()
    for text, field in (("cidr", "cidr"), ("prefix", "cidr"), ("protocol", "protocol"), ("port", "from_port")):
        if text in lowered:
            return field
    return ""
