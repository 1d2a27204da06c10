"""Rules that were changed, on clouds that can only add and remove them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupSpec
from deltaic.services.changed_rules import by_traffic
from tests.unit.services.conftest import World

SSH = Rule(Direction.INGRESS, "tcp", 22, 22, cidr="192.0.2.0/24", description="ssh")
WEB = Rule(Direction.INGRESS, "tcp", 80, 80, cidr="0.0.0.0/0")
ELSEWHERE = replace(SSH, from_port=2222, to_port=2222, description="ssh, elsewhere")


async def group_with(world: World, *rules: Rule) -> SecurityGroup:
    made = await world.services.security_groups.create(world.context, SecurityGroupSpec("web"))
    await world.services.security_groups.authorize(world.context, made.id, rules)
    return await told(world)


async def told(world: World) -> SecurityGroup:
    """The group with descriptions as they are told, and its rules under the names that they go by."""
    (found,) = [one for one in await world.services.security_groups.list(world.context) if one.name == "web"]
    answer = await world.services.changed_rules.told([found])
    return answer.groups[0]


async def named(world: World) -> dict[str, Rule]:
    """The rules that let traffic in, by the name they go by; each name is there once."""
    groups = [one for one in await world.services.security_groups.list(world.context) if one.name == "web"]
    answer = await world.services.changed_rules.told(groups)
    rules = [rule for rule in answer.groups[0].rules if rule.direction is Direction.INGRESS]
    names = [answer.names.get(rule.id, rule.id) for rule in rules]
    assert len(set(names)) == len(names)
    return {name: replace(rule, id="") for name, rule in zip(names, rules, strict=True)}


def own(group: SecurityGroup, rule: Rule) -> str:
    return next(iter(by_traffic(group, [rule])))


async def test_a_changed_rule_keeps_its_name(world: World) -> None:
    group = await group_with(world, SSH, WEB)
    first, other = own(group, SSH), own(group, WEB)
    await world.services.changed_rules.change(world.context, group, {first: ELSEWHERE})
    assert await named(world) == {first: ELSEWHERE, other: WEB}
    again = await told(world)
    third = replace(ELSEWHERE, protocol="udp", description="")
    await world.services.changed_rules.change(world.context, again, {own(again, ELSEWHERE): third})
    assert await named(world) == {first: third, other: WEB}
    back = await told(world)
    await world.services.changed_rules.change(world.context, back, {own(back, third): SSH})
    assert await named(world) == {first: SSH, other: WEB}


async def test_a_description_changes_without_touching_the_traffic(world: World) -> None:
    group = await group_with(world, SSH)
    rule = own(group, SSH)
    before = list(world.driver.security_groups.changes)
    for text in ("desk", "", "ssh"):
        await world.services.changed_rules.describe(await told(world), {rule: text})
        assert await named(world) == {rule: replace(SSH, description=text)}
    await world.services.changed_rules.change(world.context, await told(world), {rule: replace(SSH, description="x")})
    assert await named(world) == {rule: replace(SSH, description="x")}
    assert world.driver.security_groups.changes == before


@pytest.mark.parametrize("at", ["add_rules", "remove_rules"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_change_that_was_cut_short_is_completed_by_repeating_it(world: World, at: str, moment: str) -> None:
    """The rule is there all the time, under its name once; what it let through before goes in the end."""
    group = await group_with(world, SSH)
    name = own(group, SSH)
    driver = world.driver.security_groups
    getattr(driver.faults, moment)[at] = [Error(ErrorKind.TIMEOUT, "No answer")]
    with pytest.raises(Error, match="No answer"):
        await world.services.changed_rules.change(world.context, group, {name: ELSEWHERE})
    assert name in await named(world)
    groups = [one for one in await world.services.security_groups.list(world.context) if one.name == "web"]
    answer = await world.services.changed_rules.told(groups)
    goes_by = {answer.names.get(rule.id, rule.id): rule.id for rule in answer.groups[0].rules}
    await world.services.changed_rules.change(world.context, answer.groups[0], {goes_by[name]: ELSEWHERE})
    assert await named(world) == {name: ELSEWHERE}


async def test_traffic_that_another_rule_lets_through(world: World) -> None:
    group = await group_with(world, SSH, WEB)
    changes = list(world.driver.security_groups.changes)
    for wanted in ({own(group, SSH): WEB}, {own(group, SSH): ELSEWHERE, own(group, WEB): ELSEWHERE}):
        with pytest.raises(Error) as caught:
            await world.services.changed_rules.change(world.context, group, wanted)
        assert (caught.value.kind, caught.value.resource) == (ErrorKind.ALREADY_EXISTS, "security_group_rule")
    assert world.driver.security_groups.changes == changes
    assert await named(world) == {own(group, SSH): SSH, own(group, WEB): WEB}


async def test_a_new_rule_for_the_same_traffic_has_nothing_of_an_old_one(world: World) -> None:
    group = await group_with(world, SSH)
    name = own(group, SSH)
    await world.services.changed_rules.change(world.context, group, {name: ELSEWHERE})
    changed = await told(world)
    await world.services.changed_rules.describe(changed, {own(changed, ELSEWHERE): "late"})
    gone = await world.services.security_groups.revoke(world.context, group.id, rules=[ELSEWHERE])
    await world.services.changed_rules.forget(group.id, gone)
    (made,) = await world.services.security_groups.authorize(world.context, group.id, [ELSEWHERE])
    assert await named(world) == {made.id: ELSEWHERE}
    assert await world.services.tags.stored() == {}


async def test_a_rule_that_is_not_there(world: World) -> None:
    group = await group_with(world, SSH)
    with pytest.raises(Error) as caught:
        by_traffic(group, [SSH, WEB])
    assert caught.value.kind is ErrorKind.NOT_FOUND
