"""Compute's key pairs as it writes them. Source page: Compute API, "Keypairs"."""

from __future__ import annotations

from msgspec import Struct


class Entry(Struct, frozen=True):
    """One key pair; before microversion 2.2 all are SSH keys and say nothing of it."""

    name: str = ""
    public_key: str = ""
    type: str = "ssh"


class KeyPairAnswer(Struct, frozen=True):
    """One of them, as it is wrapped alone and in lists."""

    keypair: Entry = Entry()


class KeyPairs(Struct, frozen=True):
    """A page of `GET /os-keypairs`."""

    keypairs: tuple[KeyPairAnswer, ...] = ()
