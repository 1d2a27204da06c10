"""Hardware profiles: the engine's instance types, and the open sizes that leave the figures to the client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.links import Links
from deltaic.model.errors import not_found
from deltaic.protocols.deltacloud.families.compute import HardwareProfile, Property
from deltaic.services.instance_types import OPEN_TYPES, InstanceTypeView

MEBIBYTE: Final = 1 << 20
ARCHITECTURE: Final = "x86_64"

#: What an open size lets a client choose: figure, unit, default, smallest, largest (the original's ranges for oVirt).
RANGES: Final[dict[str, tuple[str, int, int, int]]] = {
    "cpu": ("count", 1, 1, 16),
    "memory": ("MB", 1024, 512, 32 * 1024),
}


async def index(call: Call) -> Sequence[HardwareProfile]:
    """The profiles, smallest first; `architecture` and `id` choose among them."""
    if call.get("architecture") not in ("", ARCHITECTURE):
        return []
    found = [profile(call.links, view) for view in await call.services.instance_types.list(call.context)]
    return [one for one in found if call.get("id") in ("", one.id)]


async def show(call: Call, wanted: str) -> HardwareProfile:
    """A profile by its id or its name.

    That of machines whose size the cloud has removed is not listed: its figures are told with each of them.
    """
    for view in await call.services.instance_types.list(call.context):
        if wanted in (profile_id(view), view.type.name):
            return profile(call.links, view)
    if wanted in {size.name for size in OPEN_TYPES.values()}:
        return HardwareProfile(wanted, call.links.to("hardware_profiles", wanted), wanted, (_architecture(),))
    raise not_found("hardware_profile", wanted)


def profile_id(view: InstanceTypeView) -> str:
    """The engine's id, or the name of an open size."""
    return view.type.name if view.open else view.type.id


def profile(links: Links, view: InstanceTypeView) -> HardwareProfile:
    """A size with its figures."""
    size = view.type
    if view.open:
        where = links.to("instances")
        figures = [
            Property(name, unit, str(default), "range", str(first), str(last), href=where)
            for name, (unit, default, first, last) in RANGES.items()
        ]
    else:
        figures = [
            Property("cpu", "count", str(size.cpus)),
            Property("memory", "MB", str(size.memory // MEBIBYTE)),
        ]
    figures.append(_architecture())
    id_ = profile_id(view)
    return HardwareProfile(id_, links.to("hardware_profiles", id_), size.name, tuple(figures))


def _architecture() -> Property:
    return Property("architecture", "label", ARCHITECTURE)
