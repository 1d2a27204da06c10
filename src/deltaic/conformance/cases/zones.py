"""Data centers and the zones in them."""

from __future__ import annotations

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind


@case("zones_list")
async def the_data_center_is_listed(trial: Trial) -> None:
    """Data centers are listed by name, whatever the scope, and the site's is one of them."""
    found = await trial.driver.zones.data_centers(trial.context())
    everywhere = await trial.driver.zones.data_centers(trial.context(data_center=""))
    equal("data centers seen from another scope", everywhere, found)
    equal("order of the data centers", [one.name for one in found], sorted(one.name for one in found))
    equal("ids that are there twice", len({one.id for one in found}), len(found))
    mine = only("the site's data center", [one for one in found if trial.site.data_center in (one.id, one.name)])
    ensure("the site's data center is available", mine.available)


@case("zones_list")
async def zones_belong_to_the_scope(trial: Trial) -> None:
    """The zones of a scope are those of its data center, by id as by name."""
    centers = await trial.driver.zones.data_centers(trial.context())
    mine = only("the site's data center", [one for one in centers if trial.site.data_center in (one.id, one.name)])
    found = await trial.driver.zones.list(trial.context())
    ensure("there is a zone", found)
    equal("data centers of the zones", {one.data_center_id for one in found}, {mine.id})
    equal("zones by the data center's id", await trial.driver.zones.list(trial.context(data_center=mine.id)), found)
    equal("zones by the data center's name", await trial.driver.zones.list(trial.context(data_center=mine.name)), found)


@case("zones_list")
async def a_scope_of_all_data_centers_has_all_zones(trial: Trial) -> None:
    """Without a data center in the scope, the zones of all of them are listed."""
    everywhere = {(one.data_center_id, one.id) for one in await trial.driver.zones.list(trial.context(data_center=""))}
    here = {(one.data_center_id, one.id) for one in await trial.driver.zones.list(trial.context())}
    ensure("the scope's zones are among them", here <= everywhere)


@case("zones_list", "instances_list")
async def an_unknown_data_center_is_not_found(trial: Trial) -> None:
    """A scope in a data center that there is not is refused, not taken for an empty one."""
    async with refused("zones of nowhere", ErrorKind.NOT_FOUND):
        await trial.driver.zones.list(trial.context(data_center=trial.name("nowhere")))
    async with refused("instances of nowhere", ErrorKind.NOT_FOUND):
        await trial.driver.instances.list(trial.context(data_center=trial.name("nowhere")))


@case("zones_list", provisions=(Provision.SECOND_DATA_CENTER,))
async def zones_of_two_data_centers_differ(trial: Trial) -> None:
    """No zone is in two data centers."""
    here = {(one.data_center_id, one.id) for one in await trial.driver.zones.list(trial.context())}
    other = trial.context(data_center=trial.site.other_data_center)
    there = {(one.data_center_id, one.id) for one in await trial.driver.zones.list(other)}
    ensure("the other data center has zones", there)
    equal("zones of both", here & there, set())
