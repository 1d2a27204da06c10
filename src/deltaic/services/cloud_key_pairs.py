"""Key pairs that the cloud keeps: it knows name and public key, the store what else clients are shown.

The cloud has no ids for them. Ours is reckoned from owner, name and key, so that it stays the same, and so that a
key which somebody removed and made anew elsewhere does not inherit the tags of the old one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.ports.store import Store, TagEdit
from deltaic.services.identity import Clouds
from deltaic.services.public_keys import imported_fingerprint, key_type_of, line_fingerprint, read_public_key

#: Under which key the store keeps what the cloud can't, before the id; there a tag's name begins with `tag:`.
KEYS: Final = "keys/"
_TAG: Final = "tag:"


class CloudKeyPairs:
    """The caller's key pairs in the cloud of the scope."""

    def __init__(self, clouds: Clouds, store: Store) -> None:
        self._clouds = clouds
        self._kept = store.resource_tags

    def keeps(self, context: Context) -> bool:
        """Whether the cloud keeps key pairs; else the store does."""
        return self._clouds.of(context).capability.key_pairs_list

    async def list(self, context: Context) -> Sequence[KeyPair]:
        """The caller's, by name."""
        told = await self._clouds.of(context).key_pairs.list(context)
        pairs = [_whole(context, pair) for pair in told]
        kept = await self._kept.get([KEYS + pair.id for pair in pairs]) if pairs else {}
        return sorted((_with(pair, kept.get(KEYS + pair.id, {})) for pair in pairs), key=lambda pair: pair.name)

    async def create(self, context: Context, pair: KeyPair) -> KeyPair:
        """Hand a public key to the cloud, and keep what it can't; ALREADY_EXISTS for a taken name."""
        try:
            told = await self._clouds.of(context).key_pairs.create(context, pair.name, pair.public_key)
        except Error as error:
            if error.kind is ErrorKind.ALREADY_EXISTS:
                raise Error(error.kind, f"The key pair '{pair.name}' exists", resource="key_pair") from None
            raise
        made = replace(pair, id=_whole(context, replace(told, public_key=pair.public_key)).id)
        await self._kept.edit("key_pair", KEYS + made.id, lambda _: _facts(made))
        return made

    async def delete(self, context: Context, name: str) -> KeyPair | None:
        """Remove one; None when there was none."""
        found = next((pair for pair in await self.list(context) if pair.name == name), None)
        if found is None:
            return None
        try:
            await self._clouds.of(context).key_pairs.delete(context, name)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
        await self._kept.edit("key_pair", KEYS + found.id, lambda _: {})
        return found

    async def edit_tags(self, context: Context, key_pair_id: str, edit: TagEdit) -> None:
        """Change the tags of one through `edit`; NOT_FOUND when unknown."""
        if all(pair.id != key_pair_id for pair in await self.list(context)):
            raise not_found("key_pair", key_pair_id)
        await self._kept.edit("key_pair", KEYS + key_pair_id, partial(_edited, edit))


def _whole(context: Context, pair: KeyPair) -> KeyPair:
    """A key pair as the cloud tells it, with what can be reckoned."""
    blob = " ".join(pair.public_key.split()[:2])
    mark = hashlib.sha256(f"key_pair\0{context.owner}\0{pair.name}\0{blob}".encode()).digest()
    found = replace(pair, id=str(uuid.UUID(bytes=mark[:16])), owner=context.owner)
    try:
        public = read_public_key(blob.encode())
    except Error:
        # Keys of kinds that this gateway makes none of: made elsewhere, and good for all that.
        return replace(found, fingerprint=pair.fingerprint or line_fingerprint(blob))
    return replace(found, fingerprint=imported_fingerprint(public), key_type=key_type_of(public))


def _facts(pair: KeyPair) -> dict[str, str]:
    tags = {_TAG + name: value for name, value in pair.tags.items()}
    at = pair.created_at.isoformat() if pair.created_at else ""
    return tags | {"fingerprint": pair.fingerprint, "created_at": at}


def _with(pair: KeyPair, facts: Mapping[str, str]) -> KeyPair:
    tags = {name.removeprefix(_TAG): value for name, value in facts.items() if name.startswith(_TAG)}
    at = datetime.fromisoformat(facts["created_at"]) if facts.get("created_at") else pair.created_at
    return replace(pair, tags=tags, created_at=at, fingerprint=facts.get("fingerprint") or pair.fingerprint)


def _edited(edit: TagEdit, facts: Mapping[str, str]) -> dict[str, str]:
    tags = {name.removeprefix(_TAG): value for name, value in facts.items() if name.startswith(_TAG)}
    rest = {name: value for name, value in facts.items() if not name.startswith(_TAG)}
    return rest | {_TAG + name: value for name, value in edit(tags).items()}
