"""Security groups: which traffic reaches the instances that have them."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.model.security_group import Direction, Rule, SecurityGroup


async def index(page: Page) -> Response:
    """The groups that are searched for."""
    groups = await page.services.security_groups.list(page.context)
    found = listed(page, groups, lambda one: (one.name, one.id, one.description), lambda one: one.name)
    return page.show("security_groups.html", listing=found)


async def show(page: Page) -> Response:
    """One group with its rules."""
    groups = await page.services.security_groups.list(page.context)
    names = {one.id: one.name for one in groups}
    group = next((one for one in groups if one.id == page.id), None)
    if group is None:
        (group,) = await page.services.security_groups.list(page.context, [page.id])
    return page.show("security_group.html", group=group, rules=[_words(rule, names) for rule in _ordered(group)])


def _ordered(group: SecurityGroup) -> list[Rule]:
    return sorted(
        group.rules, key=lambda rule: (rule.direction is Direction.EGRESS, rule.protocol, rule.from_port or 0)
    )


def _words(rule: Rule, names: dict[str, str]) -> tuple[str, str, str, str, str]:
    """Direction, protocol, ports, the other side and description, as people say it."""
    way = "in" if rule.direction is Direction.INGRESS else "out"
    ends = [str(end) for end in (rule.from_port, rule.to_port) if end is not None]
    ports = "-".join(dict.fromkeys(ends)) or "any"
    other = rule.cidr or names.get(rule.group_id, rule.group_id) or f"anybody (IPv{rule.ip_version})"
    return way, rule.protocol or "any", ports, other, rule.description
