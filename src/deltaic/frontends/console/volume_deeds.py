"""What can be done with a volume."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.volumes import gibibytes, names_of, one_volume
from deltaic.model.errors import invalid
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import VolumeChanges


async def _find(page: Page) -> Found:
    volume = await one_volume(page)
    return Found(volume.id, volume.name, volume)


async def _attach(page: Page, found: Found) -> None:
    """An instance may be named by its id or, where that is unambiguous, its name."""
    given = page.field("instance_id")
    names = await names_of(page)
    called = [given] if given in names else [one for one, name in names.items() if name == given]
    if len(called) != 1:
        raise invalid("instance_id", f"{'No instance is' if not called else 'Several instances are'} called '{given}'")
    await page.services.volumes.attach(page.context, found.id, called[0])


async def _detach(page: Page, found: Found) -> None:
    await page.services.volumes.detach(page.context, found.id, page.field("instance_id"))


async def _edit(page: Page, found: Found) -> None:
    size = gibibytes(page.field("size")) if page.field("size") else None
    changes = VolumeChanges(
        name=page.field("name") or None,
        description=page.field("description"),
        size=size if size != found.thing.size else None,
    )
    await page.services.volumes.modify(page.context, found.id, changes)


async def _snapshot(page: Page, found: Found) -> Response:
    spec = SnapshotSpec(found.id, page.field("name") or f"{found.name}-snapshot")
    made = await page.services.snapshots.create(page.context, spec)
    return page.go("storage_snapshots", made.id, said=f"The snapshot {made.name} is being taken.")


async def _delete(page: Page, found: Found) -> None:
    await page.services.volumes.delete(page.context, found.id)


VOLUME: Final = Kind(
    "storage_volumes",
    "volumes",
    _find,
    {
        "attach": Deed(_attach, "edit", "{name} is being attached."),
        "detach": Deed(
            _detach,
            "edit",
            "{name} is being detached.",
            "Detach",
            "Detach {name}? Whatever the guest has not written yet is lost.",
            carried=("instance_id",),
        ),
        "edit": Deed(_edit, "edit", "The volume was changed."),
        "snapshot": Deed(_snapshot, "add", "A snapshot of {name} is being taken."),
        "delete": Deed(
            _delete,
            "delete",
            "The volume {name} is being deleted.",
            "Delete",
            "Delete the volume {name}? Its content is lost.",
            gone=True,
        ),
    },
)
