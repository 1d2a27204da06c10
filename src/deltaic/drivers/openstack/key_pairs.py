"""Compute's key pairs: each user has their own, in all projects. Source page: Compute API, "Keypairs"."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.wire_compute import KeyPair as Entry
from deltaic.drivers.openstack.wire_compute import KeyPairAnswer, KeyPairs
from deltaic.model.context import Context
from deltaic.model.key_pair import KeyPair

#: From here on a key pair has a type, and may be a certificate instead of an SSH key.
_TYPES: Final = "2.2"

#: Of a line of OpenSSH -> ours.
_KINDS: Final = {"ssh-rsa": "rsa", "ssh-ed25519": "ed25519"}

# Inside the class `list` is a verb.
_Entries = list[KeyPair]


class OpenstackKeyPairs:
    """SSH keys of the caller; certificates are left alone."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(self, context: Context) -> _Entries:
        """List the caller's SSH keys by name; microversion 2.35 brings them in pages."""
        found = await self._client.pages(context, "compute", "os-keypairs", KeyPairs, lambda page: page.keypairs)
        own = [_key_pair(item.keypair) for item in found if item.keypair.type == "ssh"]
        return sorted(own, key=lambda pair: pair.name)

    async def create(self, context: Context, name: str, public_key: str) -> KeyPair:
        """Keep a public key. The cloud's alphabet of names is smaller than ours, and smaller still before 2.92."""
        body: dict[str, Any] = {"name": name, "public_key": public_key}
        if await self._client.supports(context, "compute", _TYPES):
            body["type"] = "ssh"
        subject = Subject("key_pair", name)
        answer = await self._client.create(
            context, "compute", "os-keypairs", {"keypair": body}, KeyPairAnswer, subject=subject
        )
        return _key_pair(answer.keypair)

    async def delete(self, context: Context, name: str) -> None:
        """Forget a key; servers keep the copy that they were made with."""
        await self._client.remove(context, "compute", f"os-keypairs/{segment(name)}", subject=Subject("key_pair", name))


def _key_pair(entry: Entry) -> KeyPair:
    kind = entry.public_key.partition(" ")[0]
    return KeyPair(
        id="",
        name=entry.name,
        public_key=entry.public_key.strip(),
        fingerprint="",
        key_type=_KINDS.get(kind, kind.removeprefix("ssh-").partition("-")[0]),
        created_at=None,
    )
