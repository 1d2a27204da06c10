"""Realms: the clusters of the data center."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.links import Links
from deltaic.model.errors import not_found
from deltaic.protocols.deltacloud.families.entry import Realm
from deltaic.services.zones import ZoneView


async def index(call: Call) -> Sequence[Realm]:
    """The realms by name."""
    views = sorted(await call.services.zones.zones(call.context), key=lambda view: (view.zone.name, view.zone.id))
    return [realm(call.links, view) for view in views]


async def show(call: Call, wanted: str) -> Realm:
    """One realm."""
    for view in await call.services.zones.zones(call.context):
        if view.zone.id == wanted:
            return realm(call.links, view)
    raise not_found("realm", wanted)


def realm(links: Links, view: ZoneView) -> Realm:
    """A cluster; it is there while its data center is up."""
    zone = view.zone
    state = "AVAILABLE" if view.region.data_center.available else "DOWN"
    return Realm(zone.id, links.to("realms", zone.id), zone.name, state)
