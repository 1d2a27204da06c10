"""The chains of a caller's snapshots among the store's documents: one document per machine, under the machine's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot_chain import SnapshotChain
from deltaic.ports.store import Record, Records

#: The kind of the documents.
KIND: Final = "MachineSnapshot"

ChainEdit = Callable[[SnapshotChain], SnapshotChain]


async def read(records: Records, owner: str, instance_id: str) -> SnapshotChain:
    """The chain of one machine; an empty one when nothing is known."""
    found = await records.get(owner, KIND, instance_id)
    return _decoded(found.content) if found else SnapshotChain()


async def read_all(records: Records, owner: str) -> Mapping[str, SnapshotChain]:
    """The owner's chains by machine."""
    return {record.id: _decoded(record.content) for record in await records.list(owner, KIND)}


async def change(records: Records, owner: str, instance_id: str, edit: ChainEdit, at: datetime) -> SnapshotChain:
    """Change a chain through `edit`, a pure function that may be called more than once; the chain as it is then.

    An empty chain is not kept. QUOTA when the owner has too many.
    """

    def rewritten(content: bytes) -> bytes:
        return msgspec.json.encode(edit(_decoded(content)))

    for _ in range(3):
        try:
            return await _kept(records, await records.edit(owner, KIND, instance_id, rewritten, at))
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
        first = edit(SnapshotChain())
        if first == SnapshotChain():
            return first
        try:
            await records.create(Record(owner, KIND, instance_id, msgspec.json.encode(first), at, at))
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
        else:
            return first
    raise Error(ErrorKind.BUSY, "Others change the machine's snapshots", resource="instance", resource_id=instance_id)


async def _kept(records: Records, record: Record) -> SnapshotChain:
    chain = _decoded(record.content)
    if not chain.notes:
        await records.delete(record.owner, KIND, record.id)
    return chain


def _decoded(content: bytes) -> SnapshotChain:
    return msgspec.json.decode(content, type=SnapshotChain)
