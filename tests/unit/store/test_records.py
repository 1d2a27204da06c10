"""Logins, key pairs, idempotency, tombstones, tags and secrets."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import update

from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.secret import Secret
from deltaic.model.tombstone import Tombstone
from deltaic.ports.store import IdempotencyRecord
from deltaic.store import tables
from deltaic.store.key_file import KeySource
from deltaic.store.logins import BELIEVED_SECONDS
from deltaic.store.store import SqlStore

from .records import MINUTE, NOON, key_pair


class TestLogins:
    async def test_remember_overwrites(self, store: SqlStore) -> None:
        await store.logins.remember(Principal("user:1", "admin@internal", Secret("old")))
        await store.logins.remember(Principal("user:1", "admin@internal", Secret("new")))
        found = await store.logins.get("user:1")
        assert found == Principal("user:1", "admin@internal", Secret("new"))
        assert await store.logins.get("user:2") is None

    async def test_a_token_and_its_end_are_kept_and_exchanged(self, store: SqlStore) -> None:
        first = Principal("grant:1", "ann", Secret("t1"), True, NOON)
        await store.logins.renew(first)
        assert await store.logins.get("grant:1") is None
        await store.logins.remember(first)
        await store.logins.forget_older(NOON - MINUTE)
        assert await store.logins.get("grant:1") == first
        second = Principal("grant:1", "ann", Secret("t2"), True, NOON + MINUTE)
        await store.logins.renew(second)
        await store.logins.forget_older(NOON - MINUTE)
        assert await store.logins.get("grant:1") == second

    async def test_forget_older(self, database_url: str, key_source: KeySource) -> None:
        times = [NOON, NOON + MINUTE, NOON + MINUTE, NOON + 2 * MINUTE]
        clock = itertools.count(0.0, BELIEVED_SECONDS)
        store = SqlStore(database_url, key_source, now=lambda: times.pop(0), clock=lambda: next(clock))
        await store.open()
        for name in ("user:1", "user:2", "user:1"):
            await store.logins.remember(Principal(name, "u", Secret("p")))
        assert await store.logins.forget_older(NOON + 2 * MINUTE) == 1
        assert await store.logins.get("user:2") is None
        assert await store.logins.get("user:1") == Principal("user:1", "u", Secret("p"))
        await store.close()

    async def test_a_login_that_is_read_all_the_time_does_not_grow_old(
        self, database_url: str, key_source: KeySource
    ) -> None:
        time, me = 0.0, Principal("user:1", "u", Secret("p"))
        store = SqlStore(database_url, key_source, now=lambda: NOON + timedelta(seconds=time), clock=lambda: time)
        await store.open()
        await store.logins.remember(me)
        for _ in range(4):
            time += BELIEVED_SECONDS
            assert await store.logins.get("user:1") == me
            await store.logins.remember(me)
        assert await store.logins.forget_older(NOON + timedelta(seconds=4 * BELIEVED_SECONDS)) == 0
        assert await store.logins.get("user:1") == me
        await store.close()

    async def test_a_login_is_believed_for_a_while(
        self, store: SqlStore, database_url: str, key_source: KeySource
    ) -> None:
        time = 0.0
        other = SqlStore(database_url, key_source, clock=lambda: time)
        await other.open()
        await store.logins.remember(Principal("user:1", "u", Secret("old")))
        assert await other.logins.get("user:1") == Principal("user:1", "u", Secret("old"))
        await store.logins.remember(Principal("user:1", "u", Secret("new")))
        time = BELIEVED_SECONDS - 1
        assert await other.logins.get("user:1") == Principal("user:1", "u", Secret("old"))
        time = BELIEVED_SECONDS
        assert await other.logins.get("user:1") == Principal("user:1", "u", Secret("new"))
        await other.close()


class TestKeyPairs:
    async def test_list_is_by_name_and_per_owner(self, store: SqlStore) -> None:
        for pair in (key_pair("b"), key_pair("B"), key_pair("a"), key_pair("b", owner="other")):
            await store.key_pairs.create(pair)
        assert await store.key_pairs.list("admin@internal") == [key_pair("B"), key_pair("a"), key_pair("b")]
        assert await store.key_pairs.list("nobody") == []

    async def test_taken_name_and_taken_id(self, store: SqlStore) -> None:
        await store.key_pairs.create(key_pair("a"))
        for pair in (key_pair("a", key_id="key-other"), key_pair("b", key_id="key-a")):
            with pytest.raises(Error) as refused:
                await store.key_pairs.create(pair)
            assert refused.value.kind is ErrorKind.ALREADY_EXISTS

    async def test_delete_gives_what_was_removed(self, store: SqlStore) -> None:
        await store.key_pairs.create(key_pair("a"))
        assert await store.key_pairs.delete("other", "a") is None
        assert await store.key_pairs.delete("admin@internal", "a") == key_pair("a")
        assert await store.key_pairs.delete("admin@internal", "a") is None

    async def test_edit_tags(self, store: SqlStore) -> None:
        await store.key_pairs.create(key_pair("a"))
        await store.key_pairs.edit_tags("admin@internal", "key-a", lambda old: {**old, "x": "1"})
        assert [pair.tags for pair in await store.key_pairs.list("admin@internal")] == [{"Name": "né", "x": "1"}]
        with pytest.raises(Error) as refused:
            await store.key_pairs.edit_tags("other", "key-a", dict)
        assert refused.value.kind is ErrorKind.NOT_FOUND


async def test_tags_of_a_key_pair_edited_at_the_same_time_lose_nothing(store: SqlStore, second_store: SqlStore) -> None:
    await store.key_pairs.create(key_pair("a"))
    nodes = (store, second_store)
    edits = (
        nodes[n % 2].key_pairs.edit_tags("admin@internal", "key-a", lambda old, n=n: {**old, f"k{n}": "v"})
        for n in range(20)
    )
    await asyncio.gather(*edits)
    [pair] = await store.key_pairs.list("admin@internal")
    assert set(pair.tags) >= {f"k{n}" for n in range(20)}


def claim(token: str = "t", fingerprint: str = "f", created_at: datetime = NOON) -> IdempotencyRecord:
    return IdempotencyRecord("owner", token, fingerprint, created_at)


class TestIdempotency:
    async def test_first_claim_holds(self, store: SqlStore) -> None:
        assert await store.idempotency.claim(claim()) == claim()
        assert await store.idempotency.claim(claim(fingerprint="g")) == claim()
        await store.idempotency.finish("owner", "t", b'{"id":"1"}')
        held = await store.idempotency.claim(claim(created_at=NOON + MINUTE))
        assert held == msgspec.structs.replace(claim(), result=b'{"id":"1"}')

    async def test_one_of_many_concurrent_claims_wins(self, store: SqlStore, second_store: SqlStore) -> None:
        claims = [claim(fingerprint=str(number)) for number in range(16)]
        nodes = (store, second_store)
        held = await asyncio.gather(*(nodes[n % 2].idempotency.claim(each) for n, each in enumerate(claims)))
        assert len({record.fingerprint for record in held}) == 1

    async def test_release_frees_an_unfinished_token_only(self, store: SqlStore) -> None:
        await store.idempotency.claim(claim())
        await store.idempotency.release(claim())
        assert await store.idempotency.claim(claim(fingerprint="g")) == claim(fingerprint="g")
        await store.idempotency.finish("owner", "t", b"done")
        await store.idempotency.release(claim())
        assert (await store.idempotency.claim(claim())).result == b"done"

    async def test_release_leaves_the_next_claim_of_a_token_alone(self, store: SqlStore) -> None:
        later = claim(created_at=NOON + MINUTE)
        await store.idempotency.claim(claim())
        await store.idempotency.release(claim())
        await store.idempotency.claim(later)
        await store.idempotency.release(claim())
        assert await store.idempotency.claim(claim(fingerprint="g")) == later

    async def test_forget_older(self, store: SqlStore) -> None:
        await store.idempotency.claim(claim("old"))
        await store.idempotency.claim(claim("new", created_at=NOON + MINUTE))
        assert await store.idempotency.forget_older(NOON + MINUTE) == 1
        assert (await store.idempotency.claim(claim("new", "g"))).fingerprint == "f"


def stone(name: str, at: datetime = NOON, data_center: str = "dc1", reason: str = "") -> Tombstone:
    instance = Instance(name, f"vm {name}", InstanceState.DELETED, "zone", data_center, created_at=NOON)
    return Tombstone(instance, at, reason=reason, owner="admin@internal")


class TestTombstones:
    async def test_list_by_data_center_and_age(self, store: SqlStore) -> None:
        for each in (stone("b", NOON + MINUTE), stone("a"), stone("c", data_center="dc2"), stone("d", NOON - MINUTE)):
            await store.tombstones.put(each)
        assert await store.tombstones.list("dc1", NOON) == [stone("a"), stone("b", NOON + MINUTE)]
        assert [each.instance.id for each in await store.tombstones.list("", NOON)] == ["a", "c", "b"]

    async def test_one_put_after_a_list_is_in_the_next(self, store: SqlStore) -> None:
        assert await store.tombstones.list("", NOON) == []
        await store.tombstones.put(stone("a"))
        assert await store.tombstones.list("", NOON) == [stone("a")]
        assert await store.tombstones.list("", NOON + MINUTE) == []
        assert await store.tombstones.list("dc2", NOON) == []

    async def test_first_one_stays(self, store: SqlStore) -> None:
        await store.tombstones.put(stone("a", reason="first"))
        await store.tombstones.put(stone("a", reason="second"))
        assert [each.reason for each in await store.tombstones.list("dc1", NOON)] == ["first"]

    async def test_forget_older(self, store: SqlStore) -> None:
        await store.tombstones.put(stone("a"))
        await store.tombstones.put(stone("b", NOON + MINUTE))
        assert await store.tombstones.forget_older(NOON + MINUTE) == 1
        assert [each.instance.id for each in await store.tombstones.list("", NOON)] == ["b"]

    async def test_an_unreadable_one_does_not_hide_the_others(self, store: SqlStore) -> None:
        await store.tombstones.put(stone("a"))
        await store.tombstones.put(stone("b"))
        broken = update(tables.tombstones).where(tables.tombstones.c.instance_id == "a").values(body=b"{}")
        async with store.database.begin() as connection:
            await connection.execute(broken)
        assert [each.instance.id for each in await store.tombstones.list("", NOON)] == ["b"]


class TestResourceTags:
    async def test_edit_and_get(self, store: SqlStore) -> None:
        await store.resource_tags.edit("volume", "v1", lambda _: {"a": "1", "b": ""})
        await store.resource_tags.edit("network", "n1", lambda _: {"é": "☃"})
        await store.resource_tags.edit("volume", "v1", lambda _: {"a": "2"})
        assert await store.resource_tags.get() == {"v1": {"a": "2"}, "n1": {"é": "☃"}}
        assert await store.resource_tags.get(["n1", "unknown"]) == {"n1": {"é": "☃"}}
        await store.resource_tags.edit("volume", "v1", lambda _: {})
        assert await store.resource_tags.get(["v1", "n1"]) == {"n1": {"é": "☃"}}

    async def test_edits_at_the_same_time_lose_nothing(self, store: SqlStore, second_store: SqlStore) -> None:
        nodes = (store, second_store)
        edits = (
            nodes[n % 2].resource_tags.edit("volume", "v1", lambda old, n=n: {**old, f"k{n}": "v"}) for n in range(20)
        )
        await asyncio.gather(*edits)
        assert sorted((await store.resource_tags.get(["v1"]))["v1"]) == sorted(f"k{n}" for n in range(20))

    async def test_an_edit_tells_what_is_kept(self, store: SqlStore) -> None:
        assert await store.resource_tags.edit("volume", "v1", lambda old: {**old, "a": "1"}) == {"a": "1"}
        assert await store.resource_tags.edit("volume", "v1", lambda old: {**old, "b": "2"}) == {"a": "1", "b": "2"}
        assert await store.resource_tags.edit("volume", "v1", lambda _: {}) == {}
        assert await store.resource_tags.get() == {}

    async def test_any_number_of_ids(self, store: SqlStore) -> None:
        await store.resource_tags.edit("volume", "v70000", lambda _: {"a": "1"})
        assert await store.resource_tags.get([f"v{n}" for n in range(70_001)]) == {"v70000": {"a": "1"}}
        assert await store.resource_tags.get([]) == {}


async def test_secrets_are_the_same_on_every_node(store: SqlStore, second_store: SqlStore) -> None:
    found = await asyncio.gather(store.secret("paging"), second_store.secret("paging"), store.secret("session"))
    assert [len(value) for value in found] == [32, 32, 32]
    assert (found[0] == found[1], found[0] == found[2]) == (True, False)


async def test_naive_times_are_refused(store: SqlStore) -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(Error) as refused:
        await store.idempotency.claim(claim(created_at=naive))
    assert refused.value.kind is ErrorKind.INVALID
