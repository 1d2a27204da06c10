"""Tags of resources whose cloud object can't carry them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Executable, delete, select, update

from deltaic.ports.store import TagEdit
from deltaic.store.database import EDIT_TRIES, Database, edited_by_others
from deltaic.store.tables import resource_tags

#: Ids per query, well under what either database allows as parameters.
BATCH = 1000
_DECODER = msgspec.json.Decoder(dict[str, str])


class ResourceTagTable:
    """Implements `deltaic.ports.store.ResourceTags`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, resource_ids: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
        """Tags by native resource id; of all resources when None."""
        query = select(resource_tags.c.resource_id, resource_tags.c.tags)
        if resource_ids is None:
            queries = [query]
        else:
            batches = (resource_ids[at : at + BATCH] for at in range(0, len(resource_ids), BATCH))
            queries = [query.where(resource_tags.c.resource_id.in_(batch)) for batch in batches]
        found: dict[str, dict[str, str]] = {}
        if not queries:
            return found
        async with self._database.begin() as connection:
            for each in queries:
                rows = (await connection.execute(each)).all()
                found.update((row.resource_id, _DECODER.decode(row.tags)) for row in rows)
        return found

    async def edit(self, resource: str, resource_id: str, edit: TagEdit) -> dict[str, str]:
        """Change the tags of one resource (`resource` is its noun) through `edit`; the tags as they are then."""
        query = select(resource_tags.c.tags).where(resource_tags.c.resource_id == resource_id)
        for _ in range(EDIT_TRIES):
            async with self._database.begin() as connection:
                old = (await connection.execute(query)).scalar()
                tags = edit({} if old is None else _DECODER.decode(old))
                new = msgspec.json.encode(tags) if tags else None
                if old == new:
                    return tags
                done = await connection.execute(self._change(resource, resource_id, old, new))
                if done.rowcount > 0:
                    return tags
        raise edited_by_others(resource, resource_id)

    def _change(self, resource: str, resource_id: str, old: bytes | None, new: bytes | None) -> Executable:
        """What writes the new tags if the old ones are still there."""
        if old is None:
            row = {"resource_id": resource_id, "resource": resource, "tags": new}
            insert: Executable = self._database.insert(resource_tags).values(**row).on_conflict_do_nothing()
            return insert
        same = (resource_tags.c.resource_id == resource_id) & (resource_tags.c.tags == old)
        if new is None:
            return delete(resource_tags).where(same)
        return update(resource_tags).where(same).values(tags=new)
