"""Tags of resources whose cloud object can't carry them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select

from deltaic.store.database import Database
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

    async def replace(self, resource: str, resource_id: str, tags: dict[str, str]) -> None:
        """Replace the tags of one resource (`resource` is its noun); empty tags remove the row."""
        values = {"resource": resource, "tags": msgspec.json.encode(tags)}
        statement = self._database.insert(resource_tags).values(resource_id=resource_id, **values)
        async with self._database.begin() as connection:
            if tags:
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=[resource_tags.c.resource_id], set_=values)
                )
            else:
                await connection.execute(delete(resource_tags).where(resource_tags.c.resource_id == resource_id))
