"""Key pairs: public SSH keys under a name, injected into guests at their first start."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import uuid
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.model.secret import Secret
from deltaic.ports.store import Store
from deltaic.services.identity import now

_RSA_BITS = 2048
_NAME_LIMIT = 255
_KEY_LIMIT = 16 * 1024


class KeyPairService:
    """The verbs on key pairs; each user of a cloud has names of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, context: Context, names: Sequence[str] = (), ids: Sequence[str] = ()) -> Sequence[KeyPair]:
        """The caller's key pairs; NOT_FOUND names those asked for that do not exist."""
        pairs = await self._store.key_pairs.list(context.owner)
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
        pair = self._pair(context, name, private.public_key(), _created_fingerprint(private), tags)
        await self._store.key_pairs.create(pair)
        return pair, Secret(pem)

    async def import_(
        self, context: Context, name: str, public_key: bytes, tags: dict[str, str] | None = None
    ) -> KeyPair:
        """Keep a public key: an OpenSSH line, PEM, or base64 of either's DER."""
        _check_name(name)
        public = _read_public_key(public_key)
        pair = self._pair(context, name, public, _imported_fingerprint(public), tags)
        await self._store.key_pairs.create(pair)
        return pair

    async def delete(self, context: Context, name: str = "", key_pair_id: str = "") -> KeyPair | None:
        """Remove a key pair by name or id; None when there was none."""
        if key_pair_id:
            pairs = await self._store.key_pairs.list(context.owner)
            name = next((pair.name for pair in pairs if pair.id == key_pair_id), "")
        return await self._store.key_pairs.delete(context.owner, name) if name else None

    def _pair(
        self,
        context: Context,
        name: str,
        public: rsa.RSAPublicKey | ed25519.Ed25519PublicKey,
        fingerprint: str,
        tags: dict[str, str] | None,
    ) -> KeyPair:
        line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
        return KeyPair(
            id=str(uuid.uuid4()),
            name=name,
            public_key=f"{line} {name}",
            fingerprint=fingerprint,
            key_type="rsa" if isinstance(public, rsa.RSAPublicKey) else "ed25519",
            created_at=now(),
            owner=context.owner,
            tags=tags or {},
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= _NAME_LIMIT or not name.isascii() or not name.isprintable():
        raise invalid(
            "name", f"A key pair's name has 1 to {_NAME_LIMIT} printable ASCII characters", resource="key_pair"
        )


def _read_public_key(text: bytes) -> rsa.RSAPublicKey | ed25519.Ed25519PublicKey:
    """Read any public key form that AWS accepts; INVALID otherwise."""
    wrong = Error(
        ErrorKind.INVALID, "The public key is not in a form that is understood", resource="key_pair", field="public_key"
    )
    if len(text) > _KEY_LIMIT:
        raise wrong
    key: object
    try:
        if text.lstrip().startswith((b"ssh-", b"ecdsa-", b"sk-")):
            key = serialization.load_ssh_public_key(b" ".join(text.split()[:2]))
        elif b"-----BEGIN" in text:
            key = serialization.load_pem_public_key(text)
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise wrong from error
    if not isinstance(key, rsa.RSAPublicKey | ed25519.Ed25519PublicKey):
        raise wrong
    return key


def _colons(digest: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in digest)


def _ssh_fingerprint(public: ed25519.Ed25519PublicKey) -> str:
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode()


def _created_fingerprint(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """SHA-1 of the PKCS#8 DER for RSA, SHA-256 in base64 for ED25519 (EC2's CreateKeyPair page)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return _ssh_fingerprint(private.public_key())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _colons(hashlib.sha1(der, usedforsecurity=False).digest())


def _imported_fingerprint(public: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> str:
    """MD5 of the public DER for RSA, SHA-256 in base64 for ED25519 (EC2's ImportKeyPair page)."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        return _ssh_fingerprint(public)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _colons(hashlib.md5(der, usedforsecurity=False).digest())
