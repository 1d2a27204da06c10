"""Documents of callers, sealed."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.store import MOST_RECORD_BYTES, MOST_RECORDS, Record
from deltaic.store import tables
from deltaic.store.rotation import rotate
from deltaic.store.sealing import sealed_version
from deltaic.store.store import SqlStore

from .records import MINUTE, NOON

KIND = "MachineTemplate"


def record(record_id: str = "one", owner: str = "me", kind: str = KIND, content: bytes = b'{"a":1}') -> Record:
    return Record(owner, kind, record_id, content, NOON, NOON)


async def refused(store: SqlStore, each: Record) -> ErrorKind:
    with pytest.raises(Error) as error:
        await store.records.create(each)
    return error.value.kind


async def test_a_record_is_its_owners_and_its_kinds(store: SqlStore) -> None:
    await store.records.create(record())
    await store.records.create(record(owner="you", content=b"{}"))
    await store.records.create(record(kind="System", content=b"[]"))
    assert await store.records.get("me", KIND, "one") == record()
    assert await store.records.get("me", KIND, "two") is None
    assert await store.records.get("you", "System", "one") is None
    assert [each.content for each in await store.records.list("you", KIND)] == [b"{}"]
    assert await refused(store, record(content=b"other")) is ErrorKind.ALREADY_EXISTS
    assert await store.records.get("me", KIND, "one") == record()


async def test_owner_kind_and_id_do_not_run_into_each_other(store: SqlStore) -> None:
    await store.records.create(record("c", owner="a", kind="b"))
    assert await store.records.get("ab", "", "c") is None
    assert await store.records.get("a", "bc", "") is None


async def test_they_are_listed_by_age(store: SqlStore) -> None:
    for name, at in (("c", NOON), ("a", NOON + MINUTE), ("b", NOON)):
        await store.records.create(msgspec.structs.replace(record(name), created_at=at, updated_at=at))
    assert [each.id for each in await store.records.list("me", KIND)] == ["b", "c", "a"]
    assert await store.records.delete("me", KIND, "c") is True
    assert await store.records.delete("me", KIND, "c") is False
    assert await store.records.delete("you", KIND, "a") is False
    assert [each.id for each in await store.records.list("me", KIND)] == ["b", "a"]


async def test_an_edit_tells_what_is_kept(store: SqlStore) -> None:
    await store.records.create(record())
    edited = await store.records.edit("me", KIND, "one", lambda old: old + b" ", NOON + MINUTE)
    assert edited == Record("me", KIND, "one", b'{"a":1} ', NOON, NOON + MINUTE)
    assert await store.records.get("me", KIND, "one") == edited
    with pytest.raises(Error) as unknown:
        await store.records.edit("you", KIND, "one", lambda old: old, NOON)
    assert unknown.value.kind is ErrorKind.NOT_FOUND


async def test_edits_at_the_same_time_lose_nothing(store: SqlStore, second_store: SqlStore) -> None:
    await store.records.create(record(content=b"[]"))

    edits = (
        (store, second_store)[n % 2].records.edit(
            "me", KIND, "one", lambda old, n=n: msgspec.json.encode([*msgspec.json.decode(old), n]), NOON
        )
        for n in range(20)
    )
    await asyncio.gather(*edits)
    kept = await store.records.get("me", KIND, "one")
    assert kept is not None
    assert sorted(msgspec.json.decode(kept.content)) == list(range(20))


async def test_they_are_sealed_and_rotated(store: SqlStore) -> None:
    await store.records.create(record(content=b'{"password":"hunter2"}'))
    assert await rotate(store) == 2
    async with store.database.begin() as connection:
        sealed = (await connection.execute(select(tables.records.c.sealed))).scalar_one()
    assert (sealed_version(sealed), b"hunter2" in sealed) == (2, False)
    assert await store.records.get("me", KIND, "one") == record(content=b'{"password":"hunter2"}')
    assert "hunter2" not in repr(record(content=b"hunter2"))


async def test_a_content_opens_in_its_own_row_only(store: SqlStore) -> None:
    await store.records.create(record())
    await store.records.create(record(owner="you", content=b"secret"))
    mine, yours = ((tables.records.c.owner == owner) for owner in ("me", "you"))
    async with store.database.begin() as connection:
        stolen = (await connection.execute(select(tables.records.c.sealed).where(yours))).scalar_one()
        await connection.execute(update(tables.records).where(mine).values(sealed=stolen))
    with pytest.raises(Error) as broken:
        await store.records.get("me", KIND, "one")
    assert broken.value.kind is ErrorKind.INTERNAL


async def test_quota(store: SqlStore) -> None:
    rows = [
        {
            "key": f"k{n}",
            "owner": "me",
            "kind": KIND,
            "id": f"r{n}",
            "created_at": NOON,
            "updated_at": NOON,
            "size": 1,
            "sealed": b"",
        }
        for n in range(MOST_RECORDS)
    ]
    async with store.database.begin() as connection:
        await connection.execute(tables.records.insert(), rows)
    assert await refused(store, record("more")) is ErrorKind.QUOTA
    assert await store.records.get("me", KIND, "more") is None
    await store.records.create(record("more", kind="System"))
    await store.records.create(record("more", owner="you"))
    async with store.database.begin() as connection:
        await connection.execute(tables.records.delete().where(tables.records.c.id == "r1"))
        await connection.execute(
            tables.records.update().where(tables.records.c.id == "r2").values(size=MOST_RECORD_BYTES)
        )
    assert await refused(store, record("more")) is ErrorKind.QUOTA


async def test_old_ones_of_a_kind_are_forgotten(store: SqlStore) -> None:
    for name, owner, kind, at in (
        ("old", "me", "Session", NOON),
        ("old", "you", "Session", NOON),
        ("new", "me", "Session", NOON + MINUTE),
        ("old", "me", KIND, NOON),
    ):
        kept = record(name, owner, kind)
        await store.records.create(msgspec.structs.replace(kept, created_at=at, updated_at=at))
    assert await store.records.forget_older("Session", NOON + MINUTE) == 2
    assert await store.records.forget_older("Session", NOON + MINUTE) == 0
    assert [each.id for each in await store.records.list("me", "Session")] == ["new"]
    assert await store.records.list("you", "Session") == []
    assert [each.id for each in await store.records.list("me", KIND)] == ["old"]
