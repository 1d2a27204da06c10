"""The life of a network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from msgspec import structs

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import among, ensure, equal, only, refused
from deltaic.conformance.trial import Trial
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, SubnetSpec

MAKES = ("zones_list", "networks_list", "networks_create", "networks_delete")


async def network_spec(trial: Trial, cidr: str = "192.168.77.0/24", **members: Any) -> NetworkSpec:
    """A network with a name and a marker of its own; with a range of addresses where there are such things."""
    centers = await trial.driver.zones.data_centers(trial.context())
    mine = only("the site's data center", [one for one in centers if trial.site.data_center in (one.id, one.name)])
    members.setdefault("annotation", Annotation(launch=trial.marker()))
    if trial.driver.capability.networks_create_with_subnets:
        members.setdefault("subnets", (SubnetSpec(cidr, marker=trial.marker()),))
    return NetworkSpec(trial.name("net"), mine.id, **members)


async def network(trial: Trial, **members: Any) -> Network:
    """A new network."""
    wanted = await network_spec(trial, **members)
    return await trial.driver.networks.create(trial.context(), wanted)


async def listed(trial: Trial, network_id: str) -> Network | None:
    """A network of the list; None when there is none."""
    return next(iter(await trial.driver.networks.list(trial.context(), ids=[network_id])), None)


@case("networks_list")
async def networks_are_listed(trial: Trial) -> None:
    """The networks of the scope come each once; the site's is among them; by id the known ones alone."""
    found = await trial.driver.networks.list(trial.context())
    equal("ids that are there twice", len({one.id for one in found}), len(found))
    ensure("there is a network", found)
    chosen = trial.site.network_id or found[0].id
    mine = only("the network to work with", [one for one in found if one.id == chosen])
    by_id = await trial.driver.networks.list(trial.context(), ids=[trial.site.unknown_id, chosen, "no/such id"])
    equal("networks by ids", [one.id for one in by_id], [mine.id])


@case(*MAKES)
async def life(trial: Trial) -> None:
    """From creation to nothing; it shows what it was asked to be."""
    note = Annotation(launch=trial.marker(), tags={"tier": "db", "Name": "Nét"})
    wanted = await network_spec(trial, description="for databases", annotation=note)
    made = await trial.driver.networks.create(trial.context(), wanted)
    shown = (made.name, made.description, made.data_center_id, made.tags)
    equal(
        "name, description, data center, tags", shown, (wanted.name, "for databases", wanted.data_center_id, note.tags)
    )
    equal("it in the list", await listed(trial, made.id), made)
    zones = {one.id for one in await trial.driver.zones.list(trial.context())}
    equal("zones in which machines can use it", set(made.zone_ids) or zones, zones)
    await trial.driver.networks.delete(trial.context(), made.id)
    equal("it in the list", await listed(trial, made.id), None)
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.networks.delete(trial.context(), made.id)


@case(*MAKES)
async def a_repeated_creation_makes_nothing(trial: Trial) -> None:
    """With the same marker a creation finds and completes what it made."""
    wanted = await network_spec(trial)
    first = await trial.driver.networks.create(trial.context(), wanted)
    equal("the repeated creation's network", await trial.driver.networks.create(trial.context(), wanted), first)
    named = [one.id for one in await trial.driver.networks.list(trial.context()) if one.name == wanted.name]
    equal("networks of the name", named, [first.id])


@case(*MAKES)
async def networks_of_one_name(trial: Trial) -> None:
    """A second network of a name is refused for it, or is another one: never the first."""
    first = await network(trial)
    second = structs.replace(await network_spec(trial, "192.168.78.0/24"), name=first.name)
    try:
        made = await trial.driver.networks.create(trial.context(), second)
    except Error as error:
        equal("refusal of a taken name", (error.kind, error.field), (ErrorKind.ALREADY_EXISTS, "name"))
    else:
        ensure("the second network is another one", made.id != first.id)


@case(*MAKES, "networks_update")
async def a_network_is_changed_and_annotated(trial: Trial) -> None:
    """Name, description and annotation change, each without the others."""
    made = await network(trial, description="first")
    renamed = trial.name("net")
    await trial.driver.networks.update(trial.context(), made.id, NetworkChanges(name=renamed))
    await trial.driver.networks.update(trial.context(), made.id, NetworkChanges(description="second"))
    note = await trial.driver.networks.annotate(
        trial.context(), made.id, lambda old: structs.replace(old, tags={"a": "b"}, traits={"class": "GOLD"})
    )
    found = await listed(trial, made.id) or made
    shown = (found.name, found.description, found.tags, found.annotation)
    equal("name, description, tags, annotation", shown, (renamed, "second", {"a": "b"}, note))
    equal("marker", note.launch, made.annotation.launch)


@case(*MAKES, "networks_create_with_subnets")
async def ranges_of_addresses_come_and_go(trial: Trial) -> None:
    """Ranges are made with a network and later, once per marker, and are removed; those that overlap are refused."""
    made = await network(trial)
    first = only("ranges made with the network", made.subnets)
    equal("its range", (first.cidr, first.network_id, first.ip_version), ("192.168.77.0/24", made.id, 4))
    create = trial.driver.networks.create_subnet
    wanted = SubnetSpec("192.168.79.0/24", name=trial.name("range"), tags={"a": "b"}, marker=trial.marker())
    second = await create(trial.context(), made.id, wanted)
    equal("name and tags of the second", (second.name, second.tags), (wanted.name, {"a": "b"}))
    equal("the repeated creation's range", (await create(trial.context(), made.id, wanted)).id, second.id)
    for cidr in ("192.168.79.128/25", "not a range", "192.168.300.0/24", "0.0.0.0/0/0"):
        async with refused(f"the range {cidr}", ErrorKind.INVALID, fields=["cidr"]):
            await create(trial.context(), made.id, SubnetSpec(cidr, marker=trial.marker()))
    await trial.driver.networks.delete_subnet(trial.context(), second.id)
    found = await listed(trial, made.id) or made
    equal("ranges that are left", [one.id for one in found.subnets], [first.id])
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.networks.delete_subnet(trial.context(), second.id)


@case(*MAKES, "networks_update")
async def a_network_that_is_not_there(trial: Trial) -> None:
    """Every verb on nothing is NOT_FOUND."""
    nothing, networks = trial.site.unknown_id, trial.driver.networks
    verbs: tuple[Callable[[Context, str], Awaitable[object]], ...] = (
        partial(networks.update, changes=NetworkChanges(name="x")),
        partial(networks.annotate, edit=lambda old: old),
        networks.delete,
    )
    for verb in verbs:
        async with refused("a verb on nothing", ErrorKind.NOT_FOUND) as refusal:
            await verb(trial.context(), nothing)
        equal("what was not found", refusal.error.resource, "network")


@case(*MAKES, provisions=(Provision.SECOND_DATA_CENTER,))
async def a_network_of_another_data_center_is_none(trial: Trial) -> None:
    """In the scope of another data center, a network is neither listed nor removed."""
    made = await network(trial)
    elsewhere = trial.site.other_data_center
    there = await trial.driver.networks.list(trial.context(data_center=elsewhere))
    equal("it in the list there", [one.id for one in there if one.id == made.id], [])
    async with refused("its removal there", ErrorKind.NOT_FOUND):
        await trial.driver.networks.delete(trial.context(data_center=elsewhere), made.id)
    among("it at home", (await listed(trial, made.id) or made).id, [made.id])
