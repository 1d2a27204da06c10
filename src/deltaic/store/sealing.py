"""Sealing: AES-256-GCM under a ring of versioned keys.

A sealed value is one format byte, the key's version (4 bytes, big-endian), a nonce (12 bytes) and the
ciphertext with its tag. The record's kind and id are authenticated with it, so that a value copied into
another row does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deltaic.model.errors import Error, ErrorKind

KEY_SIZE = 32
_FORMAT = b"\x01"
_NONCE_SIZE = 12
_HEAD_SIZE = 5
MAX_VERSION = 2**32 - 1

Keys = Mapping[int, bytes]


class KeyRing:
    """Seals with the newest of its keys and opens with any of them.

    `reload` gives the keys anew when a value names a version that is not here: another process may have
    added one since.
    """

    def __init__(self, keys: Keys, reload: Callable[[], Keys] | None = None) -> None:
        self._reload = reload
        self._ciphers: dict[int, AESGCM] = {}
        self.current = 0
        self.use(keys)

    def use(self, keys: Keys) -> None:
        """Exchange the ring's keys; versions are positive, keys have 32 bytes."""
        if not keys or any(len(key) != KEY_SIZE or not 0 < version <= MAX_VERSION for version, key in keys.items()):
            raise ValueError("a key ring needs keys of 32 bytes under positive versions")
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self.current = max(keys)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions in the ring, oldest first."""
        return tuple(sorted(self._ciphers))

    def seal(self, kind: str, record_id: str, value: bytes) -> bytes:
        """Seal a value for one record."""
        head = _FORMAT + self.current.to_bytes(4)
        nonce = os.urandom(_NONCE_SIZE)
        cipher = self._ciphers[self.current]
        return head + nonce + cipher.encrypt(nonce, value, _associated(head, kind, record_id))

    def open(self, kind: str, record_id: str, sealed: bytes) -> bytes:
        """Open a value sealed for this record.

        Raises Error (INTERNAL) when its key is not in the ring, or when value, kind or id were changed.
        """
        head = sealed[:_HEAD_SIZE]
        nonce = sealed[_HEAD_SIZE : _HEAD_SIZE + _NONCE_SIZE]
        version = sealed_version(sealed)
        if version not in self._ciphers and self._reload is not None:
            self.use(self._reload())
        cipher = self._ciphers.get(version)
        if cipher is None:
            raise _unreadable(kind, record_id, f"it was sealed with key version {version}, which is not at hand")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_SIZE + _NONCE_SIZE :], _associated(head, kind, record_id))
        except (InvalidTag, ValueError):
            raise _unreadable(kind, record_id, "the sealing key does not fit, or the record was changed") from None


def sealed_version(sealed: bytes) -> int:
    """The version of the key that a value was sealed with; 0 for what is no sealed value."""
    return int.from_bytes(sealed[1:_HEAD_SIZE]) if sealed[:1] == _FORMAT else 0


def new_key() -> bytes:
    """A fresh random key."""
    return os.urandom(KEY_SIZE)


def _associated(head: bytes, kind: str, record_id: str) -> bytes:
    return head + kind.encode() + b"\0" + record_id.encode()


def _unreadable(kind: str, record_id: str, reason: str) -> Error:
    return Error(
        ErrorKind.INTERNAL,
        f"The gateway cannot open a sealed record: {reason}",
        context={"record": kind, "record_id": record_id},
    )
