"""Volumes: their list, one of them, and making one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import working
from deltaic.frontends.console.instances import name_of
from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.model.volume import Volume, VolumeSpec, VolumeState

GIB: Final = 1 << 30
LARGEST: Final = 65536
#: More choices than this are no menu: a name or id is typed instead.
MENU: Final = 200


async def index(page: Page) -> Response:
    """The volumes that are searched for."""
    return await _index(page)


async def _index(page: Page, message: str = "") -> Response:
    volumes, names = await asyncio.gather(page.volumes(), names_of(page))
    found = listed(
        page,
        volumes,
        lambda one: (one.name, one.id, one.description, *(names.get(held.instance_id, "") for held in one.attachments)),
        lambda one: one.name,
    )
    if page.live:
        return page.part("volumes_rows.html", listing=found, names=names)
    snapshots = await snapshots_of(page) if page.capability.snapshots_list else ()
    domains = await page.services.volumes.storage_domains(page.context) if page.capability.volumes_create else ()
    centers = {region.data_center.id: region.data_center.name for region in page.centers}
    return page.show(
        "volumes.html",
        400 if message else 200,
        listing=found,
        names=names,
        message=message,
        given=dict(page.fields) or {"snapshot_id": page.query("snapshot_id")},
        domains=domains,
        center_names=centers,
        snapshots=[one for one in snapshots if one.state is SnapshotState.COMPLETED][:MENU],
    )


async def show(page: Page) -> Response:
    """One volume."""
    try:
        volume = await one_volume(page)
    except Error as error:
        if page.live and error.kind is ErrorKind.NOT_FOUND:
            return page.go("storage_volumes", said="The volume is gone.")
        raise
    names = await names_of(page)
    if page.live:
        return page.part("volume_state.html", volume=volume, names=names, pace=_pace(volume))
    return page.show("volume.html", volume=volume, names=names, pace=_pace(volume), menu=_menu(names))


async def create(page: Page) -> Response:
    """Make a volume, empty or of a snapshot; a request that can't be carried out shows its form again."""
    source = page.field("snapshot_id")
    name = page.field("name") or "volume"
    ids: list[str] = []
    try:
        size = gibibytes(page.field("size")) if page.field("size") or not source else 0
        async with working(page, "add", "volumes", f"The volume {name} is being made.", ids) as worker:
            spec = VolumeSpec(name=name, size=size, source_id=source, storage_domain_id=page.field("storage_domain"))
            made = await worker.services.volumes.create(worker.context, spec)
            ids.append(made.id)
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise
        return await _index(page, error.message)
    return page.go("storage_volumes", made.id, said=f"The volume {made.name} is being made.")


async def snapshots_of(page: Page) -> Sequence[Snapshot]:
    """The snapshots of the scope; those of a large cloud may be some seconds old."""
    return await page.kept("snapshots", lambda: page.services.snapshots.list(page.context))


def gibibytes(text: str) -> int:
    """A size in bytes from a field in GiB; INVALID."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:6]) <= LARGEST:
        raise invalid("size", f"The size must be a whole number of GiB up to {LARGEST}")
    return int(text) * GIB


async def one_volume(page: Page) -> Volume:
    """The volume of the address."""
    for one in await page.volumes():
        if one.id == page.id:
            return one
    raise not_found("volume", page.id)


async def names_of(page: Page) -> dict[str, str]:
    """Names of instances by id."""
    views = await page.instances(details=False)
    return {view.instance.id: name_of(view.instance) for view in views if view.instance.state not in HIDDEN}


def _menu(names: dict[str, str]) -> Sequence[tuple[str, str]]:
    """The instances to choose from; none where there are too many."""
    return sorted(names.items(), key=lambda one: one[1].casefold()) if len(names) <= MENU else ()


def _pace(volume: Volume) -> int:
    return 4 if volume.state is VolumeState.AVAILABLE else 1
