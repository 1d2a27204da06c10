"""Security groups: which traffic reaches the machines that have them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.security_group import Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all
from deltaic.services.names import launch_id
from deltaic.services.security_group_rules import checked, traffic_of
from deltaic.services.tags import check_tags

#: The longest name and description of a group, characters.
LONGEST = 255


class SecurityGroupService:
    """The verbs on security groups. Every change is one step of the cloud, done when the verb returns."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    def offered(self, context: Context) -> bool:
        """Whether the cloud of the request has security groups; without them every other verb is UNSUPPORTED."""
        return self._clouds.of(context).capability.security_groups_list

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[SecurityGroup]:
        """The groups of the scope with their rules; NOT_FOUND names those of `ids` that are not there."""
        groups = await self._clouds.of(context).security_groups.list(context, ids=ids)
        require_all("security_group", ids, groups)
        return groups

    async def create(self, context: Context, spec: SecurityGroupSpec, token: str = "") -> SecurityGroup:
        """Make a group; `spec.marker` may be left empty. A repeated token makes nothing again.

        It comes with the rules that the cloud gives every new one. INVALID names the field, QUOTA.
        """
        if not spec.name:
            raise Error(ErrorKind.MISSING, "A security group needs a name", resource="security_group", field="name")
        _check_texts(spec.name, spec.description)
        check_tags(spec.tags)
        marker = spec.marker or (f"security-group:{launch_id(context.owner, token, '')}" if token else "")
        return await self._clouds.of(context).security_groups.create(context, replace(spec, marker=marker))

    async def modify(self, context: Context, group_id: str, changes: SecurityGroupChanges) -> None:
        """Change members at once; NOT_FOUND, INVALID names the field, CONFLICT where the default group refuses."""
        _check_texts(changes.name or "", changes.description or "")
        check_tags(changes.tags or {})
        await self._clouds.of(context).security_groups.update(context, group_id, changes)

    async def delete(self, context: Context, group_id: str) -> None:
        """Remove a group; IN_USE while interfaces or rules of other groups have it, CONFLICT for the default one."""
        await self._clouds.of(context).security_groups.delete(context, group_id)

    async def authorize(self, context: Context, group_id: str, rules: Sequence[Rule]) -> Sequence[Rule]:
        """Add rules, all or none, and return them as they are kept, with ids.

        ALREADY_EXISTS for one that the group has or that comes twice; INVALID names the member of the rule.
        """
        wanted = [checked(rule) for rule in rules]
        if len({traffic_of(rule) for rule in wanted}) < len(wanted):
            message = "The same rule was given more than once"
            raise Error(ErrorKind.ALREADY_EXISTS, message, resource="security_group_rule")
        return await self._clouds.of(context).security_groups.add_rules(context, group_id, wanted)

    async def revoke(
        self, context: Context, group_id: str, *, rule_ids: Sequence[str] = (), rules: Sequence[Rule] = ()
    ) -> Sequence[Rule]:
        """Remove rules, by id and by the traffic that they let through (id and description aside); those removed.

        NOT_FOUND for one that the group does not have; then none is removed.
        """
        (group,) = await self.list(context, [group_id])
        wanted = set(rule_ids)
        found = {rule.id: rule for rule in group.rules if rule.id in wanted}
        missing = sorted(wanted - found.keys())
        if missing:
            raise not_found("security_group_rule", ", ".join(missing))
        found |= {rule.id: rule for rule in _matching(group, rules)}
        if found:
            await self._clouds.of(context).security_groups.remove_rules(context, group_id, list(found))
        return list(found.values())


def _matching(group: SecurityGroup, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules of a group that let the same traffic through as one of these; NOT_FOUND for one without such."""
    there: dict[Rule, list[Rule]] = {}
    for rule in group.rules if rules else ():
        there.setdefault(traffic_of(rule), []).append(rule)
    found: list[Rule] = []
    for rule in rules:
        same = there.get(traffic_of(checked(rule)))
        if same is None:
            message = f"The security group '{group.id}' has no such rule"
            raise Error(
                ErrorKind.NOT_FOUND, message, resource="security_group_rule", resource_id=group.id, field="rules"
            )
        found += same
    return found


def _check_texts(name: str, description: str) -> None:
    for field, text in (("name", name), ("description", description)):
        if len(text) > LONGEST:
            raise invalid(field, f"It has at most {LONGEST} characters", resource="security_group")
