"""The disks and volumes that a new machine gets beside those of its image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KILOBYTE, Document
from deltaic.frontends.cimi.machine.configurations import positive
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.volume import VolumeSpec, VolumeWish

#: More than that no machine has slots for.
MOST: Final = 24

_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 40


async def wishes_of(call: Call, name: str, template: Document, configuration: Document) -> tuple[VolumeWish, ...]:
    """What a launch is asked for: the configuration's disks, the template's volumes and those made from its templates.

    `name` is the machine's. Errors name the attribute.
    """
    found = [
        *_disks(name, configuration.get("disks") or ()),
        *_existing(call, template.get("volumes") or ()),
    ]
    if len(found) > MOST:
        raise invalid("disks", f"A machine can be created with at most {MOST} disks and volumes beside its image's")
    return tuple(found)


def _disks(name: str, disks: Any) -> Iterator[VolumeWish]:
    """Disks that belong to the machine. What is on them (`format`) is the guest's business."""
    plain = _ODD.sub("-", name).strip("-.")[:_LONGEST_NAME] or "machine"
    for number, disk in enumerate(disks, 2):
        size = positive(disk.get("capacity"), "machineConfig/disks/capacity") * KILOBYTE
        yield VolumeWish(spec=VolumeSpec(f"{plain}_Disk{number}", size), device=_location(disk), own=True)


def _existing(call: Call, volumes: Any) -> Iterator[VolumeWish]:
    field = "volumes"
    for volume in volumes:
        if not volume.get("href"):
            raise Error(ErrorKind.MISSING, "A volume of a template needs its href", field=field)
        path, _, native = contents.relative(str(volume["href"]), "Volume", call.links, field).partition("/")
        if path != "volumes":
            raise invalid(field, f"'{str(volume['href'])[:200]}' does not lead to a Volume")
        yield VolumeWish(volume_id=native, device=_location(volume))


def _location(given: Mapping[str, Any]) -> str:
    """Where the guest is to see it: what the client says is kept, the guest decides."""
    return str(given.get("initialLocation") or "").strip()[:255]
