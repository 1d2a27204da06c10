"""The key ring, the sources of its keys, and rotation."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from sqlalchemy import select

from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.store.key_file import CREDENTIAL, VARIABLE, KeySource, SealingKeyError, format_keys, parse_keys
from deltaic.store.rotation import drop_old_keys, reseal_all, rotate
from deltaic.store.sealing import KeyRing, new_key, sealed_version
from deltaic.store.store import SqlStore
from deltaic.store.tables import SEALED

from .records import access_key

ONE, TWO = bytes(range(32)), bytes(range(32, 64))
ONE_TEXT = base64.b64encode(ONE).decode()
TWO_TEXT = base64.b64encode(TWO).decode()


def test_seal_and_open() -> None:
    ring = KeyRing({1: ONE})
    sealed = ring.seal("access_key", "AKIA", b"value")
    assert ring.open("access_key", "AKIA", sealed) == b"value"
    assert b"value" not in sealed
    assert ring.seal("access_key", "AKIA", b"value") != sealed


@pytest.mark.parametrize(("kind", "record_id"), [("login", "AKIA"), ("access_key", "AKIB"), ("access_keyA", "KIA")])
def test_another_record_does_not_open(kind: str, record_id: str) -> None:
    ring = KeyRing({1: ONE})
    with pytest.raises(Error) as refused:
        ring.open(kind, record_id, ring.seal("access_key", "AKIA", b"value"))
    assert refused.value.kind is ErrorKind.INTERNAL


def test_every_changed_byte_is_noticed() -> None:
    ring = KeyRing({1: ONE})
    sealed = ring.seal("login", "id", b"v")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(Error):
            ring.open("login", "id", changed)
    for size in range(len(sealed)):
        with pytest.raises(Error):
            ring.open("login", "id", sealed[:size])


def test_newest_key_seals_and_old_ones_open() -> None:
    old = KeyRing({1: ONE}).seal("login", "id", b"old")
    ring = KeyRing({1: ONE, 2: TWO})
    fresh = ring.seal("login", "id", b"new")
    assert (sealed_version(old), sealed_version(fresh)) == (1, 2)
    assert (ring.open("login", "id", old), ring.open("login", "id", fresh)) == (b"old", b"new")
    with pytest.raises(Error, match="key version 2"):
        KeyRing({1: ONE}).open("login", "id", fresh)


def test_unknown_version_reloads_the_keys() -> None:
    fresh = KeyRing({2: TWO}).seal("login", "id", b"new")
    ring = KeyRing({1: ONE}, reload=lambda: {1: ONE, 2: TWO})
    assert (ring.open("login", "id", fresh), ring.current) == (b"new", 2)


@pytest.mark.parametrize("keys", [{}, {0: ONE}, {1: b"short"}, {2**32: ONE}])
def test_bad_rings(keys: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(keys)


def test_key_text() -> None:
    assert parse_keys(format_keys({1: ONE, 7: TWO}), "here") == {1: ONE, 7: TWO}
    assert parse_keys(ONE_TEXT, "here") == {1: ONE}
    assert parse_keys(f"1:{ONE_TEXT} 2:{TWO_TEXT}", "here") == {1: ONE, 2: TWO}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# none\n",
        "1:!!!",
        "1:c2hvcnQ=",
        f"0:{ONE_TEXT}",
        f"1:{ONE_TEXT}\n1:{TWO_TEXT}",
        f"x:{ONE_TEXT}",
        f"-1:{ONE_TEXT}",
        f"99999999999:{ONE_TEXT}",
        f":{ONE_TEXT}",
    ],
)
def test_bad_key_text_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SealingKeyError) as refused:
        parse_keys(text, "the origin")
    assert "the origin" in str(refused.value)
    assert ONE_TEXT not in str(refused.value)


def test_file_is_made_once_and_private(tmp_path: Path) -> None:
    source = KeySource.in_folder(tmp_path / "state")
    keys = source.load(create=True)
    assert (list(keys), source.load(create=True) == keys, source.load() == keys) == ([1], True, True)
    assert (source.path.stat().st_mode & 0o777, source.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [entry.name for entry in source.path.parent.iterdir()] == ["sealing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_file_open_to_others_is_refused(key_source: KeySource, mode: int) -> None:
    key_source.load(create=True)
    key_source.path.chmod(mode)
    with pytest.raises(SealingKeyError, match="chmod 600"):
        key_source.load()


def test_missing_file_and_other_things_in_its_place(key_source: KeySource, tmp_path: Path) -> None:
    with pytest.raises(SealingKeyError, match="restore"):
        key_source.load()
    key_source.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SealingKeyError, match="cannot be read"):
        key_source.load(create=True)
    key_source.path.unlink()
    os.mkfifo(key_source.path, 0o600)
    with pytest.raises(SealingKeyError, match="regular file"):
        key_source.load()


def test_variable_wins_over_credential_and_credential_over_file(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_text(f"2:{TWO_TEXT}")
    path = tmp_path / "sealing.key"
    folder = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    both = KeySource(path, {**folder, VARIABLE: ONE_TEXT})
    credential = KeySource(path, folder)
    assert (both.load(), credential.load()) == ({1: ONE}, {2: TWO})
    assert [source.uses_file for source in (both, credential, KeySource(path, {}))] == [False, False, True]
    assert ONE_TEXT not in repr(both)


async def versions_in_use(store: SqlStore) -> set[int]:
    found: set[int] = set()
    async with store.database.begin() as connection:
        for table, _, _ in SEALED:
            rows = (await connection.execute(select(table.c.sealed))).scalars()
            found.update(sealed_version(sealed) for sealed in rows)
    return found


async def test_rotation(store: SqlStore, second_store: SqlStore) -> None:
    await store.access_keys.create(access_key())
    await store.logins.remember(Principal("user:1", "u", Secret("p")))
    paging = await store.secret("paging")
    assert await rotate(store) == 4
    assert await versions_in_use(store) == {2}
    assert store.key_source.load().keys() == {1, 2}
    # A node that was started before finds the new key by itself.
    assert await second_store.access_keys.get("AKIAONE") == access_key()
    assert await second_store.secret("paging") == paging
    assert await drop_old_keys(store) == 1
    assert store.key_source.load().keys() == {2}
    assert await store.logins.get("user:1") == Principal("user:1", "u", Secret("p"))
    assert await reseal_all(store) == 0


async def test_keys_from_the_environment_are_not_rotated_here(database_url: str, tmp_path: Path) -> None:
    store = SqlStore(database_url, KeySource(tmp_path / "sealing.key", {VARIABLE: ONE_TEXT}))
    await store.open()
    with pytest.raises(SealingKeyError, match="environment"):
        await rotate(store)
    await store.close()
    again = SqlStore(database_url, KeySource(tmp_path / "sealing.key", {VARIABLE: f"1:{ONE_TEXT} 2:{TWO_TEXT}"}))
    await again.open()
    assert await reseal_all(again) == 1
    assert await versions_in_use(again) == {2}
    await again.close()


async def test_lost_and_foreign_keys_are_noticed_at_start(store: SqlStore, database_url: str) -> None:
    store.key_source.path.unlink()
    without = SqlStore(database_url, store.key_source)
    with pytest.raises(SealingKeyError, match="restore the file"):
        await without.open()
    await without.close()
    assert not store.key_source.path.exists()
    store.key_source.save({1: new_key()})
    foreign = SqlStore(database_url, store.key_source)
    with pytest.raises(Error, match="does not fit"):
        await foreign.open()
    await foreign.close()
