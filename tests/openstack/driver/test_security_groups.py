"""Security groups through the driver, each step seen from the other side."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec
from tests.openstack.driver.conftest import Desk

SSH = Rule(Direction.INGRESS, "tcp", 22, 22, cidr="192.0.2.0/24", description="ssh")
RULES = (
    SSH,
    Rule(Direction.INGRESS, "udp", 1000, 2000, cidr="0.0.0.0/0"),
    Rule(Direction.INGRESS, "icmp", 8, 0),
    Rule(Direction.INGRESS, "icmpv6", ip_version=6),
    Rule(Direction.EGRESS, "47", cidr="198.51.100.0/24"),
    Rule(Direction.INGRESS, "tcp", 443, 443, cidr="2001:db8::/32", ip_version=6),
)


async def listed(desk: Desk, group_id: str) -> SecurityGroup:
    return (await desk.driver.security_groups.list(desk.context, ids=[group_id]))[0]


async def test_life(desk: Desk) -> None:
    groups, other = desk.driver.security_groups, desk.cloud.network
    spec = SecurityGroupSpec("web", "for the web", desk.tenant.network_id, {"tier": "web"}, "group:1")
    made = await groups.create(desk.context, spec)
    assert await groups.create(desk.context, spec) == made
    seen = await desk.told(other.get_security_group, made.id)
    assert (seen.name, seen.description) == ("web", "for the web")
    assert sorted(seen.tags) == [
        "deltaic:launch=group:1", f"deltaic:network={desk.tenant.network_id}", "tier=web",
    ]  # fmt: skip
    await groups.update(desk.context, made.id, SecurityGroupChanges("db", "d", {"a": "b"}))
    found = await listed(desk, made.id)
    assert (found.name, found.description, found.tags) == ("db", "d", {"a": "b"})
    assert found.network_id == desk.tenant.network_id
    assert "a=b" in (await desk.told(other.get_security_group, made.id)).tags
    await groups.delete(desk.context, made.id)
    assert await desk.told(other.find_security_group, made.id) is None


async def test_rules_are_kept_all_or_none(desk: Desk) -> None:
    groups, other = desk.driver.security_groups, desk.cloud.network
    made = await groups.create(desk.context, SecurityGroupSpec("rules"))
    kept = await groups.add_rules(desk.context, made.id, RULES)
    assert [replace(one, id="") for one in kept] == list(RULES)
    assert set(kept) | set(made.rules) == set((await listed(desk, made.id)).rules)
    there = {one.id: one for one in await desk.told(lambda: list(other.security_group_rules(
        security_group_id=made.id)))}  # fmt: skip
    ssh = there[kept[0].id]
    assert (ssh.protocol, ssh.port_range_min, ssh.remote_ip_prefix, ssh.description) == (
        "tcp", 22, "192.0.2.0/24", "ssh",
    )  # fmt: skip
    new = Rule(Direction.INGRESS, "tcp", 80, 80)
    for wrong, kind, field in (
        (SSH, ErrorKind.ALREADY_EXISTS, ""),
        (replace(SSH, from_port=70_000, to_port=70_000), ErrorKind.INVALID, "from_port"),
        (replace(SSH, from_port=30, to_port=20), ErrorKind.INVALID, "from_port"),
        (replace(SSH, cidr="192.0.2.0/99"), ErrorKind.INVALID, "cidr"),
        (replace(SSH, protocol="no protocol"), ErrorKind.INVALID, "protocol"),
        (replace(SSH, cidr="", group_id="00000000-0000-4000-8000-00000000dead"), ErrorKind.NOT_FOUND, ""),
    ):
        with pytest.raises(Error) as caught:
            await groups.add_rules(desk.context, made.id, [new, wrong])
        assert (caught.value.kind, caught.value.field) == (kind, field)
    left = await desk.told(lambda: list(other.security_group_rules(security_group_id=made.id)))
    assert {one.id for one in left} == there.keys()
    await groups.remove_rules(desk.context, made.id, [kept[0].id, kept[1].id])
    assert set((await listed(desk, made.id)).rules) == set(made.rules) | set(kept[2:])
    await groups.delete(desk.context, made.id)


async def test_a_group_that_rules_name_stays_with_its_rules(desk: Desk) -> None:
    groups = desk.driver.security_groups
    front, back = [await groups.create(desk.context, SecurityGroupSpec(name)) for name in ("front", "back")]
    (kept,) = await groups.add_rules(desk.context, back.id, [Rule(Direction.INGRESS, "tcp", 5432, 5432,
                                                                  group_id=front.id)])  # fmt: skip
    assert kept.group_id == front.id
    with pytest.raises(Error) as caught:
        await groups.delete(desk.context, front.id)
    assert caught.value.kind is ErrorKind.IN_USE
    assert kept in (await listed(desk, back.id)).rules
    for group in (back, front):
        await groups.delete(desk.context, group.id)


async def test_the_default_group_stays(desk: Desk) -> None:
    groups = desk.driver.security_groups
    (default,) = [one for one in await groups.list(desk.context) if one.default]
    for work in (groups.delete(desk.context, default.id),
                 groups.update(desk.context, default.id, SecurityGroupChanges(name="mine"))):  # fmt: skip
        with pytest.raises(Error) as caught:
            await work
        assert caught.value.kind is ErrorKind.CONFLICT
    with pytest.raises(Error) as caught:
        await groups.create(desk.context, SecurityGroupSpec("default"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.ALREADY_EXISTS, "name")
