"""Security groups and their rules through their service."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, Rule, SecurityGroupChanges, SecurityGroupSpec
from deltaic.services.security_group_rules import checked, traffic_of
from tests.unit.services.conftest import World

SSH = Rule(Direction.INGRESS, "tcp", 22, 22, cidr="192.0.2.0/24")
HELD = Capability(
    security_groups_list=True, security_groups_create=True, security_groups_update=True, addresses_update=True,
    networks_list=True, networks_update=True, volumes_update_with_tags=True,
)  # fmt: skip


def test_a_cloud_may_have_none(world: World) -> None:
    groups = world.services.security_groups
    assert groups.offered(world.context) is False
    world.driver.capability = HELD
    assert groups.offered(world.context) is True


async def test_a_repeated_token_makes_one_group(world: World) -> None:
    groups, spec = world.services.security_groups, SecurityGroupSpec("web", "for the web", tags={"a": "1"})
    first = await groups.create(world.context, spec, "token")
    assert (first.name, first.description, first.tags) == ("web", "for the web", {"a": "1"})
    assert await groups.create(world.context, spec, "token") == first
    assert (await groups.create(world.context, spec)).id != (await groups.create(world.context, spec)).id
    assert world.driver.security_groups.changes.count(("create", first.id)) == 1


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        (SecurityGroupSpec(""), ErrorKind.MISSING, "name"),
        (SecurityGroupSpec("n" * 256), ErrorKind.INVALID, "name"),
        (SecurityGroupSpec("n", "d" * 256), ErrorKind.INVALID, "description"),
        (SecurityGroupSpec("n", tags={"aws:x": ""}), ErrorKind.INVALID, "tag_key"),
    ],
)
async def test_impossible_groups(world: World, spec: SecurityGroupSpec, kind: ErrorKind, field: str) -> None:
    with pytest.raises(Error) as caught:
        await world.services.security_groups.create(world.context, spec)
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert world.driver.security_groups.changes == []


async def test_rules_are_added_and_removed_by_id_and_by_traffic(world: World) -> None:
    groups = world.services.security_groups
    made = await groups.create(world.context, SecurityGroupSpec("web"))
    wanted = [replace(SSH, description="ssh"), replace(SSH, from_port=80, to_port=443, cidr="0.0.0.0/0")]
    kept = await groups.authorize(world.context, made.id, wanted)
    assert [replace(one, id="") for one in kept] == wanted
    with pytest.raises(Error) as caught:
        await groups.authorize(world.context, made.id, [SSH])
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert await groups.revoke(world.context, made.id, rule_ids=[kept[1].id]) == [kept[1]]
    assert await groups.revoke(world.context, made.id, rules=[replace(SSH, cidr="192.0.2.7/24")]) == [kept[0]]
    assert (await groups.list(world.context, [made.id]))[0].rules == made.rules


async def test_what_is_not_there_removes_nothing(world: World) -> None:
    groups = world.services.security_groups
    made = await groups.create(world.context, SecurityGroupSpec("web"))
    (kept,) = await groups.authorize(world.context, made.id, [SSH])
    with pytest.raises(Error) as caught:
        await groups.revoke(world.context, made.id, rule_ids=[kept.id], rules=[replace(SSH, from_port=23, to_port=23)])
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "security_group_rule")
    with pytest.raises(Error) as caught:
        await groups.revoke(world.context, made.id, rule_ids=[kept.id, "no-rule"])
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, "no-rule")
    assert kept in (await groups.list(world.context, [made.id]))[0].rules


async def test_one_rule_twice_in_one_request(world: World) -> None:
    made = await world.services.security_groups.create(world.context, SecurityGroupSpec("web"))
    with pytest.raises(Error) as caught:
        await world.services.security_groups.authorize(world.context, made.id, [SSH, replace(SSH, description="x")])
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS


async def test_each_rule_of_a_crowd_is_looked_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    groups, looked = world.services.security_groups, Counter[int | None]()

    def counting(rule: Rule) -> Rule:
        looked[rule.from_port] += 1
        return traffic_of(rule)

    monkeypatch.setattr("deltaic.services.security_groups.traffic_of", counting)
    made = await groups.create(world.context, SecurityGroupSpec("web"))
    crowd = [replace(SSH, from_port=port, to_port=port) for port in range(1, 301)]
    kept = await groups.authorize(world.context, made.id, crowd)
    assert set(looked.values()) == {1}
    looked.clear()
    assert await groups.revoke(world.context, made.id, rules=crowd) == list(kept)
    assert {looked[port] for port in range(1, 301)} == {2}  # the one that is there, and the one that is to go


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"protocol": "6"}, {"protocol": "tcp"}),
        ({"protocol": "-1", "from_port": None, "to_port": None}, {"protocol": "", "from_port": None, "to_port": None}),
        ({"protocol": "ICMP", "from_port": 8, "to_port": 0}, {"protocol": "icmp", "from_port": 8, "to_port": 0}),
        ({"protocol": "58", "from_port": None, "to_port": None, "cidr": ""},
         {"protocol": "icmpv6", "from_port": None, "to_port": None, "cidr": "", "ip_version": 6}),
        ({"protocol": "047", "from_port": None, "to_port": None}, {"protocol": "47", "from_port": None,
                                                                   "to_port": None}),
        ({"from_port": 0, "to_port": 65535}, {"from_port": None, "to_port": None}),
        ({"cidr": "192.0.2.77/24"}, {}),
        ({"cidr": "2001:DB8::1/32"}, {"cidr": "2001:db8::/32", "ip_version": 6}),
    ],
)  # fmt: skip
def test_rules_in_their_one_form(given: dict[str, object], kept: dict[str, object]) -> None:
    assert checked(replace(SSH, **given)) == replace(SSH, **kept)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"protocol": "no protocol"}, "protocol"),
        ({"protocol": "256"}, "protocol"),
        ({"protocol": "00001"}, "protocol"),
        ({"protocol": "²"}, "protocol"),
        ({"protocol": "47"}, "from_port"),
        ({"protocol": ""}, "from_port"),
        ({"from_port": 70_000, "to_port": 70_000}, "from_port"),
        ({"from_port": 30, "to_port": 20}, "to_port"),
        ({"to_port": None}, "to_port"),
        ({"protocol": "icmp", "from_port": 256}, "from_port"),
        ({"protocol": "icmp", "from_port": None, "to_port": 0}, "from_port"),
        ({"cidr": "192.0.2.0/99"}, "cidr"),
        ({"cidr": "web"}, "cidr"),
        ({"group_id": "sg-1"}, "cidr"),
        ({"cidr": "", "ip_version": 5}, "ip_version"),
    ],
)
async def test_impossible_rules(world: World, members: dict[str, object], field: str) -> None:
    with pytest.raises(Error) as caught:
        await world.services.security_groups.authorize(world.context, "sg-1", [replace(SSH, **members)])
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


def test_anybody_is_anybody() -> None:
    everybody = replace(SSH, cidr="0.0.0.0/0", id="1", description="all")
    assert traffic_of(everybody) == traffic_of(replace(SSH, cidr=""))
    assert traffic_of(everybody) != traffic_of(replace(SSH, cidr="::/0", ip_version=6))


async def test_a_group_is_renamed_and_removed(world: World) -> None:
    groups = world.services.security_groups
    made = await groups.create(world.context, SecurityGroupSpec("web"))
    await groups.modify(world.context, made.id, SecurityGroupChanges(name="db", tags={"b": "2"}))
    (seen,) = await groups.list(world.context, [made.id])
    assert (seen.name, seen.tags) == ("db", {"b": "2"})
    await groups.delete(world.context, made.id)
    with pytest.raises(Error) as caught:
        await groups.list(world.context, [made.id])
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "security_group")


async def test_tags_live_in_the_cloud_where_it_holds_them(world: World) -> None:
    tags = world.services.tags
    made = await world.services.security_groups.create(world.context, SecurityGroupSpec("web", tags={"a": "1"}))
    targets = [("security_group", made.id), ("network", "net-1")]
    await tags.add(world.context, targets, {"b": "2"})
    assert await tags.stored() == {made.id: {"b": "2"}, "net-1": {"b": "2"}}
    await tags.remove(world.context, targets, None)
    world.driver.capability = HELD
    await tags.add(world.context, targets, {"c": "3"})
    assert await tags.stored() == {}
    assert (await world.services.security_groups.list(world.context, [made.id]))[0].tags == {"a": "1", "c": "3"}
    assert (await world.services.networks.list(world.context, ["net-1"]))[0].tags == {"c": "3"}
    with pytest.raises(Error) as caught:
        await tags.add(world.context, [("security_group", "gone")], {"c": "3"})
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "security_group")


async def test_tags_that_the_store_kept_move_to_the_cloud(world: World) -> None:
    tags, target = world.services.tags, [("network", "net-1")]
    await tags.add(world.context, target, {"old": "1", "older": "2"})
    world.driver.capability = HELD
    await tags.remove(world.context, target, {"old": None})
    assert await tags.stored() == {}
    assert (await world.services.networks.list(world.context, ["net-1"]))[0].tags == {"older": "2"}
