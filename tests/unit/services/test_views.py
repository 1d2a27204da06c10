"""Views stay the same objects until something about them changes."""

from __future__ import annotations

from msgspec.structs import replace

from deltaic.model.instance import Instance, InstanceState
from deltaic.model.instance_type import InstanceType
from deltaic.model.zone import DataCenter, Zone
from deltaic.services.instance_types import InstanceTypeView
from deltaic.services.views import SPARE, Views
from deltaic.services.zones import Region, ZoneView

MACHINE = Instance("vm-1", "web", InstanceState.RUNNING, "zone-1", "dc-1", instance_type_id="type-1")


def types(name: str = "Small") -> list[InstanceTypeView]:
    return [InstanceTypeView(InstanceType("type-1", name))]


def zones(letter: str = "a") -> dict[str, ZoneView]:
    center = DataCenter("dc-1", "Default")
    return {"zone-1": ZoneView(Zone("zone-1", "servers", "dc-1"), f"Default{letter}", Region("Default", center))}


def test_nothing_changed() -> None:
    views = Views()
    first = views.of([MACHINE], (), types(), zones())[0]
    assert views.of([MACHINE], (), types(), zones())[0] is first
    assert (first.type_name, first.zone, first.instance.annotation.tags) == (
        "Small", zones()["zone-1"], {"Name": "web"},
    )  # fmt: skip


def test_every_change_shows() -> None:
    views = Views()
    views.of([MACHINE], (), types(), zones())
    assert views.of([replace(MACHINE, name="db")], (), types(), zones())[0].instance.name == "db"
    assert views.of([MACHINE], {"vm-1"}, types(), zones())[0].instance.state is InstanceState.DELETING
    assert views.of([MACHINE], (), types(), zones())[0].instance.state is InstanceState.RUNNING
    assert views.of([MACHINE], (), types("Tiny"), zones())[0].type_name == "Tiny"
    assert views.of([MACHINE], (), types(), zones("b"))[0].zone == zones("b")["zone-1"]
    assert views.of([MACHINE], (), types(), {})[0].zone is None


def test_what_it_keeps_is_bounded() -> None:
    views = Views()
    for number in range(3 * SPARE):
        views.of([replace(MACHINE, id=f"vm-{number}")], (), types(), zones())
    assert len(views._made) <= 2 + SPARE
