"""Security groups: which traffic reaches the instances that have them, and what may leave these."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.deeds import NOT_TOLD, Deed, Found, Kind
from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, invalid
from deltaic.model.security_group import Direction, Rule, SecurityGroup

#: What the form offers: the protocol of a rule, and what people call it.
PROTOCOLS: Final = {"": "Any", "tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "icmpv6": "ICMPv6"}
#: Of these the second number is a code, which may be left open.
_WITH_CODES: Final = frozenset({"icmp", "icmpv6"})
_WAYS: Final = {Direction.INGRESS: "in", Direction.EGRESS: "out"}


class Row(Struct, frozen=True):
    """A rule as people say it."""

    id: str
    way: str
    protocol: str
    ports: str
    other: str
    description: str


async def index(page: Page) -> Response:
    """The groups that are searched for."""
    groups = await page.services.security_groups.list(page.context)
    found = listed(page, groups, lambda one: (one.name, one.id, one.description), lambda one: one.name)
    return page.show("security_groups.html", listing=found)


async def show(page: Page) -> Response:
    """One group with its rules."""
    return await _show(page)


async def _show(page: Page, message: str = "") -> Response:
    groups = await page.services.security_groups.list(page.context)
    names = {one.id: one.name for one in groups}
    group = next((one for one in groups if one.id == page.id), None)
    if group is None:
        (group,) = await page.services.security_groups.list(page.context, [page.id])
    return page.show(
        "security_group.html",
        400 if message else 200,
        group=group,
        rules=[_row(rule, names) for rule in _ordered(group)],
        groups=groups,
        protocols=PROTOCOLS,
        message=message,
        given=dict(page.fields),
    )


async def add_rule(page: Page) -> Response:
    """Let something more through; a rule that can't be shows its form again."""
    try:
        await page.services.security_groups.authorize(page.context, page.id, [_asked(page)])
    except Error as error:
        if error.kind in NOT_TOLD:
            raise
        return await _show(page, error.message)
    return page.go("security_groups", page.id, said="The rule was added.")


def _asked(page: Page) -> Rule:
    """The rule of the form."""
    protocol = page.field("protocol")
    first, last = _ports(page.field("ports"), with_code=protocol in _WITH_CODES)
    return Rule(
        direction=Direction.EGRESS if page.field("way") == "out" else Direction.INGRESS,
        protocol=protocol,
        from_port=first,
        to_port=last,
        cidr=page.field("range"),
        group_id=page.field("group"),
        ip_version=6 if page.field("version") == "6" else 4,
        description=page.field("description"),
    )


def _ports(text: str, *, with_code: bool) -> tuple[int | None, int | None]:
    """Both ends of `22` or `8000-8010`; of ICMP the type, and the code if there is one."""
    if not text:
        return None, None
    first, dash, last = (part.strip() for part in text.partition("-"))
    for number in (first, last) if dash else (first,):
        if not (number.isascii() and number.isdecimal() and len(number) < 7):
            raise invalid("ports", f"'{text[:20]}' is neither a port such as 22 nor a range such as 8000-8010")
    if not dash:
        return int(first), None if with_code else int(first)
    return int(first), int(last)


def _ordered(group: SecurityGroup) -> list[Rule]:
    return sorted(
        group.rules, key=lambda rule: (rule.direction is Direction.EGRESS, rule.protocol, rule.from_port or 0)
    )


def _row(rule: Rule, names: dict[str, str]) -> Row:
    ends = [str(end) for end in (rule.from_port, rule.to_port) if end is not None]
    ports = "-".join(dict.fromkeys(ends)) or "any"
    other = rule.cidr or names.get(rule.group_id, rule.group_id) or f"anybody (IPv{rule.ip_version})"
    return Row(rule.id, _WAYS[rule.direction], rule.protocol or "any", ports, other, rule.description)


async def _find(page: Page) -> Found:
    (group,) = await page.services.security_groups.list(page.context, [page.id])
    return Found(group.id, group.name, group)


async def _remove_rule(page: Page, found: Found) -> None:
    await page.services.security_groups.revoke(page.context, found.id, rule_ids=[page.field("rule")])


SECURITY_GROUP: Final = Kind(
    "security_groups",
    "security_groups",
    _find,
    {
        "remove-rule": Deed(
            _remove_rule,
            "",
            "A rule of the security group {name} was removed.",
            "Remove rule",
            "Remove this rule of the security group {name}? What it lets through is stopped then, unless another "
            "rule lets it through.",
            carried=("rule",),
        ),
    },
)
