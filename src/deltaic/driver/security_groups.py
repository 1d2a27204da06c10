"""The port of security groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.security_group import Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec


class SecurityGroups(Protocol):
    """Named sets of rules that let traffic through to the interfaces that have them; what no rule allows is dropped."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[SecurityGroup]:
        """List the groups of the scope with their rules, by name; those of `ids` when given."""

    async def create(self, context: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        """Make a group; it comes with the rules that the cloud gives every new one. QUOTA.

        A repeated creation with the same marker completes what the first one began, and returns it.
        """

    async def update(self, context: Context, group_id: str, changes: SecurityGroupChanges) -> None:
        """Change members."""

    async def delete(self, context: Context, group_id: str) -> None:
        """Remove a group; IN_USE while interfaces or rules of other groups have it, CONFLICT for the default one."""

    async def add_rules(self, context: Context, group_id: str, rules: Sequence[Rule]) -> Sequence[Rule]:
        """Add rules (their ids are empty) and return them as they are kept.

        ALREADY_EXISTS when the group has one of them; those added by then are taken back, so that it is all or
        nothing. INVALID names the field, NOT_FOUND an unknown group.
        """

    async def remove_rules(self, context: Context, group_id: str, rule_ids: Sequence[str]) -> None:
        """Remove rules by id; NOT_FOUND for one that the group does not have."""
