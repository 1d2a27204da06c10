"""Attaching and detaching as clients of 2012 ask for it: a PUT to a machine's `attach_volume` or `detach_volume`.

The body is a list of volumes, each with the `href` and, to be attached, an `attachmentPoint`, which a machine template
calls `initialLocation`.
"""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.tree import Action, Owners
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import read_body

_THEIRS: Final = b"attachmentPoint"
_OURS: Final = b"initialLocation"


async def attach(call: Call, owners: Owners, machine: str, asked: Document) -> None:
    """Attach volumes to a machine; those that are attached stay so."""
    instance = (await call.world.machine(machine)).instance
    for volume, device in await _volumes(call):
        await call.services.volumes.attach(call.context, volume, instance.id, device=device)


async def detach(call: Call, owners: Owners, machine: str, asked: Document) -> None:
    """Detach volumes from a machine; those that are not attached are left alone."""
    instance = (await call.world.machine(machine)).instance
    for volume, _ in await _volumes(call):
        await call.services.volumes.detach(call.context, volume, instance.id)


async def _volumes(call: Call) -> list[tuple[str, str]]:
    """The ids of the volumes that are asked for, all of which are there, with their places."""
    document = read_body(call.body.replace(_THEIRS, _OURS), call.content_type, "MachineTemplate")
    wanted = document.get("volumes") or ()
    if not wanted or not all(one.get("href") for one in wanted):
        raise Error(ErrorKind.MISSING, "The href of a volume is needed", field="volume")
    places = [place_of(call, str(one["href"]), "Volume", "volume") for one in wanted]
    found = [(await call.world.volume(place.id)).id for place in places]
    return [(volume, str(one.get("initialLocation") or "")) for volume, one in zip(found, wanted, strict=True)]


EARLY: Final[dict[str, Action]] = {"attach_volume": attach, "detach_volume": detach}
