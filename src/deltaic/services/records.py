"""Documents that the gateway keeps for a caller: templates, configurations, and what else no engine can hold."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.errors import invalid, not_found
from deltaic.ports.store import ContentEdit, Record, Store
from deltaic.services.identity import now

#: Bytes of one document.
MOST_CONTENT = 256 * 1024


class RecordService:
    """A caller's documents by kind (`MachineTemplate`, `System` ...): nobody else ever sees them."""

    def __init__(self, store: Store) -> None:
        self._records = store.records

    async def list(self, context: Context, kind: str) -> Sequence[Record]:
        """The caller's documents of a kind, oldest first."""
        return await self._records.list(context.owner, kind)

    async def get(self, context: Context, kind: str, id: str) -> Record:
        """One of them; NOT_FOUND."""
        found = await self._records.get(context.owner, kind, id) if _possible(id) else None
        if found is None:
            raise not_found(kind, id)
        return found

    async def create(self, context: Context, kind: str, content: bytes, id: str = "") -> Record:
        """Keep a JSON document under a new id, or the given one (ALREADY_EXISTS). INVALID above 256 KiB, QUOTA."""
        at = now()
        record = Record(context.owner, kind, id or str(uuid.uuid4()), _checked(kind, content), at, at)
        await self._records.create(record)
        return record

    async def edit(self, context: Context, kind: str, id: str, edit: ContentEdit) -> Record:
        """Change one through `edit`, a pure function that may be called more than once; NOT_FOUND, INVALID, QUOTA."""
        if not _possible(id):
            raise not_found(kind, id)
        return await self._records.edit(context.owner, kind, id, lambda old: _checked(kind, edit(old)), now())

    async def delete(self, context: Context, kind: str, id: str) -> None:
        """Remove one; NOT_FOUND."""
        if not _possible(id) or not await self._records.delete(context.owner, kind, id):
            raise not_found(kind, id)


def _checked(kind: str, content: bytes) -> bytes:
    if len(content) > MOST_CONTENT:
        raise invalid("content", f"A {kind} is limited to {MOST_CONTENT} bytes", resource=kind)
    return content


def _possible(record_id: str) -> bool:
    """Whether an id that a client wrote can be one: the digest that stands for it takes valid text only."""
    return "\0" not in record_id and record_id.isprintable()
