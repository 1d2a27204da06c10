"""Snapshots of volumes."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.volumes import snapshots_of
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.snapshot import Snapshot, SnapshotState


async def index(page: Page) -> Response:
    """The snapshots that are searched for."""
    snapshots = await snapshots_of(page)
    found = listed(
        page, snapshots, lambda one: (one.name, one.id, one.description, one.volume_id), lambda one: one.name
    )
    if page.live:
        return page.part("snapshots_rows.html", listing=found)
    return page.show("snapshots.html", listing=found)


async def show(page: Page) -> Response:
    """One snapshot."""
    try:
        snapshot = await _one(page)
    except Error as error:
        if page.live and error.kind is ErrorKind.NOT_FOUND:
            return page.go("storage_snapshots", said="The snapshot is gone.")
        raise
    pace = 10 if snapshot.state is SnapshotState.COMPLETED else 1
    if page.live:
        return page.part("snapshot_state.html", snapshot=snapshot, pace=pace)
    return page.show("snapshot.html", snapshot=snapshot, pace=pace)


async def _one(page: Page) -> Snapshot:
    for one in await snapshots_of(page):
        if one.id == page.id:
            return one
    raise not_found("snapshot", page.id)


async def _find(page: Page) -> Found:
    snapshot = await _one(page)
    return Found(snapshot.id, snapshot.name, snapshot)


async def _delete(page: Page, found: Found) -> None:
    await page.services.snapshots.delete(page.context, found.id)


SNAPSHOT: Final = Kind(
    "storage_snapshots",
    "volume_images",
    _find,
    {
        "delete": Deed(
            _delete,
            "delete",
            "The snapshot {name} is being deleted.",
            "Delete",
            "Delete the snapshot {name}? Volumes that were made of it stay.",
            gone=True,
        ),
    },
)
