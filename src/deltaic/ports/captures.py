"""Images that the cloud does not show yet, or never will, among the store's documents: each under its marker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.ports.store import Record, Records

#: The kind of the documents.
KIND: Final = "MachineImage"


class Capture(Struct, frozen=True):
    """An image to come: of which machine, and as it is shown. In the state ERROR it never came: `reason` says why."""

    instance_id: str
    image: Image
    reason: str = ""


async def keep(records: Records, owner: str, capture: Capture, at: datetime) -> None:
    """Keep one; one that is there stays. QUOTA when the owner has too many."""
    image = replace(capture.image, created_at=at)
    content = msgspec.json.encode(replace(capture, image=image))
    try:
        await records.create(Record(owner, KIND, image.id, content, at, at))
    except Error as error:
        if error.kind is not ErrorKind.ALREADY_EXISTS:
            raise


async def fail(records: Records, owner: str, capture: Capture, error: Error, at: datetime) -> None:
    """Keep that one never comes."""
    failed = replace(capture, image=replace(capture.image, state=ImageState.ERROR), reason=error.message)
    await keep(records, owner, failed, at)

    def edit(content: bytes) -> bytes:
        known = msgspec.json.decode(content, type=Capture)
        image = replace(failed.image, created_at=known.image.created_at)
        return msgspec.json.encode(replace(failed, image=image))

    await records.edit(owner, KIND, capture.image.id, edit, at)


async def drop(records: Records, owner: str, marker: str) -> bool:
    """Forget one; False when there was none."""
    return await records.delete(owner, KIND, marker)


async def read_all(records: Records, owner: str) -> Sequence[Capture]:
    """The owner's, oldest first."""
    return [msgspec.json.decode(record.content, type=Capture) for record in await records.list(owner, KIND)]
