"""From templates to what the services are asked for: a volume alone, or those that a new machine is to have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.resolver import place_of, template_of
from deltaic.frontends.cimi.tree import find
from deltaic.frontends.cimi.volume.sizes import MAPPED, bytes_of
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.volume import VolumeSpec, VolumeWish
from deltaic.protocols.cimi.references import local_path

#: What a template can ask for that is not built.
_REFUSED: Final = ("meterTemplates", "eventLogTemplate")
#: The resources that are disks, by the last segment of their addresses.
_DISKS: Final = frozenset({"Volume", "MachineVolume", "Disk"})


async def spec_of(call: Call, given: Any, wanted: Document, field: str = "volumeTemplate") -> VolumeSpec:
    """The volume that a template means, with the name and description of `wanted`.

    The template and its parts are given by reference, by value, or the former with changes. INVALID, MISSING,
    NOT_FOUND and UNSUPPORTED name the attribute.
    """
    template = await template_of(call, given, "VolumeTemplate", field)
    for name in _REFUSED:
        if template.get(name):
            raise Error(ErrorKind.UNSUPPORTED, f"A volume can't be created with {name} here", field=name)
    source, bootable = await _source(call, template.get("volumeImage"))
    config = await _configuration(call, template.get("volumeConfig"), required=not source)
    if config.get("type") not in (None, MAPPED):
        raise invalid("volumeConfig/type", f"The type of a volume is {MAPPED}")
    if config.get("capacity") is None and not source:
        raise Error(ErrorKind.MISSING, "The volume needs a capacity", field="volumeConfig/capacity")
    capacity = config.get("capacity")
    return VolumeSpec(
        name=str(wanted.get("name") or ""),
        description=str(wanted.get("description") or ""),
        size=bytes_of(capacity, "volumeConfig/capacity") if capacity is not None else 0,
        storage_domain_id=await _domain(call, config),
        source_id=source,
        bootable=bootable,
    )


async def wishes_of(call: Call, template: Document, configuration: Document) -> tuple[VolumeWish, ...]:
    """The volumes and disks of a new machine: `volumes` and `volumeTemplates` of its template, `disks` of its size."""
    existing = [await _existing(call, given) for given in template.get("volumes") or ()]
    new = [await _new(call, given) for given in template.get("volumeTemplates") or ()]
    return (*existing, *new, *(_disk(given) for given in configuration.get("disks") or ()))


async def disk_id(call: Call, href: str, field: str) -> str:
    """The id of the disk that an address leads to: a volume, attached or not, or a machine's own disk."""
    place = find(call.collections, local_path(href, call.links.base, field))
    if place is None or place.collection is None or not place.id or place.collection.item not in _DISKS:
        raise invalid(field, f"'{href[:200]}' does not lead to a Volume")
    # Whatever has no such disk knows nothing of it.
    await place.collection.get(call, place.owners, place.id)
    return place.id


async def _existing(call: Call, given: Mapping[str, Any]) -> VolumeWish:
    href = given.get("href")
    if not href:
        raise Error(ErrorKind.MISSING, "A volume of a template needs its href", field="volumes")
    wanted = place_of(call, str(href), "Volume", "volumes").id
    if wanted not in call.promised:
        wanted = (await call.world.volume(wanted)).id
    return VolumeWish(wanted, device=_location(given))


async def _new(call: Call, given: Mapping[str, Any]) -> VolumeWish:
    own = {name: value for name, value in given.items() if name != "initialLocation"}
    spec = await spec_of(call, own, dict(given) if not given.get("href") else {}, "volumeTemplates")
    return VolumeWish(spec=spec, device=_location(given))


def _disk(given: Mapping[str, Any]) -> VolumeWish:
    spec = VolumeSpec("", bytes_of(given.get("capacity"), "machineConfig/disks/capacity"))
    return VolumeWish(spec=spec, device=_location(given), own=True)


def _location(given: Mapping[str, Any]) -> str:
    return str(given.get("initialLocation") or "")


async def _source(call: Call, given: Any) -> tuple[str, bool]:
    """The snapshot or volume to copy and whether it can be booted from; empty without an image."""
    if not given:
        return "", False
    image = await template_of(call, given, "VolumeImage", "volumeImage")
    if image.get("id"):
        return unquote(str(image["id"]).rpartition("/")[2]), bool(image.get("bootable"))
    if not image.get("imageLocation"):
        raise Error(ErrorKind.MISSING, "The volumeImage needs its href or imageLocation", field="volumeImage")
    source = await disk_id(call, str(image["imageLocation"]), "volumeImage/imageLocation")
    return source, bool(image.get("bootable"))


async def _configuration(call: Call, given: Any, *, required: bool) -> Document:
    if not given and not required:
        return {}
    return await template_of(call, given, "VolumeConfiguration", "volumeConfig")


async def _domain(call: Call, config: Document) -> str:
    """The storage domain that a configuration of the provider stands for."""
    wanted = unquote(str(config.get("id", "")).rpartition("/")[2])
    domains = await call.world.storage_domains() if wanted else ()
    return next((one.id for one in domains if one.id == wanted), "")
