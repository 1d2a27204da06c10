"""The schema: one table per kind of record. `migrations/` is what makes it; a test holds them equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware point in time; SQLite, which knows no zones, keeps it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Text(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL can't hold, and with valid Unicode."""

    impl = SqlText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if isinstance(value, str):
            if "\0" in value:
                raise ValueError("text with a NUL character cannot be stored")
            value.encode()
        return value


access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("view_name", Text, nullable=False, server_default=""),
)

logins = Table(
    "logins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("remembered_at", Moment, nullable=False, index=True),
)

key_pairs = Table(
    "key_pairs",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("key_type", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("tags", LargeBinary, nullable=False),
    UniqueConstraint("owner", "id", name="uq_key_pairs_owner_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
    Column("result", LargeBinary, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("instance_id", Text, primary_key=True),
    Column("data_center_id", Text, nullable=False),
    Column("deleted_at", Moment, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_tombstones_deleted_at", "deleted_at"),
)

resource_tags = Table(
    "resource_tags",
    metadata,
    Column("resource_id", Text, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("tags", LargeBinary, nullable=False),
)

#: `key` is the digest of owner, kind and id: what the sealed content is bound to.
records = Table(
    "records",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_records_owner_kind", "owner", "kind"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("parent", Text, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_jobs_owner_created_at", "owner", "created_at"),
    Index("ix_jobs_final_changed_at", "final", "changed_at"),
)

#: When each meter is looked at next.
meter_dates = Table(
    "meter_dates",
    metadata,
    Column("meter_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    Column("scheduled_at", Moment, nullable=False),
)

meter_samples = Table(
    "meter_samples",
    metadata,
    Column("meter_id", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("taken_at", Moment, nullable=False),
    Column("value", Double, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

#: Numbers that grow with every change of a cached table; caches compare them.
versions = Table(
    "versions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

#: Tables with sealed values: the kind that is authenticated with them, and the column with the record's id.
SEALED = (
    (access_keys, "access_key", "id"),
    (logins, "login", "id"),
    (secrets, "secret", "purpose"),
    (records, "record", "key"),
)
