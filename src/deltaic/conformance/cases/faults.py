"""Clouds that are slow, forget sessions or come back; and callers who do not wait."""

from __future__ import annotations

import asyncio
import time

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState

#: Less than a slow answer takes (`Provision.SLOW`: two seconds at least).
HURRY = 0.3


@case("instances_list", provisions=(Provision.SLOW,))
async def a_deadline_is_kept(trial: Trial) -> None:
    """The driver itself ends with TIMEOUT at its caller's deadline, and works for the next caller."""
    await trial.bare.instances.list(trial.context())
    await trial.harness.cause(Provision.SLOW)
    started = time.monotonic()
    async with refused("a call with little time", ErrorKind.TIMEOUT) as refusal:
        await trial.bare.instances.list(trial.context(seconds=HURRY))
    took = time.monotonic() - started
    ensure(f"it was over at its deadline, after {took:.1f} s", took < 2.0)
    ensure("it may be tried again", refusal.error.retryable)
    await trial.harness.heal()
    ensure("the next call is answered", isinstance(await trial.bare.instances.list(trial.context()), list))


@case("instances_list")
async def a_deadline_that_is_over(trial: Trial) -> None:
    """A call whose deadline has passed is TIMEOUT, at once."""
    async with refused("a call without time", ErrorKind.TIMEOUT):
        await trial.driver.instances.list(trial.context(seconds=0.0))


@case("instances_list", provisions=(Provision.SLOW,))
async def a_caller_leaves(trial: Trial) -> None:
    """A caller who is cancelled leaves at once, and spoils nothing for those who wait for the same."""
    await trial.driver.instances.list(trial.context())
    await trial.harness.cause(Provision.SLOW)
    leaves = asyncio.ensure_future(trial.driver.instances.list(trial.context()))
    stays = asyncio.ensure_future(trial.driver.instances.list(trial.context()))
    await asyncio.sleep(HURRY)
    leaves.cancel()
    answers = await asyncio.gather(leaves, stays, return_exceptions=True)
    ensure("the one who left was cancelled", isinstance(answers[0], asyncio.CancelledError))
    ensure(f"the other one has his answer ({answers[1]!r:.100})", isinstance(answers[1], list))


@case("instances_list", provisions=(Provision.END_SESSIONS,))
async def sessions_end(trial: Trial) -> None:
    """When the cloud forgets its sessions, nobody notices: not one caller, not twenty at once."""
    before = [one.id for one in await trial.driver.instances.list(trial.context(), details=False)]
    for callers in (1, 20):
        await trial.harness.cause(Provision.END_SESSIONS)
        calls = [trial.driver.instances.list(trial.context(), details=False) for _ in range(callers)]
        for answer in await asyncio.gather(*calls):
            equal("machines", [one.id for one in answer], before)


@case(
    "instances_list",
    "instances_create",
    "instances_delete",
    provisions=(Provision.END_SESSIONS,),
)
async def sessions_end_before_a_change(trial: Trial) -> None:
    """A change that meets the end of its session happens, once."""
    before = {one.id for one in await trial.driver.instances.list(trial.context(), details=False)}
    await trial.harness.cause(Provision.END_SESSIONS)
    made = await machine(trial)
    after = {one.id for one in await trial.driver.instances.list(trial.context(), details=False)}
    equal("new machines", after - before, {made.id})


@case("instances_list", "instances_create", "instances_delete", provisions=(Provision.RESTART,))
async def the_control_plane_restarts(trial: Trial) -> None:
    """While the control plane restarts, calls are UNAVAILABLE at worst; then everything is there as before."""
    made = await machine(trial)
    await trial.harness.cause(Provision.RESTART)

    async def back() -> list[str]:
        found = await trial.driver.instances.list(trial.context(), ids=[made.id])
        return [one.state for one in found]

    states = await trial.patiently(back, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT)
    equal("the machine's state", states, [InstanceState.STOPPED])
