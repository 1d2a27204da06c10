"""The store's port: records that no engine can hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from deltaic.model.access_key import AccessKey, AccessKeyInfo
from deltaic.model.context import Principal
from deltaic.model.job import FlowLink, Job
from deltaic.model.key_pair import KeyPair
from deltaic.model.tombstone import Tombstone
from deltaic.ports.samples import Samples

#: How tags are changed: a pure function from the old to the new ones; it may be called more than once.
TagEdit = Callable[[Mapping[str, str]], dict[str, str]]


#: How the content of a record is changed: a pure function of the old bytes; it may be called more than once.
ContentEdit = Callable[[bytes], bytes]

#: How a job is changed: a pure function of the old one; it may be called more than once.
JobEdit = Callable[[Job], Job]

#: What one owner may keep of one kind: records, and bytes of all of them together.
MOST_RECORDS = 1000
MOST_RECORD_BYTES = 32 * 1024 * 1024


class AccessKeys(Protocol):
    """AWS-style credentials and the engine logins they stand for, sealed at rest."""

    async def create(self, key: AccessKey) -> None:
        """Seal and keep a key; ALREADY_EXISTS when its id is taken."""

    async def get(self, key_id: str) -> AccessKey | None:
        """Unseal a key, revoked ones too; None when unknown. Served from a cache that notices revocation."""

    async def list(self) -> Sequence[AccessKeyInfo]:
        """All keys without their secrets, by creation time."""

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Mark a key as revoked; False when unknown. Repeating keeps the first time."""


class Logins(Protocol):
    """Credentials of callers without an access key, sealed and kept only as long as a flow needs them."""

    async def remember(self, principal: Principal) -> None:
        """Keep a login under its id; repeating overwrites and counts nothing."""

    async def renew(self, principal: Principal) -> None:
        """Exchange the password of a login that is remembered, for work under way; nothing for an unknown one."""

    async def touch(self, principal_id: str) -> None:
        """Count a login as remembered now, whatever its password is; nothing for an unknown one."""

    async def get(self, principal_id: str) -> Principal | None:
        """Unseal a login."""

    async def forget_older(self, than: datetime) -> int:
        """Drop logins not remembered since; returns how many."""


class KeyPairs(Protocol):
    """Public SSH keys, per owner."""

    async def create(self, key_pair: KeyPair) -> None:
        """Keep a key pair; ALREADY_EXISTS when the owner has the name."""

    async def list(self, owner: str) -> Sequence[KeyPair]:
        """The owner's key pairs by name."""

    async def delete(self, owner: str, name: str) -> KeyPair | None:
        """Remove one; None when there was none."""

    async def edit_tags(self, owner: str, key_pair_id: str, edit: TagEdit) -> None:
        """Change the tags of one through `edit`; NOT_FOUND when unknown. Atomic: no edit of another is lost."""


class IdempotencyRecord(Struct, frozen=True):
    """What was asked under a caller's token, and what came of it (JSON bytes; empty while unfinished)."""

    owner: str
    token: str
    fingerprint: str
    created_at: datetime
    result: bytes = b""


