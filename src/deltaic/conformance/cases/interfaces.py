"""Network interfaces of machines."""

from __future__ import annotations

from deltaic.conformance.case import case
from deltaic.conformance.cases.networks import network
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.nic import Nic, NicChanges, NicSpec

NEEDS = ("instances_create", "instances_delete", "networks_create", "networks_delete", "interfaces_create")


async def nics(trial: Trial, instance_id: str) -> dict[str, Nic]:
    """A machine's interfaces by id."""
    return {one.id: one for one in (await trial.driver.instances.get(trial.context(), instance_id)).nics}


async def added(trial: Trial, instance_id: str, spec: NicSpec) -> Nic:
    """Add an interface, as flows do, and wait until it shows."""
    made = await trial.patiently(lambda: trial.driver.interfaces.create(trial.context(), instance_id, spec))

    async def probe() -> Nic | None:
        return (await nics(trial, instance_id)).get(made.id)

    return await trial.until("the interface shows", probe)


async def taken_away(trial: Trial, instance_id: str, nic_id: str) -> None:
    """Remove an interface and wait until it shows no more."""
    await trial.patiently(lambda: trial.driver.interfaces.delete(trial.context(), instance_id, nic_id))

    async def probe() -> bool:
        return nic_id not in await nics(trial, instance_id)

    await trial.until("the interface is gone", probe)


@case(*NEEDS, "interfaces_delete")
async def an_interface_comes_and_goes(trial: Trial) -> None:
    """Added to a machine that rests and to one that runs, and taken away again; the others stay as they are."""
    for state in (InstanceState.STOPPED, InstanceState.RUNNING):
        host, backend = await machine(trial, state), await network(trial)
        before = await nics(trial, host.id)
        made = await added(trial, host.id, NicSpec(backend.id))
        ensure("it is a new one with a MAC", made.id not in before and made.mac)
        equal("its network and machine", (made.network_id, made.instance_id), (backend.id, host.id))
        async with refused("removal of a network in use", ErrorKind.IN_USE):
            await trial.driver.networks.delete(trial.context(), backend.id)
        await taken_away(trial, host.id, made.id)
        equal("interfaces that are left", (await nics(trial, host.id)).keys(), before.keys())
        async with refused("a second removal", ErrorKind.NOT_FOUND):
            await trial.driver.interfaces.delete(trial.context(), host.id, made.id)
        await trial.patiently(
            lambda: trial.driver.networks.delete(trial.context(), backend.id),  # noqa: B023
            ErrorKind.IN_USE,
        )


@case(*NEEDS)
async def a_named_interface_is_added_once(trial: Trial) -> None:
    """With a name, a repeated addition finds the interface that it made."""
    host, backend = await machine(trial), await network(trial)
    spec = NicSpec(backend.id, name=trial.name("nic"))
    first = await added(trial, host.id, spec)
    again = await trial.patiently(lambda: trial.driver.interfaces.create(trial.context(), host.id, spec))
    equal("the repeated addition's interface", again.id, first.id)
    found = [one for one in (await nics(trial, host.id)).values() if one.network_id == backend.id]
    equal("interfaces on the network", [one.id for one in found], [first.id])


@case(*NEEDS)
async def an_unknown_network_is_named(trial: Trial) -> None:
    """An interface on a network that there is not, and one of a machine that there is not, are NOT_FOUND."""
    host = await machine(trial)
    before = await nics(trial, host.id)
    async with refused("an interface on nothing", ErrorKind.NOT_FOUND, ErrorKind.INVALID, fields=["network"]):
        await trial.driver.interfaces.create(trial.context(), host.id, NicSpec(trial.site.unknown_id))
    equal("interfaces", (await nics(trial, host.id)).keys(), before.keys())
    backend = await network(trial)
    async with refused("an interface of nothing", ErrorKind.NOT_FOUND) as refusal:
        await trial.driver.interfaces.create(trial.context(), trial.site.unknown_id, NicSpec(backend.id))
    equal("what was not found", refusal.error.resource, "instance")


@case(*NEEDS, "interfaces_update")
async def an_interface_is_renamed_and_unlinked(trial: Trial) -> None:
    """Name and link of an interface change, each without the other."""
    host, backend = await machine(trial), await network(trial)
    made = await added(trial, host.id, NicSpec(backend.id))
    update, renamed = trial.driver.interfaces.update, trial.name("nic")
    await trial.patiently(lambda: update(trial.context(), host.id, made.id, NicChanges(name=renamed)))
    await trial.patiently(lambda: update(trial.context(), host.id, made.id, NicChanges(linked=False)))
    found = only("it", [one for one in (await nics(trial, host.id)).values() if one.id == made.id])
    equal("name, link, network", (found.name, found.linked, found.network_id), (renamed, False, backend.id))
