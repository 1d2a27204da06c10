"""Key pairs: public SSH keys under a name, injected into guests at their first start."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from deltaic.model.context import Context
from deltaic.model.errors import invalid, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.model.secret import Secret
from deltaic.ports.store import Store
from deltaic.services.cloud_key_pairs import CloudKeyPairs
from deltaic.services.identity import Clouds, now
from deltaic.services.public_keys import (
    PublicKey,
    created_fingerprint,
    imported_fingerprint,
    key_type_of,
    openssh_line,
    read_public_key,
)

_RSA_BITS = 2048
_NAME_LIMIT = 255


class KeyPairService:
    """The verbs on key pairs; each user of a cloud has names of their own. They are the cloud's where it keeps some."""

    def __init__(self, clouds: Clouds, store: Store) -> None:
        self._store = store
        self._cloud = CloudKeyPairs(clouds, store)

    async def list(self, context: Context, names: Sequence[str] = (), ids: Sequence[str] = ()) -> Sequence[KeyPair]:
        """The caller's key pairs; NOT_FOUND names those asked for that do not exist."""
        pairs = await self._all(context)
        missing = sorted(set(names) - {pair.name for pair in pairs}) or sorted(set(ids) - {pair.id for pair in pairs})
        if missing:
            raise not_found("key_pair", ", ".join(missing))
        if not names and not ids:
            return pairs
        return [pair for pair in pairs if pair.name in names or pair.id in ids]

    async def get(self, context: Context, name: str) -> KeyPair:
        """One key pair by name, or NOT_FOUND."""
        return (await self.list(context, names=[name]))[0]

    async def generate(
        self, context: Context, name: str, key_type: str = "rsa", tags: dict[str, str] | None = None
    ) -> tuple[KeyPair, Secret]:
        """Make a key pair (`rsa` or `ed25519`); return it with the private key's PEM, which is not kept."""
        _check_name(name)
        private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
        if key_type == "rsa":
            private = await asyncio.to_thread(rsa.generate_private_key, 65537, _RSA_BITS)
            form = serialization.PrivateFormat.TraditionalOpenSSL
        elif key_type == "ed25519":
            private = ed25519.Ed25519PrivateKey.generate()
            form = serialization.PrivateFormat.OpenSSH
        else:
            raise invalid("key_type", f"The key type '{key_type[:20]}' is not rsa or ed25519", resource="key_pair")
        pem = private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
        pair = self._pair(context, name, private.public_key(), created_fingerprint(private), tags)
        return await self._create(context, pair), Secret(pem)

    async def import_(
        self, context: Context, name: str, public_key: bytes, tags: dict[str, str] | None = None
    ) -> KeyPair:
        """Keep a public key: an OpenSSH line, PEM, or base64 of either's DER."""
        _check_name(name)
        public = read_public_key(public_key)
        pair = self._pair(context, name, public, imported_fingerprint(public), tags)
        return await self._create(context, pair)

    async def delete(self, context: Context, name: str = "", key_pair_id: str = "") -> KeyPair | None:
        """Remove a key pair by name or id; None when there was none."""
        if key_pair_id:
            name = next((pair.name for pair in await self._all(context) if pair.id == key_pair_id), "")
        if name and self._cloud.keeps(context):
            return await self._cloud.delete(context, name)
        return await self._store.key_pairs.delete(context.owner, name) if name else None

    async def _all(self, context: Context) -> Sequence[KeyPair]:
        if self._cloud.keeps(context):
            return await self._cloud.list(context)
        return await self._store.key_pairs.list(context.owner)

    async def _create(self, context: Context, pair: KeyPair) -> KeyPair:
        if self._cloud.keeps(context):
            return await self._cloud.create(context, pair)
        await self._store.key_pairs.create(pair)
        return pair

    def _pair(
        self, context: Context, name: str, public: PublicKey, fingerprint: str, tags: dict[str, str] | None
    ) -> KeyPair:
        return KeyPair(
            id=str(uuid.uuid4()),
            name=name,
            public_key=f"{openssh_line(public)} {name}",
            fingerprint=fingerprint,
            key_type=key_type_of(public),
            created_at=now(),
            owner=context.owner,
            tags=tags or {},
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= _NAME_LIMIT or not name.isascii() or not name.isprintable():
        raise invalid(
            "name", f"A key pair's name has 1 to {_NAME_LIMIT} printable ASCII characters", resource="key_pair"
        )