class Idempotency(Protocol):
    """Client tokens, kept at least 24 hours."""

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Keep the record if (owner, token) is new; return the record that holds the token now. Atomic."""

    async def finish(self, owner: str, token: str, result: bytes) -> None:
        """Keep the result of a claimed token."""

    async def release(self, record: IdempotencyRecord) -> None:
        """Drop a claim whose request failed before anything was made, unless another one holds the token by now."""

    async def forget_older(self, than: datetime) -> int:
        """Drop records created before; returns how many."""


class Tombstones(Protocol):
    """Deleted instances that are still shown, per data center."""

    async def put(self, tombstone: Tombstone) -> None:
        """Keep a tombstone; the first one of an instance id stays."""

    async def list(self, data_center_id: str, since: datetime) -> Sequence[Tombstone]:
        """Tombstones of a data center (all when empty) set since then."""

    async def forget_older(self, than: datetime) -> int:
        """Drop old tombstones; returns how many."""


class ResourceTags(Protocol):
    """Tags of resources whose cloud object can't carry them (volumes, networks, interfaces ...)."""

    async def get(self, resource_ids: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
        """Tags by native resource id; of all resources when None."""

    async def edit(self, resource: str, resource_id: str, edit: TagEdit) -> dict[str, str]:
        """Change the tags of one resource (`resource` is its noun) through `edit`; the tags as they are then.

        Empty tags remove the row. Atomic: no edit of another is lost.
        """


class Record(Struct, frozen=True):
    """A document of a caller, such as a template, that no engine can hold. `content` is JSON and sealed at rest."""

    owner: str
    kind: str
    id: str
    content: bytes
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"Record(owner={self.owner!r}, kind={self.kind!r}, id={self.id!r})"


class Records(Protocol):
    """Documents per owner and kind."""

    async def create(self, record: Record) -> None:
        """Keep one; ALREADY_EXISTS when the owner has its kind and id, QUOTA when they have too many."""

    async def get(self, owner: str, kind: str, id: str) -> Record | None:
        """One of them; None when there is none."""

    async def list(self, owner: str, kind: str) -> Sequence[Record]:
        """The owner's records of a kind, by creation time and id."""

    async def edit(self, owner: str, kind: str, id: str, edit: ContentEdit, at: datetime) -> Record:
        """Change the content of one through `edit`; the record as it is then. NOT_FOUND when unknown, QUOTA.

        Atomic: no edit of another is lost.
        """

    async def delete(self, owner: str, kind: str, id: str) -> bool:
        """Remove one; False when there was none."""

    async def forget_older(self, kind: str, than: datetime) -> int:
        """Drop everybody's records of a kind that were made before; returns how many."""


class Jobs(Protocol):
    """What requests asked for and what came of it."""

    async def create(self, job: Job) -> None:
        """Keep a job; ALREADY_EXISTS when its id is taken."""

    async def get(self, owner: str, job_id: str) -> Job | None:
        """One of the owner's jobs; None when there is none."""

    async def list(self, owner: str) -> Sequence[Job]:
        """The owner's jobs by creation time and id."""

    async def parts(self, job_ids: Collection[str]) -> Sequence[Job]:
        """The jobs that are part of these, by creation time and id."""

    async def edit(self, owner: str, job_id: str, edit: JobEdit) -> Job:
        """Change one through `edit`; the job as it is then. NOT_FOUND when unknown. Atomic."""

    async def link(self, job_id: str, link: FlowLink) -> None:
        """Let a job be derived from a flow, too; repeating changes nothing, neither does an unknown job. Atomic."""

    async def delete(self, owner: str, job_id: str) -> bool:
        """Remove one; False when there was none."""

    async def unfinished(self, limit: int, after: str = "") -> Sequence[Job]:
        """Jobs of any owner that are not over, by id, from the one after `after` on."""

    async def forget_older(self, than: datetime) -> int:
        """Drop jobs that were over before; returns how many."""

    async def keep_newest(self, owner: str, most: int) -> int:
        """Drop an owner's oldest finished jobs beyond `most` jobs; returns how many."""


class Store(Protocol):
    """All records; `open` migrates the schema."""

    access_keys: AccessKeys
    logins: Logins
    key_pairs: KeyPairs
    idempotency: Idempotency
    tombstones: Tombstones
    resource_tags: ResourceTags
    records: Records
    jobs: Jobs
    samples: Samples

    async def open(self) -> None:
        """Connect and bring the schema up to date."""

    async def close(self) -> None:
        """Give back connections."""

    async def secret(self, purpose: str) -> bytes:
        """A 32-byte secret kept for a purpose (`paging`, `session`), made on first use, the same on every node."""
