"""What happened, as the cloud's own log tells it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal
from deltaic.conformance.machines import machine, removed, stopped
from deltaic.conformance.trial import Trial
from deltaic.model.event import Event
from deltaic.model.instance import InstanceState

NEEDS = ("instances_create", "instances_delete", "events_list")


async def about(trial: Trial, instance_id: str, most: int = 1000) -> Sequence[Event]:
    """The events about a machine."""
    return await trial.driver.events.list(trial.context(), instance_ids=[instance_id], limit=most)


@case(*NEEDS)
async def a_machines_life_is_told(trial: Trial) -> None:
    """A machine's events come newest first, are about it alone, and are still there when it is gone."""
    host = await machine(trial, InstanceState.RUNNING)
    found = await trial.until("there are events", lambda: about(trial, host.id))
    equal("machines that they are about", {one.instance_id for one in found}, {host.id})
    times = [one.time for one in found]
    equal("order of their times", times, sorted(times, reverse=True))
    equal("ids that are there twice", len({one.id for one in found}), len(found))
    ensure("they tell when, with a time zone", all(one.time.tzinfo for one in found))
    ensure("they tell what, in words", all(one.text.strip() for one in found))
    await removed(trial, host.id)
    later = {one.id for one in await about(trial, host.id)}
    ensure("what was told before is told afterwards", {one.id for one in found} <= later)


@case(*NEEDS, "instances_stop")
async def events_are_limited(trial: Trial) -> None:
    """Only the newest are listed, only those after an id, only those since a time."""
    host = await machine(trial, InstanceState.RUNNING)
    await trial.until("there are events", lambda: about(trial, host.id))
    first = await about(trial, host.id)
    await stopped(trial, host.id)

    async def more() -> Sequence[Event]:
        return await trial.driver.events.list(trial.context(), instance_ids=[host.id], after=first[0].id)

    newer = await trial.until("there are newer events", more)
    equal("events that were there before", {one.id for one in newer} & {one.id for one in first}, set())
    equal("the newest one", len(await about(trial, host.id, 1)), 1)
    future = datetime.now(UTC) + timedelta(hours=1)
    equal("events of the future", list(await trial.driver.events.list(trial.context(), since=future)), [])


@case("events_list")
async def events_of_nothing(trial: Trial) -> None:
    """A machine that there never was has no events."""
    equal("events of nothing", list(await about(trial, trial.site.unknown_id)), [])
