"""What the gateway keeps with a machine: edits of many callers at once lose nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec import structs

from deltaic.conformance.case import case
from deltaic.conformance.checks import equal, refused
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial
from deltaic.model.annotation import Annotation, GivenUp, Want
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceChanges

MAKES = ("instances_list", "instances_create", "instances_delete")


def tagged(key: str, value: str) -> Callable[[Annotation], Annotation]:
    """An edit that gives one tag and leaves the rest as it is."""
    return lambda old: structs.replace(old, tags={**old.tags, key: value})


@case(*MAKES)
async def an_edit_changes_what_it_changes(trial: Trial) -> None:
    """An edit's outcome is what is written and read; what the creation noted stays."""
    made = await machine(trial)
    annotate = trial.driver.instances.annotate
    first = await annotate(trial.context(), made.id, tagged("a", "1"))
    equal("the edit's answer", first, structs.replace(made.annotation, tags={"a": "1"}))
    second = await annotate(trial.context(), made.id, lambda old: structs.replace(old, tags={"b": "2"}, key_name="k"))
    found = await trial.driver.instances.get(trial.context(), made.id)
    equal("annotation", found.annotation, second)
    equal("its parts", (second.tags, second.key_name, second.launch), ({"b": "2"}, "k", made.annotation.launch))


@case(*MAKES)
async def an_edit_that_changes_nothing(trial: Trial) -> None:
    """An edit that leaves everything as it is answers what is there."""
    made = await machine(trial)
    equal("answer", await trial.driver.instances.annotate(trial.context(), made.id, lambda old: old), made.annotation)


@case(*MAKES)
async def flows_note_what_they_want_and_what_they_gave_up(trial: Trial) -> None:
    """Wishes and reasons of flows come and go without a trace."""
    made = await machine(trial)
    annotate = trial.driver.instances.annotate
    reason = GivenUp("capacity", "No host has room: é", 1_790_000_000_000)
    for note in (
        structs.replace(made.annotation, want=Want.TERMINATED, given_up=reason, first_run=1_790_000_000_000),
        made.annotation,
    ):
        await annotate(trial.context(), made.id, lambda _, note=note: note)  # type: ignore[misc]
        equal("annotation", (await trial.driver.instances.get(trial.context(), made.id)).annotation, note)


@case(*MAKES)
async def many_edits_at_once_lose_nothing(trial: Trial) -> None:
    """Ten callers who tag a machine at once have ten tags."""
    made = await machine(trial)
    keys = [f"key-{number}" for number in range(10)]
    # The layers let one caller at a time through, which would hide what the driver does.
    edits = [trial.bare.instances.annotate(trial.context(), made.id, tagged(key, key)) for key in keys]
    await asyncio.gather(*edits)
    found = await trial.driver.instances.get(trial.context(), made.id)
    equal("tags", found.annotation.tags, {key: key for key in keys})
    equal("marker", found.annotation.launch, made.annotation.launch)


@case(*MAKES)
async def hostile_tags_are_kept_or_refused(trial: Trial) -> None:
    """Tags of any alphabet come back as they were, or are refused with INVALID naming the tags; never changed."""
    made = await machine(trial)
    awkward = {
        "Ω≈ç": "日本",
        "a b": " ",
        "x:y/z": "</a>&amp;",
        "deltaic:x": "1",
        "$ref": "{}",
        "tab\t": "\n",
        "k" * 120: "v",
    }
    for key, value in awkward.items():
        try:
            await trial.driver.instances.annotate(trial.context(), made.id, tagged(key, value))
        except Exception as fault:
            error = getattr(fault, "kind", None), getattr(fault, "field", None)
            equal(f"refusal of the tag {key!r} ({fault})", error, (ErrorKind.INVALID, "tags"))
            continue
        found = await trial.driver.instances.get(trial.context(), made.id)
        equal(f"the tag {key!r}", found.annotation.tags.get(key), value)


@case(*MAKES, "instances_update")
async def an_update_changes_members_one_by_one(trial: Trial) -> None:
    """Name, description and annotation change, each without the others."""
    made = await machine(trial)
    update, renamed = trial.driver.instances.update, trial.name("vm")
    await update(trial.context(), made.id, InstanceChanges(name=renamed))
    await update(trial.context(), made.id, InstanceChanges(description="changed"))
    await update(trial.context(), made.id, InstanceChanges(annotation=tagged("a", "b")(made.annotation)))
    found = await trial.driver.instances.get(trial.context(), made.id)
    equal(
        "name, description, tags",
        (found.name, found.description, found.annotation.tags),
        (renamed, "changed", {"a": "b"}),
    )


@case(*MAKES)
async def a_machine_that_is_not_there_has_no_annotation(trial: Trial) -> None:
    """Edits of nothing are NOT_FOUND, and the edit is not even asked."""

    def never(_: Annotation) -> Annotation:
        raise AssertionError("an edit of nothing was carried out")

    async with refused("an edit of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.instances.annotate(trial.context(), trial.site.unknown_id, never)
