"""Instances as callers see them, made again only when something about them changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from deltaic.model.instance import Instance
from deltaic.services.instance_types import InstanceTypeView, type_name
from deltaic.services.states import overlaid
from deltaic.services.zones import ZoneView

#: Instances kept beyond two of the list at hand.
SPARE = 1000


class InstanceView(Struct, frozen=True):
    """An instance as callers see it: state masked, size named, zone found, and why it is gone if it is."""

    instance: Instance
    type_name: str
    zone: ZoneView | None = None
    reason_code: str = ""
    reason: str = ""
    deleted_at: datetime | None = None


class _Made(Struct):
    instance: Instance
    removing: bool
    view: InstanceView


class Views:
    """Views by instance; the same instance under the same names gives the same view."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._zones: dict[str, ZoneView] = {}

    def of(
        self,
        live: Sequence[Instance],
        removals: Collection[str],
        types: Sequence[InstanceTypeView],
        zones: Mapping[str, ZoneView],
    ) -> list[InstanceView]:
        """The views of living instances, in order."""
        zones = {zone_id: self._same(zone_id, zone) for zone_id, zone in zones.items()}
        names: dict[tuple[str, str], str] = {}
        made = self._made
        views = []
        for instance in live:
            size = (instance.instance_type_id, instance.kind)
            name = names.get(size)
            if name is None:
                name = names[size] = type_name(instance, types)
            zone, removing = zones.get(instance.zone_id), instance.id in removals
            kept = made.get(instance.id)
            if kept is None or not _still(kept, instance, removing, name, zone):
                view = InstanceView(overlaid(instance, removals), name, zone)
                kept = made[instance.id] = _Made(instance, removing, view)
            views.append(kept.view)
        if len(made) > 2 * len(live) + SPARE:
            self._made = {instance.id: made[instance.id] for instance in live}
        return views

    def _same(self, zone_id: str, zone: ZoneView) -> ZoneView:
        """An equal zone seen before, so that views can be compared by identity."""
        kept = self._zones.get(zone_id)
        if kept is None or kept != zone:
            kept = self._zones[zone_id] = zone
        return kept


def _still(kept: _Made, instance: Instance, removing: bool, name: str, zone: ZoneView | None) -> bool:
    view = kept.view
    return kept.instance is instance and kept.removing is removing and view.type_name == name and view.zone is zone
