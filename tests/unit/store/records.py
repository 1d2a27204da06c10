"""Records to store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from deltaic.model.access_key import AccessKey
from deltaic.model.key_pair import KeyPair
from deltaic.model.secret import Secret

NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def access_key(key_id: str = "AKIAONE", created_at: datetime = NOON) -> AccessKey:
    return AccessKey(
        id=key_id,
        secret_key=Secret("secret-of-the-key"),
        user="admin@internal",
        password=Secret("pässword-of-the-engine"),
        provider="default",
        created_at=created_at,
        description="made by a test",
        view="web;Default",
    )


def key_pair(name: str = "mine", owner: str = "admin@internal", key_id: str = "") -> KeyPair:
    return KeyPair(
        id=key_id or f"key-{name}",
        name=name,
        public_key="ssh-ed25519 AAAAC3Nz mine",
        fingerprint="SHA256:abc",
        key_type="ed25519",
        created_at=NOON,
        owner=owner,
        tags={"Name": "né"},
    )
