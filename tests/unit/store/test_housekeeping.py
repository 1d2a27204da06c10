"""Old records go, young ones stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltaic.model.context import Principal
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.secret import Secret
from deltaic.model.tombstone import Tombstone
from deltaic.ports.store import IdempotencyRecord, Record
from deltaic.store.housekeeping import sweep
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore

NOW = datetime(2026, 1, 10, tzinfo=UTC)


async def test_sweep(tmp_path: Path) -> None:
    at = [NOW - timedelta(hours=49)]
    tmp_path.chmod(0o700)
    store = SqlStore(f"sqlite:///{tmp_path / 'd.sqlite'}", KeySource.in_folder(tmp_path), now=lambda: at[0])
    await store.open()
    try:
        for age in (49, 1):
            at[0] = NOW - timedelta(hours=age)
            await store.idempotency.claim(IdempotencyRecord("me", f"token{age}", "f", at[0]))
            await store.logins.remember(Principal(id=f"user:{age}", user="me", password=Secret("p")))
            gone = Instance(id=f"i{age}", name="a", state=InstanceState.DELETED, zone_id="z")
            await store.tombstones.put(Tombstone(gone, at[0]))
            await store.records.create(Record("session/me", "Session", f"s{age}", b"{}", at[0], at[0]))
            await store.records.create(Record("me", "MachineTemplate", f"t{age}", b"{}", at[0], at[0]))
        assert await sweep(store, NOW) == {"tokens": 1, "tombstones": 1, "logins": 1, "sessions": 1}
        assert await sweep(store, NOW) == {"tokens": 0, "tombstones": 0, "logins": 0, "sessions": 0}
        assert await store.logins.get("user:49") is None
        kept = await store.logins.get("user:1")
        assert kept is not None
        assert kept.password.reveal() == "p"
        assert [t.instance.id for t in await store.tombstones.list("", NOW - timedelta(days=9))] == ["i1"]
        assert [each.id for each in await store.records.list("session/me", "Session")] == ["s1"]
        assert [each.id for each in await store.records.list("me", "MachineTemplate")] == ["t49", "t1"]
    finally:
        await store.close()
