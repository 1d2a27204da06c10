"""Lists of machines: filters, scopes, pages, and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.machines import created, machine, reached
from deltaic.conformance.trial import Trial
from deltaic.model.context import Context
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState

Verb = Callable[[Context, str], Awaitable[object]]
MAKES = ("instances_list", "instances_create", "instances_delete")


@case(*MAKES)
async def machines_are_listed_by_name_or_by_id(trial: Trial) -> None:
    """All come by name; asked for by id, the known ones come, each once, and the unknown ones are left out."""
    made = [await created(trial) for _ in range(3)]
    everything = await trial.driver.instances.list(trial.context())
    equal("order", [one.name for one in everything], sorted(one.name for one in everything))
    ensure("all three are there", {one.id for one in made} <= {one.id for one in everything})
    ids = [made[2].id, trial.site.unknown_id, made[0].id, "no/such id", made[0].id]
    found = await trial.driver.instances.list(trial.context(), ids=ids)
    equal("machines by ids", [one.id for one in found], [made[0].id, made[2].id])
    equal("machines of unknown ids alone", await trial.driver.instances.list(trial.context(), ids=ids[1:2]), [])


@case(*MAKES)
async def without_details_the_rest_is_the_same(trial: Trial) -> None:
    """A list without details leaves interfaces and disks out at most; states and annotations are there."""
    made = await machine(trial)
    (full,) = await trial.driver.instances.list(trial.context(), ids=[made.id])
    (bare,) = await trial.driver.instances.list(trial.context(), ids=[made.id], details=False)
    for member in ("id", "name", "state", "zone_id", "data_center_id", "image_id", "created_at", "annotation"):
        equal(member, getattr(bare, member), getattr(full, member))


@case("instances_list")
async def an_unknown_machine_is_not_found(trial: Trial) -> None:
    """An id of nothing is NOT_FOUND for every verb, and one that can't be an id is never more than that."""
    instances = trial.driver.instances
    for instance_id in (trial.site.unknown_id, "no/such id", "../images", "%2e%2e", "?x=1", ""):
        verbs: dict[str, Verb] = {"get": instances.get}
        if trial.driver.capability.instances_delete:
            verbs["delete"] = instances.delete
        if trial.driver.capability.instances_start:
            verbs["start"] = instances.start
        for name, verb in verbs.items():
            async with refused(f"{name} of '{instance_id}'", ErrorKind.NOT_FOUND, ErrorKind.MALFORMED_ID) as refusal:
                await verb(trial.context(), instance_id)
            equal("what was not found", refusal.error.resource, "instance")


@case(*MAKES, provisions=(Provision.SECOND_DATA_CENTER,))
async def a_machine_of_another_data_center_is_none(trial: Trial) -> None:
    """In the scope of another data center, a machine is not listed, read, found by its marker or changed."""
    made = await machine(trial)
    elsewhere = trial.site.other_data_center
    there = trial.driver.instances

    equal(
        "the list there", [x.id for x in await there.list(trial.context(data_center=elsewhere)) if x.id == made.id], []
    )
    equal("by id there", await there.list(trial.context(data_center=elsewhere), ids=[made.id]), [])
    marked = await there.find_launch(trial.context(data_center=elsewhere), made.annotation.launch)
    equal("by its marker there", list(marked), [])
    verbs: tuple[Verb, ...] = (there.get, there.stop, there.delete, partial(there.annotate, edit=lambda old: old))
    for verb in verbs:
        async with refused("a verb on it there", ErrorKind.NOT_FOUND):
            await verb(trial.context(data_center=elsewhere), made.id)
    equal("its state at home", (await there.get(trial.context(), made.id)).state, InstanceState.STOPPED)


@case(*MAKES)
async def lists_have_more_than_a_page(trial: Trial) -> None:
    """More machines than the driver reads at once are all there, each once; by id, too."""
    size = min(trial.site.page_size, 3)
    made = await asyncio.gather(*(created(trial) for _ in range(2 * size + 1 if size else 5)))
    wanted = sorted(one.id for one in made)
    everything = [one.id for one in await trial.driver.instances.list(trial.context())]
    equal("machines of the list", sorted(one for one in everything if one in set(wanted)), wanted)
    equal("machines that are there twice", len(set(everything)), len(everything))
    by_id = await trial.driver.instances.list(trial.context(), ids=wanted)
    equal("machines by ids", sorted(one.id for one in by_id), wanted)
    for one in made:
        await reached(trial, one.id, InstanceState.RUNNING, InstanceState.STOPPED)


@case(*MAKES, provisions=(Provision.CALLS,))
async def calls_do_not_grow_with_the_machines(trial: Trial) -> None:
    """Listing six more machines with all details takes not one call more, but for further pages."""
    few = [await machine(trial)]
    before = await _cost(trial)
    more = await asyncio.gather(*(machine(trial) for _ in range(6)))
    after = await _cost(trial)
    pages = len(more) // trial.site.page_size + 1 if trial.site.page_size else 0
    # Each kind of thing that a list is put together from may have further pages.
    ensure(f"{after} calls for {len(few) + len(more)} machines, {before} for one", after <= before + 4 * pages)


async def _cost(trial: Trial) -> int:
    """Calls of one list, the second of two: what is kept for a while is known then."""
    await trial.driver.instances.list(trial.context())
    before = await trial.harness.calls()
    await trial.driver.instances.list(trial.context())
    return await trial.harness.calls() - before
