"""Exchange the sealing keys: add one, seal everything anew with it, drop the old ones.

A node that was started before the rotation goes on sealing with the key it knows, so old keys are dropped
in a step of its own, when all nodes were restarted.
"""

from __future__ import annotations

from sqlalchemy import Table, select, update

from deltaic.store.key_file import SealingKeyError
from deltaic.store.sealing import new_key, sealed_version
from deltaic.store.store import SqlStore
from deltaic.store.tables import SEALED

BATCH = 500


async def rotate(store: SqlStore) -> int:
    """Add a new key to the file and seal everything with it; returns the number of records sealed anew.

    Raises SealingKeyError when the keys come from a variable or a credential: add one there, restart,
    and call `reseal_all`.
    """
    keys = dict(_file_keys(store))
    keys[max(keys) + 1] = new_key()
    store.key_source.save(keys)
    store.ring.use(keys)
    return await reseal_all(store)


async def reseal_all(store: SqlStore) -> int:
    """Seal with the newest key whatever is sealed with an older one; returns how many records. Safe to repeat."""
    return sum([await _reseal(store, table, kind, column) for table, kind, column in SEALED])


async def drop_old_keys(store: SqlStore) -> int:
    """Seal what is left anew, then remove all keys but the newest from the file; returns how many were removed."""
    keys = _file_keys(store)
    store.ring.use(keys)
    await reseal_all(store)
    newest = max(keys)
    store.key_source.save({newest: keys[newest]})
    store.ring.use({newest: keys[newest]})
    return len(keys) - 1


def _file_keys(store: SqlStore) -> dict[int, bytes]:
    if not store.key_source.uses_file:
        raise SealingKeyError("the sealing keys come from the environment: change them there, then reseal")
    return dict(store.key_source.load())


async def _reseal(store: SqlStore, table: Table, kind: str, column: str) -> int:
    identity = table.c[column]
    changed, last = 0, ""
    while True:
        query = select(identity, table.c.sealed).where(identity > last).order_by(identity).limit(BATCH)
        async with store.database.begin() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            return changed
        for record_id, sealed in rows:
            changed += await _reseal_one(store, table, kind, column, record_id, sealed)
        last = rows[-1][0]


async def _reseal_one(store: SqlStore, table: Table, kind: str, column: str, record_id: str, sealed: bytes) -> int:
    if sealed_version(sealed) == store.ring.current:
        return 0
    fresh = store.ring.seal(kind, record_id, store.ring.open(kind, record_id, sealed))
    # A record that was written meanwhile is newer than what was read, and stays.
    change = update(table).where(table.c[column] == record_id, table.c.sealed == sealed).values(sealed=fresh)
    async with store.database.begin() as connection:
        return (await connection.execute(change)).rowcount
