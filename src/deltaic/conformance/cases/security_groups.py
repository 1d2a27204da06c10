"""Which traffic reaches machines."""

from __future__ import annotations

from msgspec import structs

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.machines import machine, removed
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupChanges, SecurityGroupSpec

NEEDS = ("security_groups_list", "security_groups_create", "security_groups_delete")
RULES = (
    Rule(Direction.INGRESS, "tcp", 22, 22, cidr="192.0.2.0/24", description="ssh"),
    Rule(Direction.INGRESS, "udp", 1000, 2000, cidr="0.0.0.0/0"),
    Rule(Direction.INGRESS, "icmp", 8, 0, cidr="192.0.2.0/24"),
    Rule(Direction.INGRESS, "tcp", 443, 443, cidr="2001:db8::/32", ip_version=6),
)


async def group(trial: Trial, **members: str) -> SecurityGroup:
    """A new group."""
    wanted = SecurityGroupSpec(trial.name("group"), marker=trial.marker(), **members)  # type: ignore[arg-type]
    return await trial.driver.security_groups.create(trial.context(), wanted)


async def listed(trial: Trial, group_id: str) -> SecurityGroup:
    """A group as the list has it."""
    return only("the group by its id", await trial.driver.security_groups.list(trial.context(), ids=[group_id]))


@case(*NEEDS, "security_groups_update")
async def life(trial: Trial) -> None:
    """A group is made once per marker, changed, listed and removed."""
    wanted = SecurityGroupSpec(trial.name("group"), "web", tags={"tier": "web"}, marker=trial.marker())
    made = await trial.driver.security_groups.create(trial.context(), wanted)
    equal("what was asked for", (made.name, made.description, made.tags), (wanted.name, "web", {"tier": "web"}))
    equal("the repeated creation's", (await trial.driver.security_groups.create(trial.context(), wanted)).id, made.id)
    changes = SecurityGroupChanges(name=trial.name("group"), tags={"a": "b"})
    await trial.driver.security_groups.update(trial.context(), made.id, changes)
    found = await listed(trial, made.id)
    equal("after the change", (found.name, found.description, found.tags), (changes.name, "web", {"a": "b"}))
    await trial.driver.security_groups.delete(trial.context(), made.id)
    ids = [made.id, trial.site.unknown_id, "no/such id"]
    equal("groups by ids", await trial.driver.security_groups.list(trial.context(), ids=ids), [])
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.security_groups.delete(trial.context(), made.id)


@case(*NEEDS, "security_groups_update")
async def rules_come_and_go(trial: Trial) -> None:
    """Rules of all kinds are kept as they were given, all or none, and removed one by one."""
    made = await group(trial)
    groups, before = trial.driver.security_groups, {one.id for one in made.rules}
    kept = await groups.add_rules(trial.context(), made.id, RULES)
    equal("rules as they are kept", [structs.replace(one, id="") for one in kept], list(RULES))
    new = Rule(Direction.INGRESS, "tcp", 80, 80, cidr="0.0.0.0/0")
    async with refused("a rule that is there, after a new one", ErrorKind.ALREADY_EXISTS):
        await groups.add_rules(trial.context(), made.id, [new, RULES[0]])
    found = await listed(trial, made.id)
    equal("rules of the group", {one.id for one in found.rules} - before, {one.id for one in kept})
    await groups.remove_rules(trial.context(), made.id, [kept[0].id])
    found = await listed(trial, made.id)
    equal("rules that are left", {one.id for one in found.rules} - before, {one.id for one in kept[1:]})
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await groups.remove_rules(trial.context(), made.id, [kept[0].id])


@case(*NEEDS, "security_groups_update")
async def wrong_rules_are_refused(trial: Trial) -> None:
    """Ports, networks and groups that can't be are refused, and nothing of them is kept."""
    made = await group(trial)
    good = RULES[0]
    for wrong in (
        structs.replace(good, from_port=70_000, to_port=70_000),
        structs.replace(good, from_port=30, to_port=20),
        structs.replace(good, cidr="192.0.2.0/99"),
        structs.replace(good, protocol="no protocol"),
        structs.replace(good, cidr="", group_id=trial.site.unknown_id),
    ):
        async with refused(f"the rule {wrong}", ErrorKind.INVALID, ErrorKind.NOT_FOUND):
            await trial.driver.security_groups.add_rules(trial.context(), made.id, [wrong])
    equal("rules", (await listed(trial, made.id)).rules, made.rules)


@case(*NEEDS, "security_groups_update")
async def a_rule_names_a_group(trial: Trial) -> None:
    """Traffic of one group's interfaces is let through; a group that rules name stays."""
    front, back = await group(trial), await group(trial)
    rule = Rule(Direction.INGRESS, "tcp", 5432, 5432, group_id=front.id)
    (kept,) = await trial.driver.security_groups.add_rules(trial.context(), back.id, [rule])
    equal("the rule", structs.replace(kept, id=""), rule)


@case(*NEEDS, "instances_create_with_security_groups", "instances_delete")
async def a_machine_has_the_groups_that_were_asked_for(trial: Trial) -> None:
    """A machine's interfaces have its groups; those are in use as long as it is there."""
    made = await group(trial)
    host = await machine(trial, InstanceState.RUNNING, security_group_ids=(made.id,))
    ensure("it has an interface", host.nics)
    equal("groups of its interfaces", {one.security_group_ids for one in host.nics}, {(made.id,)})
    async with refused("removal of a group in use", ErrorKind.IN_USE):
        await trial.driver.security_groups.delete(trial.context(), made.id)
    await removed(trial, host.id)
    await trial.patiently(
        lambda: trial.driver.security_groups.delete(trial.context(), made.id), ErrorKind.IN_USE
    )  # fmt: skip
