"""Zone names: short, and stable when clusters come."""

from __future__ import annotations

from msgspec.structs import replace

from deltaic.model.zone import DataCenter, Zone
from deltaic.services.zones import Region, ZoneService, named_zones, region_name, with_letters
from tests.unit.services.conftest import World


def zone(name: str, center: str = "dc1") -> Zone:
    return Zone(id=f"id-{name}", name=name, data_center_id=center)


def test_letters_follow_names_within_a_data_center() -> None:
    assert with_letters([zone("beta"), zone("alpha")], {}) == {"id-alpha": "a", "id-beta": "b"}


def test_a_new_cluster_never_moves_an_old_one() -> None:
    zones = [zone("beta"), zone("alpha"), zone("aaa")]
    assert with_letters(zones, {"id-alpha": "a", "id-beta": "b"}) == {"id-alpha": "a", "id-beta": "b", "id-aaa": "c"}


def test_letters_go_on_after_z() -> None:
    zones = [zone(f"c{number:02}") for number in range(28)]
    letters = with_letters(zones, {})
    assert (letters["id-c25"], letters["id-c26"], letters["id-c27"]) == ("z", "aa", "ab")


def test_zone_names_begin_with_the_region() -> None:
    regions = {"dc1": Region("Default", DataCenter("dc1", "Default"))}
    letters = {"dc1": {"id-beta": "a", "id-alpha": "b"}}
    views = named_zones([zone("beta"), zone("alpha"), zone("x", "unseen")], regions, letters)
    assert [(view.name, view.zone.name) for view in views] == [("Defaulta", "beta"), ("Defaultb", "alpha")]


def test_region_names_have_no_odd_characters() -> None:
    assert region_name(DataCenter("1", "Default")) == "Default"
    assert region_name(DataCenter("1", "New York / 2")) == "New-York-2"
    assert region_name(DataCenter("1", "東京")) == "1"


async def test_zones_that_different_callers_see_never_share_a_name(world: World) -> None:
    """Users see only some clusters: each asks alone, at the same time, on gateways with an empty memory."""
    seen = [[zone("alpha", "dc-1")], [zone("beta", "dc-1")], [zone("alpha", "dc-1"), zone("beta", "dc-1")]]
    names: dict[str, set[str]] = {}
    for zones in seen:
        world.driver.zones.rows = zones
        service = ZoneService(world.clouds, world.store)
        for view in await service.zones(world.context):
            names.setdefault(view.zone.name, set()).add(view.name)
    assert names == {"alpha": {"Defaulta"}, "beta": {"Defaultb"}}


async def test_zones_of_one_id_in_two_data_centers_stay_apart(world: World) -> None:
    """Some clouds have no ids but names, and call the first zone of every data center the same."""
    world.driver.zones.centers = [DataCenter("dc-1", "Default"), DataCenter("dc-2", "Second")]
    world.driver.zones.rows = [zone("nova", "dc-1"), zone("more", "dc-2"), zone("nova", "dc-2")]
    service = ZoneService(world.clouds, world.store)
    names = {}
    for center in ("dc-1", "dc-2"):
        inside = replace(world.context, scope=replace(world.context.scope, data_center=center))
        names[center] = {zone_id: view.name for zone_id, view in (await service.all_zones(inside)).items()}
    assert names == {
        "dc-1": {"id-nova": "Defaulta", "id-more": "Seconda"},
        "dc-2": {"id-nova": "Secondb", "id-more": "Seconda"},
    }
