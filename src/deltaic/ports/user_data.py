"""User data that a cloud does not tell again, among the store's documents: one per machine, under the machine's id."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.store import Record, Records

#: The kind of the documents.
KIND: Final = "UserData"


async def read(records: Records, owner: str, instance_id: str) -> bytes | None:
    """What a machine was given; None when nothing is kept."""
    found = await records.get(owner, KIND, instance_id)
    return None if found is None else found.content


async def keep(records: Records, owner: str, instance_id: str, content: bytes, at: datetime) -> bool:
    """Keep what a machine was given; repeating changes nothing. False when the owner has too many documents."""
    try:
        await records.create(Record(owner, KIND, instance_id, content, at, at))
    except Error as error:
        if error.kind is ErrorKind.QUOTA:
            return False
        if error.kind is not ErrorKind.ALREADY_EXISTS:
            raise
    return True


async def forget(records: Records, owner: str, instance_id: str) -> None:
    """Drop what is kept."""
    await records.delete(owner, KIND, instance_id)
