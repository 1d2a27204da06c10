from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from deltaic.model.errors import Error, ErrorKind
from deltaic.store import tables
from deltaic.store.store import SqlStore

from .records import MINUTE, NOON, access_key


async def test_key_comes_back_as_it_was(store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    assert await store.access_keys.get("AKIAONE") == access_key()
    assert await store.access_keys.get("akiaone") is None


async def test_taken_id(store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    with pytest.raises(Error) as refused:
        await store.access_keys.create(access_key())
    assert (refused.value.kind, refused.value.resource_id) == (ErrorKind.ALREADY_EXISTS, "AKIAONE")


async def test_list_is_by_creation_and_without_secrets(store: SqlStore) -> None:
    for name, age in (("AKIAB", 1), ("AKIAA", 1), ("AKIAC", 0)):
        await store.access_keys.create(access_key(name, NOON + age * MINUTE))
    found = await store.access_keys.list()
    assert [info.id for info in found] == ["AKIAC", "AKIAA", "AKIAB"]
    assert (found[0].user, found[0].provider, found[0].created_at) == ("admin@internal", "default", NOON)
    assert found[0].view == "web;Default"
    assert not hasattr(found[0], "secret_key")


async def test_revoking_keeps_the_first_time(store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    assert await store.access_keys.revoke("AKIAONE", NOON) is True
    assert await store.access_keys.revoke("AKIAONE", NOON + MINUTE) is True
    assert await store.access_keys.revoke("AKIATWO", NOON) is False
    found = await store.access_keys.get("AKIAONE")
    assert found is not None
    assert found.revoked_at == NOON
    assert (await store.access_keys.list())[0].revoked_at == NOON


async def test_another_node_notices_creation_and_revocation(store: SqlStore, second_store: SqlStore) -> None:
    assert await second_store.access_keys.get("AKIAONE") is None
    await store.access_keys.create(access_key())
    assert await second_store.access_keys.get("AKIAONE") == access_key()
    await store.access_keys.revoke("AKIAONE", NOON)
    found = await second_store.access_keys.get("AKIAONE")
    assert found is not None
    assert found.revoked_at == NOON


async def test_nothing_secret_is_readable_in_the_database(store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    async with store.database.begin() as connection:
        row = (await connection.execute(select(tables.access_keys))).one()
    seen = repr(tuple(row)).encode() + row.sealed
    for secret in ("secret-of-the-key", "pässword-of-the-engine"):
        assert secret.encode() not in seen
        assert repr(secret)[1:-1].encode() not in seen


async def test_a_sealed_value_moved_to_another_key_does_not_open(store: SqlStore) -> None:
    await store.access_keys.create(access_key("AKIAONE"))
    await store.access_keys.create(access_key("AKIATWO"))
    async with store.database.begin() as connection:
        await connection.execute(
            text("UPDATE access_keys SET sealed = (SELECT sealed FROM access_keys WHERE id = 'AKIAONE')")
        )
    with pytest.raises(Error) as refused:
        await store.access_keys.get("AKIATWO")
    assert refused.value.kind is ErrorKind.INTERNAL
    assert await store.access_keys.get("AKIAONE") == access_key("AKIAONE")


async def test_the_provider_is_taken_from_the_sealed_part(store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    async with store.database.begin() as connection:
        await connection.execute(update(tables.access_keys).values(provider="evil", user_name="other"))
    found = await store.access_keys.get("AKIAONE")
    assert found is not None
    assert (found.provider, found.user) == ("default", "admin@internal")


@pytest.mark.parametrize("key_id", ["A\0B", "A\ud800"])
async def test_ids_that_cannot_be_stored(store: SqlStore, key_id: str) -> None:
    with pytest.raises(Error) as refused:
        await store.access_keys.get(key_id)
    assert refused.value.kind is ErrorKind.INVALID
