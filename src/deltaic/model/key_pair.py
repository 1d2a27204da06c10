"""The key pair: a public SSH key under a name."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class KeyPair(Struct, frozen=True):
    """A public key; the private half is shown once and never kept.

    `public_key` is the OpenSSH line. `fingerprint` is the form its protocol compares (AWS: SHA-1 of the
    PKCS#8 DER for created RSA keys, MD5 of the public DER for imported ones, SHA-256 for ED25519).
    """

    id: str
    name: str
    public_key: str
    fingerprint: str
    key_type: str
    created_at: datetime | None
    owner: str = ""
    tags: dict[str, str] = {}
