"""The port of key pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.key_pair import KeyPair


class KeyPairs(Protocol):
    """Public SSH keys of the caller that the cloud keeps; each has a name of its own."""

    async def list(self, context: Context) -> Sequence[KeyPair]:
        """List the caller's key pairs by name; the fingerprint is left empty, the service reckons it."""

    async def create(self, context: Context, name: str, public_key: str) -> KeyPair:
        """Keep a public key (a line of OpenSSH); ALREADY_EXISTS for a taken name, INVALID naming the field."""

    async def delete(self, context: Context, name: str) -> None:
        """Forget a key pair; NOT_FOUND."""
