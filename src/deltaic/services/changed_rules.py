"""Rules of security groups that were changed: clouds can add rules and remove them, and nothing else.

A rule that is to let other traffic through is replaced: the new one is there before the old one goes. It keeps the
name of the old one, and a description that is given later, in a note. A note is kept by group and traffic, for a group
has a rule for the same traffic once: so it can be written before anything is changed, and a change that was cut short
is completed by repeating it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.security_group import Rule, SecurityGroup
from deltaic.ports.store import Store
from deltaic.services.identity import Clouds
from deltaic.services.security_group_rules import checked, traffic_of

#: Under which keys the notes are kept.
NOTES: Final = "rule/"


class RuleNote(Struct, frozen=True):
    """What the gateway knows of a rule of certain traffic.

    It is called `id`, once the rule `replaces` is gone. If the rule `described` has this traffic it has `description`.
    """

    id: str = ""
    replaces: str = ""
    described: str = ""
    description: str = ""


Notes = Mapping[str, RuleNote]


class Renamed(Struct, frozen=True):
    """Groups with the descriptions that their rules have by now, and what rules are called, by native id."""

    groups: Sequence[SecurityGroup]
    names: Mapping[str, str]


class ChangedRuleService:
    """The verbs that change rules of a group, as it is in `Renamed`."""

    def __init__(self, clouds: Clouds, store: Store) -> None:
        self._clouds = clouds
        self._store = store

    async def told(self, groups: Sequence[SecurityGroup]) -> Renamed:
        """Groups as the cloud lists them, with what was changed of their rules."""
        notes = await self._read((group.id, rule) for group in groups for rule in group.rules)
        if not notes:
            return Renamed(groups, {})
        names = {native: name for group in groups for native, name in _names(group, notes).items()}
        return Renamed([_described(group, notes) for group in groups], names)

    async def change(self, context: Context, group: SecurityGroup, changes: Mapping[str, Rule]) -> None:
        """Make rules, by native id, what is given; the new ones are added all or none, before old ones are removed.

        ALREADY_EXISTS when the group has a rule for the traffic; INVALID names the member of the rule.
        """
        notes = await self._read((group.id, rule) for rule in [*group.rules, *map(checked, changes.values())])
        names, there = _names(group, notes), {traffic_of(rule): rule for rule in group.rules}
        fresh: dict[str, Rule] = {}
        texts: dict[str, str] = {}
        gone: list[str] = []
        for native, wanted in changes.items():
            rule = checked(wanted)
            same = there.setdefault(traffic_of(rule), rule)
            if same is rule:
                fresh[native] = rule
            elif same.id == native or (same.id and _note(notes, group, same).replaces == native):
                texts[same.id] = rule.description
            else:
                raise Error(ErrorKind.ALREADY_EXISTS, "The group has such a rule", resource="security_group_rule")
            gone += [native] if same.id != native else []
        for native, rule in fresh.items():
            await self._write(group, rule, RuleNote(names.get(native, native), native))
        driver = self._clouds.of(context).security_groups
        if fresh:
            await driver.add_rules(context, group.id, list(fresh.values()))
        if gone:
            await driver.remove_rules(context, group.id, gone)
        await self.describe(group, texts)
        await self.forget(group.id, [rule for rule in group.rules if rule.id in gone])

    async def describe(self, group: SecurityGroup, texts: Mapping[str, str]) -> None:
        """Give rules, by native id, other descriptions; they let traffic through all the time."""
        for rule in group.rules:
            if texts.get(rule.id, rule.description) != rule.description:
                await self._edit(group.id, rule, described=rule.id, description=texts[rule.id])

    async def forget(self, group_id: str, rules: Sequence[Rule]) -> None:
        """Nothing that was changed of earlier rules for the same traffic holds any longer."""
        for key in await self._read((group_id, rule) for rule in rules):
            await self._store.resource_tags.edit("security_group_rule", key, lambda _: {})

    async def _read(self, rules: Iterable[tuple[str, Rule]]) -> Notes:
        keys = [note_key(group_id, rule) for group_id, rule in rules]
        found = await self._store.resource_tags.get(keys) if keys else {}
        return {key: msgspec.convert(note, RuleNote) for key, note in found.items()}

    async def _write(self, group: SecurityGroup, rule: Rule, note: RuleNote) -> None:
        await self._edit(group.id, rule, **asdict(note))

    async def _edit(self, group_id: str, rule: Rule, **members: str) -> None:
        def edit(old: Mapping[str, str]) -> dict[str, str]:
            return {name: value for name, value in {**old, **members}.items() if value}

        await self._store.resource_tags.edit("security_group_rule", note_key(group_id, rule), edit)


def note_key(group_id: str, rule: Rule) -> str:
    """Under which key the note about a group's rule for this traffic is kept."""
    traffic = traffic_of(rule)
    words = (group_id, traffic.direction, traffic.protocol, traffic.from_port, traffic.to_port, traffic.cidr,
             traffic.group_id, traffic.ip_version)  # fmt: skip
    return NOTES + hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()[:32]


def by_traffic(group: SecurityGroup, rules: Iterable[Rule]) -> dict[str, Rule]:
    """Of a group, by native id, the rules for the same traffic as these, each with what is given. NOT_FOUND."""
    there = {traffic_of(rule): rule.id for rule in group.rules}
    found = {}
    for rule in map(checked, rules):
        native = there.get(traffic_of(rule))
        if native is None:
            raise not_found("security_group_rule", "")
        found[native] = rule
    return found


def _note(notes: Notes, group: SecurityGroup, rule: Rule) -> RuleNote:
    return notes.get(note_key(group.id, rule), RuleNote())


def _names(group: SecurityGroup, notes: Notes) -> dict[str, str]:
    own = {rule.id for rule in group.rules}
    told = {rule.id: _note(notes, group, rule) for rule in group.rules}
    return {native: note.id for native, note in told.items() if note.id and note.replaces not in own}


def _described(group: SecurityGroup, notes: Notes) -> SecurityGroup:
    rules = []
    for rule in group.rules:
        note = _note(notes, group, rule)
        rules.append(replace(rule, description=note.description) if rule.id and note.described == rule.id else rule)
    return replace(group, rules=tuple(rules))
