"""Key pairs that the cloud keeps: it knows name and key, and the store the rest."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.model.secret import Secret
from tests.unit.services.conftest import World

ECDSA = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= ann"


ED25519 = b"AAAAC3NzaC1lZDI1NTE5AAAAIH+E7mYQ1rXyS0S5pG6mJb0jO3gSm5yq1f1z3nT0l5cK"


class Keys:
    """The cloud's side."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    async def list(self, context: Context) -> Sequence[KeyPair]:
        return [self._pair(name) for name in self.lines]

    async def create(self, context: Context, name: str, public_key: str) -> KeyPair:
        if name in self.lines:
            raise Error(ErrorKind.ALREADY_EXISTS, "taken")
        self.lines[name] = f"{public_key}\n"
        return self._pair(name)

    async def delete(self, context: Context, name: str) -> None:
        if self.lines.pop(name, None) is None:
            raise not_found("key_pair", name)

    def _pair(self, name: str) -> KeyPair:
        return KeyPair("", name, self.lines[name].strip(), "", "", None)


@pytest.fixture
def keys(world: World) -> Keys:
    world.driver.capability = Capability(key_pairs_list=True, key_pairs_create=True, key_pairs_delete=True)
    made = Keys()
    world.driver.key_pairs = made
    return made


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_what_was_made_is_listed_as_it_was_told(world: World, keys: Keys, kind: str) -> None:
    pairs = world.services.key_pairs
    made, private = await pairs.generate(world.context, "mine", kind, {"a": "b"})
    assert keys.lines["mine"].startswith("ssh-")
    assert private.reveal().startswith("-----BEGIN")
    assert await pairs.list(world.context) == [made]
    assert (made.key_type, made.tags, made.owner) == (kind, {"a": "b"}, "default/me@internal")
    assert await world.store.key_pairs.list(world.context.owner) == []


async def test_keys_from_elsewhere_have_a_fingerprint_and_a_stable_id(world: World, keys: Keys) -> None:
    pairs = world.services.key_pairs
    imported = await pairs.import_(world.context, "here", b"ssh-ed25519 " + ED25519)
    keys.lines["there"] = f"ssh-ed25519 {ED25519.decode()} somebody"
    keys.lines["strange"] = ECDSA
    here, strange, there = await pairs.list(world.context)
    assert here == imported
    assert (there.key_type, there.fingerprint, there.created_at) == ("ed25519", imported.fingerprint, None)
    digest = hashlib.sha256(b"\0\0\0\x13ecdsa-sha2-nistp256").digest()
    assert (strange.fingerprint, len(strange.id)) == (base64.b64encode(digest).decode(), 36)
    assert len({here.id, there.id, strange.id}) == 3
    assert [pair.id for pair in await pairs.list(world.context)] == [here.id, strange.id, there.id]


async def test_a_taken_name(world: World, keys: Keys) -> None:
    await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    with pytest.raises(Error) as caught:
        await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.ALREADY_EXISTS, "key_pair")


async def test_removal_by_name_and_id_and_again(world: World, keys: Keys) -> None:
    pairs = world.services.key_pairs
    one, _ = await pairs.generate(world.context, "one", "ed25519", {"a": "b"})
    two, _ = await pairs.generate(world.context, "two", "ed25519")
    assert await pairs.delete(world.context, name="one") == one
    assert await pairs.delete(world.context, key_pair_id=two.id) == two
    assert await pairs.delete(world.context, name="one") is None
    assert keys.lines == {}
    assert await world.store.resource_tags.get() == {}


async def test_tags_are_edited_and_not_inherited(world: World, keys: Keys) -> None:
    pairs, tags = world.services.key_pairs, world.services.tags
    made, _ = await pairs.generate(world.context, "mine", "ed25519")
    await tags.add(world.context, [("key_pair", made.id)], {"a": "1", "fingerprint": "x"})
    await tags.remove(world.context, [("key_pair", made.id)], {"a": None})
    assert await pairs.get(world.context, "mine") == replace(made, tags={"fingerprint": "x"})
    assert await tags.stored() == {}
    keys.lines["mine"] = f"ssh-ed25519 {ED25519.decode()}"
    again = await pairs.get(world.context, "mine")
    assert (again.tags, again.id == made.id) == ({}, False)
    with pytest.raises(Error) as caught:
        await tags.add(world.context, [("key_pair", made.id)], {"a": "1"})
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_the_same_person_by_another_way_has_the_same_keys(world: World, keys: Keys) -> None:
    made, _ = await world.services.key_pairs.generate(world.context, "mine", "ed25519", {"a": "b"})
    by_token = replace(world.context, principal=Principal("grant:1", "me@internal", Secret("t"), True))
    assert await world.services.key_pairs.list(by_token) == [made]
    somebody = replace(world.context, principal=Principal("user:2", "you@internal", Secret("p")))
    (other,) = await world.services.key_pairs.list(somebody)
    assert (other.tags, other.id == made.id) == ({}, False)
