"""The store as the rest of the gateway sees it: all tables over one database and one key ring."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import literal, select

from deltaic.model.access_key import AccessKey
from deltaic.ports.samples import Samples
from deltaic.ports.store import AccessKeys, Idempotency, Jobs, KeyPairs, Logins, Records, ResourceTags, Tombstones
from deltaic.store.access_keys import AccessKeyTable
from deltaic.store.cache import MAX_AGE, VersionedCache
from deltaic.store.database import Database
from deltaic.store.idempotency import IdempotencyTable
from deltaic.store.jobs import JobTable
from deltaic.store.key_file import KeySource
from deltaic.store.key_pairs import KeyPairTable
from deltaic.store.logins import LoginTable
from deltaic.store.migrate import migrate
from deltaic.store.records import RecordTable
from deltaic.store.resource_tags import ResourceTagTable
from deltaic.store.samples import SampleTable
from deltaic.store.sealing import KEY_SIZE, KeyRing, new_key
from deltaic.store.tables import SEALED, secrets
from deltaic.store.tombstones import TombstoneTable

SECRET_KIND = "secret"  # noqa: S105 - the kind of a record
_PROBE = "probe"


class SqlStore:
    """Implements `deltaic.ports.store.Store` on SQLite or PostgreSQL.

    `url` is an SQLAlchemy URL (`sqlite:///path`, `postgresql://...`); `key_source` says where the sealing
    keys are; `cache_age` is how long, in seconds, another node's change of an access key may go unnoticed.
    """

    def __init__(
        self,
        url: str,
        key_source: KeySource,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        cache_age: float = MAX_AGE,
    ) -> None:
        self.key_source = key_source
        self.database = Database(url)
        # Holds a key that nothing is sealed with until `open` brings the real ones.
        self.ring = KeyRing({1: new_key()}, reload=key_source.load)
        self._now = now
        self._secrets: dict[str, bytes] = {}
        cache: VersionedCache[AccessKey] = VersionedCache(self.database, "access_keys", cache_age, clock)
        self.access_keys: AccessKeys = AccessKeyTable(self.database, self.ring, cache)
        self.logins: Logins = LoginTable(self.database, self.ring, now, clock)
        self.key_pairs: KeyPairs = KeyPairTable(self.database)
        self.idempotency: Idempotency = IdempotencyTable(self.database)
        self.tombstones: Tombstones = TombstoneTable(self.database)
        self.resource_tags: ResourceTags = ResourceTagTable(self.database)
        self.records: Records = RecordTable(self.database, self.ring)
        self.jobs: Jobs = JobTable(self.database)
        self.samples: Samples = SampleTable(self.database)

    async def open(self) -> None:
        """Connect, bring the schema up to date, and find the sealing keys; safe to repeat.

        Raises SealingKeyError for keys that can't be used, Error (INTERNAL) for keys of another database.
        """
        self.database.connect()
        await migrate(self.database)
        self.ring.use(self.key_source.load(create=not await self._has_sealed_records()))
        # Fails at start, and not at the first request, when the keys are those of another database.
        await self.secret(_PROBE)

    async def close(self) -> None:
        """Give back connections."""
        await self.database.close()

    async def ping(self) -> None:
        """Raise `Error` unless the database answers."""
        async with self.database.begin() as connection:
            await connection.execute(select(literal(1)))

    async def secret(self, purpose: str) -> bytes:
        """A 32-byte secret kept for a purpose (`paging`, `session`), made on first use, the same on every node."""
        if purpose not in self._secrets:
            self._secrets[purpose] = await self._load_secret(purpose)
        return self._secrets[purpose]

    async def _load_secret(self, purpose: str) -> bytes:
        query = select(secrets.c.sealed).where(secrets.c.purpose == purpose)
        async with self.database.begin() as connection:
            sealed = (await connection.execute(query)).scalar()
            if sealed is None:
                fresh = self.ring.seal(SECRET_KIND, purpose, new_key())
                statement = self.database.insert(secrets).values(purpose=purpose, sealed=fresh, created_at=self._now())
                await connection.execute(statement.on_conflict_do_nothing())
                sealed = (await connection.execute(query)).scalar_one()
        value = self.ring.open(SECRET_KIND, purpose, sealed)
        if len(value) != KEY_SIZE:
            raise ValueError("a kept secret has the wrong size")
        return value

    async def _has_sealed_records(self) -> bool:
        async with self.database.begin() as connection:
            for table, _, _ in SEALED:
                if (await connection.execute(select(table.c.sealed).limit(1))).first() is not None:
                    return True
        return False
