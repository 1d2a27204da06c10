"""Volumes and snapshots of them."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.instances import name_of
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN
from deltaic.model.errors import Error, invalid, not_found
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import Volume, VolumeSpec

_GIB: Final = 1 << 30
_LARGEST: Final = 65536


async def index(page: Page) -> Response:
    """All volumes."""
    return await _index(page)


async def _index(page: Page, message: str = "") -> Response:
    volumes, names = await asyncio.gather(page.services.volumes.list(page.context), _names(page))
    template = "volumes_rows.html" if page.live else "volumes.html"
    return page.show(template, 400 if message else 200, volumes=volumes, names=names, message=message)


async def show(page: Page) -> Response:
    """One volume."""
    volume = await _one(page)
    names = await _names(page)
    return page.show("volume_live.html" if page.live else "volume.html", volume=volume, names=names)


async def create(page: Page) -> Response:
    """Make a volume."""
    text = page.field("size")
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:6]) <= _LARGEST:
        return await _index(page, f"The size must be a whole number of GiB up to {_LARGEST}.")
    spec = VolumeSpec(name=page.field("name") or "volume", size=int(text) * _GIB, source_id=page.field("snapshot_id"))
    try:
        made = await page.services.volumes.create(page.context, spec)
    except Error as error:
        return await _index(page, error.message)
    return page.go("storage_volumes", made.id)


async def act(page: Page) -> Response:
    """Do something with a volume."""
    volume, verb = await _one(page), page.request.path_params["verb"]
    services, context = page.services, page.context
    if verb == "attach":
        await services.volumes.attach(context, volume.id, page.field("instance_id"))
    elif verb == "detach":
        await services.volumes.detach(context, volume.id, page.field("instance_id"))
    elif verb == "snapshot":
        await services.snapshots.create(
            context, SnapshotSpec(volume.id, page.field("name") or f"{volume.name}-snapshot")
        )
        return page.go("storage_snapshots")
    elif verb == "delete":
        await services.volumes.delete(context, volume.id)
        return page.go("storage_volumes")
    else:
        raise invalid("verb", "A volume can't do that")
    return page.go("storage_volumes", volume.id)


async def snapshots(page: Page) -> Response:
    """All snapshots."""
    return page.show("snapshots.html", snapshots=await page.services.snapshots.list(page.context))


async def _one(page: Page) -> Volume:
    wanted = page.request.path_params["id"]
    for one in await page.services.volumes.list(page.context):
        if one.id == wanted:
            return one
    raise not_found("volume", wanted)


async def _names(page: Page) -> dict[str, str]:
    """Names of machines by id."""
    views = await page.services.instances.list(page.context, details=False)
    return {view.instance.id: name_of(view.instance) for view in views if view.instance.state not in HIDDEN}
