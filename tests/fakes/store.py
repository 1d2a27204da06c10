"""The store port in memory: complete, for tests of services, flows and frontends."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from deltaic.model.access_key import AccessKey, AccessKeyInfo
from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.model.tombstone import Tombstone
from deltaic.ports.store import IdempotencyRecord, TagEdit
from tests.fakes.records import FakeJobs, FakeRecords
from tests.fakes.samples import FakeSamples


class FakeAccessKeys:
    def __init__(self) -> None:
        self.rows: dict[str, AccessKey] = {}

    async def create(self, key: AccessKey) -> None:
        if key.id in self.rows:
            raise Error(ErrorKind.ALREADY_EXISTS, f"The access key '{key.id}' exists", resource="access_key")
        self.rows[key.id] = key

    async def get(self, key_id: str) -> AccessKey | None:
        return self.rows.get(key_id)

    async def list(self) -> Sequence[AccessKeyInfo]:
        rows = sorted(self.rows.values(), key=lambda key: key.created_at)
        return [
            AccessKeyInfo(key.id, key.user, key.provider, key.created_at, key.revoked_at, key.description)
            for key in rows
        ]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        key = self.rows.get(key_id)
        if key is not None and key.revoked_at is None:
            self.rows[key_id] = replace(key, revoked_at=at)
        return key is not None


class FakeLogins:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[Principal, datetime]] = {}

    async def remember(self, principal: Principal) -> None:
        self.rows[principal.id] = (principal, datetime.now(UTC))

    async def renew(self, principal: Principal) -> None:
        if principal.id in self.rows:
            self.rows[principal.id] = (principal, self.rows[principal.id][1])

    async def touch(self, principal_id: str) -> None:
        if principal_id in self.rows:
            self.rows[principal_id] = (self.rows[principal_id][0], datetime.now(UTC))

    async def get(self, principal_id: str) -> Principal | None:
        row = self.rows.get(principal_id)
        return row[0] if row else None

    async def forget_older(self, than: datetime) -> int:
        old = [key for key, (_, at) in self.rows.items() if at < than]
        for key in old:
            del self.rows[key]
        return len(old)


class FakeKeyPairs:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], KeyPair] = {}

    async def create(self, key_pair: KeyPair) -> None:
        if (key_pair.owner, key_pair.name) in self.rows:
            raise Error(ErrorKind.ALREADY_EXISTS, f"The key pair '{key_pair.name}' exists", resource="key_pair")
        self.rows[key_pair.owner, key_pair.name] = key_pair

    async def list(self, owner: str) -> Sequence[KeyPair]:
        return [self.rows[key] for key in sorted(self.rows) if key[0] == owner]

    async def delete(self, owner: str, name: str) -> KeyPair | None:
        return self.rows.pop((owner, name), None)

    async def edit_tags(self, owner: str, key_pair_id: str, edit: TagEdit) -> None:
        for key, row in self.rows.items():
            if key[0] == owner and row.id == key_pair_id:
                self.rows[key] = replace(row, tags=edit(row.tags))
                return
        raise not_found("key_pair", key_pair_id)


class FakeIdempotency:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], IdempotencyRecord] = {}

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord:
        return self.rows.setdefault((record.owner, record.token), record)

    async def finish(self, owner: str, token: str, result: bytes) -> None:
        self.rows[owner, token] = replace(self.rows[owner, token], result=result)

    async def release(self, record: IdempotencyRecord) -> None:
        if self.rows.get((record.owner, record.token)) == record:
            del self.rows[record.owner, record.token]

    async def forget_older(self, than: datetime) -> int:
        old = [key for key, row in self.rows.items() if row.created_at < than]
        for key in old:
            del self.rows[key]
        return len(old)


class FakeTombstones:
    def __init__(self) -> None:
        self.rows: dict[str, Tombstone] = {}

    async def put(self, tombstone: Tombstone) -> None:
        self.rows.setdefault(tombstone.instance.id, tombstone)

    async def list(self, data_center_id: str, since: datetime) -> Sequence[Tombstone]:
        return [
            row
            for row in self.rows.values()
            if row.deleted_at >= since and data_center_id in ("", row.instance.data_center_id)
        ]

    async def forget_older(self, than: datetime) -> int:
        old = [key for key, row in self.rows.items() if row.deleted_at < than]
        for key in old:
            del self.rows[key]
        return len(old)


class FakeResourceTags:
    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}

    async def get(self, resource_ids: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
        wanted = self.rows if resource_ids is None else [each for each in resource_ids if each in self.rows]
        return {each: dict(self.rows[each]) for each in wanted}

    async def edit(self, resource: str, resource_id: str, edit: TagEdit) -> dict[str, str]:
        tags = edit(self.rows.get(resource_id, {}))
        if tags:
            self.rows[resource_id] = dict(tags)
        else:
            self.rows.pop(resource_id, None)
        return tags


class FakeStore:
    """Nothing is sealed and nothing survives; otherwise as the port says."""

    def __init__(self) -> None:
        self.access_keys = FakeAccessKeys()
        self.logins = FakeLogins()
        self.key_pairs = FakeKeyPairs()
        self.idempotency = FakeIdempotency()
        self.tombstones = FakeTombstones()
        self.resource_tags = FakeResourceTags()
        self.records = FakeRecords()
        self.jobs = FakeJobs()
        self.samples = FakeSamples()

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def secret(self, purpose: str) -> bytes:
        """The same 32 bytes for the same purpose."""
        return hashlib.sha256(purpose.encode()).digest()
