"""Security groups in memory, with a default group that stays; `faults` are scripted as those of machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec
from tests.fakes.faults import Faults

if TYPE_CHECKING:
    from tests.fakes.driver import FakeInstances

DEFAULT = SecurityGroup("56000000-0000-4000-8000-00000000000d", "default", "Default security group", "dc-1",
                        default=True)  # fmt: skip


class FakeSecurityGroups:
    """Groups: set `rows` by hand. `changes` lists (verb, id) of what had an effect."""

    def __init__(self, instances: FakeInstances) -> None:
        self.changes: list[tuple[str, str]] = []
        self.faults = Faults()
        self._instances = instances
        self._markers: dict[str, str] = {}
        self._numbers = self._groups = 0
        self.rows: list[SecurityGroup] = [replace(DEFAULT, rules=self._usual())]

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[SecurityGroup]:
        self.faults.strike(self.faults.before, "list")
        return sorted((row for row in self.rows if not ids or row.id in ids), key=lambda row: row.name)

    async def create(self, context: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        self.faults.strike(self.faults.before, "create")
        if spec.marker in self._markers:
            return self._row(self._markers[spec.marker])
        self._groups += 1
        group_id = f"56000000-0000-4000-8000-{self._groups:012d}"
        made = SecurityGroup(group_id, spec.name, spec.description, "dc-1", spec.network_id, False, self._usual(),
                             spec.tags)  # fmt: skip
        self.rows.append(made)
        if spec.marker:
            self._markers[spec.marker] = group_id
        self._changed("create", group_id)
        return made

    async def update(self, context: Context, group_id: str, changes: SecurityGroupChanges) -> None:
        self.faults.strike(self.faults.before, "update")
        if self._row(group_id).default and changes.name is not None:
            raise Error(ErrorKind.CONFLICT, "The default group keeps its name", resource="security_group")
        members = {name: getattr(changes, name) for name in SecurityGroupChanges.__struct_fields__}
        self._put(group_id, **{name: value for name, value in members.items() if value is not None})
        self._changed("update", group_id)

    async def delete(self, context: Context, group_id: str) -> None:
        self.faults.strike(self.faults.before, "delete")
        row = self._row(group_id)
        if row.default:
            raise Error(ErrorKind.CONFLICT, "The default group stays", resource="security_group", resource_id=group_id)
        nics = [nic for machine in self._instances.machines.values() for nic in machine.nics]
        rules = [rule for other in self.rows if other.id != group_id for rule in other.rules]
        if any(group_id in nic.security_group_ids for nic in nics) or any(one.group_id == group_id for one in rules):
            raise Error(ErrorKind.IN_USE, "The group is in use", resource="security_group", resource_id=group_id)
        self.rows.remove(row)
        self._changed("delete", group_id)

    async def add_rules(self, context: Context, group_id: str, rules: Sequence[Rule]) -> Sequence[Rule]:
        self.faults.strike(self.faults.before, "add_rules")
        row = self._row(group_id)
        known = [replace(one, id="", description="") for one in row.rules]
        if any(replace(one, id="", description="") in known for one in rules):
            raise Error(ErrorKind.ALREADY_EXISTS, "The group has such a rule", resource="security_group_rule")
        for rule in rules:
            if rule.group_id:
                self._row(rule.group_id)
        kept = tuple(replace(one, id=self._number()) for one in rules)
        self._put(group_id, rules=(*row.rules, *kept))
        self._changed("add_rules", group_id)
        return kept

    async def remove_rules(self, context: Context, group_id: str, rule_ids: Sequence[str]) -> None:
        self.faults.strike(self.faults.before, "remove_rules")
        row = self._row(group_id)
        for rule_id in rule_ids:
            if all(one.id != rule_id for one in row.rules):
                raise not_found("security_group_rule", rule_id)
        self._put(group_id, rules=tuple(one for one in row.rules if one.id not in rule_ids))
        self._changed("remove_rules", group_id)

    def _usual(self) -> tuple[Rule, ...]:
        """What every new group has: everything may leave."""
        return tuple(Rule(Direction.EGRESS, ip_version=version, id=self._number()) for version in (4, 6))

    def _number(self) -> str:
        self._numbers += 1
        return f"56e00000-0000-4000-8000-{self._numbers:012d}"

    def _row(self, group_id: str) -> SecurityGroup:
        found = next((row for row in self.rows if row.id == group_id), None)
        if found is None:
            raise not_found("security_group", group_id)
        return found

    def _put(self, group_id: str, **members: object) -> None:
        row = self._row(group_id)
        self.rows[self.rows.index(row)] = replace(row, **members)

    def _changed(self, verb: str, group_id: str) -> None:
        self.changes.append((verb, group_id))
        self.faults.strike(self.faults.after, verb)
