"""Key pairs and tags."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import Snapshot, SnapshotState
from tests.unit.services.conftest import World


async def test_a_created_rsa_key_has_the_fingerprint_of_its_private_half(world: World) -> None:
    pair, pem = await world.services.key_pairs.generate(world.context, "mine")
    private = serialization.load_pem_private_key(pem.reveal().encode(), None)
    assert pem.reveal().startswith("-----BEGIN RSA PRIVATE KEY-----")
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert pair.fingerprint.replace(":", "") == hashlib.sha1(der).hexdigest()
    line = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert pair.public_key == f"{line.decode()} mine"


async def test_imported_keys_in_every_form(world: World) -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    forms = {
        "line": public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH) + b" me@host",
        "pem": public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "der": base64.b64encode(der),
    }
    for name, text in forms.items():
        pair = await world.services.key_pairs.import_(world.context, name, text)
        assert pair.fingerprint.replace(":", "") == hashlib.md5(der).hexdigest()
        assert pair.key_type == "rsa"


async def test_an_ed25519_fingerprint_is_sha256(world: World) -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    pair = await world.services.key_pairs.import_(world.context, "e", line)
    blob = base64.b64decode(line.split()[1])
    assert (pair.key_type, pair.fingerprint) == ("ed25519", base64.b64encode(hashlib.sha256(blob).digest()).decode())


@pytest.mark.parametrize(
    "text", [b"", b"ssh-rsa", b"ssh-rsa AAAA", b"-----BEGIN PUBLIC KEY-----\nx", b"\xff" * 9, b"A"]
)
async def test_bad_keys_are_refused(world: World, text: bytes) -> None:
    with pytest.raises(Error) as caught:
        await world.services.key_pairs.import_(world.context, "bad", text)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "public_key")


async def test_names_are_unique_per_owner(world: World) -> None:
    await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    with pytest.raises(Error) as caught:
        await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert await world.services.key_pairs.delete(world.context, "mine") is not None
    assert await world.services.key_pairs.delete(world.context, "mine") is None


async def test_users_of_the_same_name_on_two_clouds_are_two(world: World) -> None:
    elsewhere = replace(world.context, scope=Scope("other"))
    pair, _ = await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    assert await world.services.key_pairs.list(elsewhere) == []
    assert await world.services.key_pairs.delete(elsewhere, "mine") is None
    with pytest.raises(Error) as caught:
        await world.services.tags.add(elsewhere, [("key_pair", pair.id)], {"a": "b"})
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_instance_tags_live_in_its_annotation(world: World) -> None:
    world.driver.instances.add(InstanceState.RUNNING, annotation=Annotation(tags={"a": "1"}, text="mine"))
    target = [("instance", "vm-1")]
    await world.services.tags.add(world.context, target, {"b": "2", "c": "3"})
    await world.services.tags.remove(world.context, target, {"a": None, "b": "9", "c": "3"})
    annotation = world.driver.instances.machines["vm-1"].annotation
    assert (annotation.tags, annotation.text) == ({"b": "2"}, "mine")
    await world.services.tags.remove(world.context, target, None)
    assert world.driver.instances.machines["vm-1"].annotation.tags == {}


async def test_volume_tags_live_in_the_store(world: World) -> None:
    await world.services.tags.add(world.context, [("volume", "v-1")], {"a": "1"})
    assert await world.services.tags.stored() == {"v-1": {"a": "1"}}


@pytest.mark.parametrize(
    ("tags", "kind", "field"),
    [
        ({"": "x"}, ErrorKind.INVALID, "tag_key"),
        ({"aws:x": "y"}, ErrorKind.INVALID, "tag_key"),
        ({"k" * 128: "y"}, ErrorKind.INVALID, "tag_key"),
        ({"k": "v" * 256}, ErrorKind.INVALID, "tag_value"),
        ({str(n): "" for n in range(51)}, ErrorKind.QUOTA, "tags"),
    ],
)
async def test_bad_tags_change_nothing(world: World, tags: dict[str, str], kind: ErrorKind, field: str) -> None:
    world.driver.instances.add(InstanceState.RUNNING)
    with pytest.raises(Error) as caught:
        await world.services.tags.add(world.context, [("instance", "vm-1")], tags)
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert world.driver.instances.changes == []


async def test_tags_of_a_locked_machine_show_at_once_and_reach_the_engine_later(world: World) -> None:
    machines = world.driver.instances
    machines.add(InstanceState.CREATING, "vm-1", annotation=Annotation(tags={"a": "1"}, launch="l:0"))
    machines.become("vm-1", InstanceState.CREATING, 6, InstanceState.STOPPED)
    await world.services.tags.add(world.context, [("instance", "vm-1")], {"b": "2"})
    await world.services.tags.add(world.context, [("instance", "vm-1")], {"c": "3"})
    [view] = await world.services.instances.list(world.context, ["vm-1"])
    assert view.instance.annotation.tags == {"a": "1", "b": "2", "c": "3"}
    assert machines.machines["vm-1"].annotation.tags == {"a": "1"}
    await world.operations.settle()
    assert machines.machines["vm-1"].annotation.tags == {"a": "1", "b": "2", "c": "3"}
    assert "vm-1" not in world.store.resource_tags.rows
    assert world.operations.started == [("tag", "tag:vm-1")]


async def test_removing_tags_of_a_locked_machine_is_refused_for_now(world: World) -> None:
    world.driver.instances.add(InstanceState.LOCKED, "vm-1", annotation=Annotation(tags={"a": "1"}))
    with pytest.raises(Error) as caught:
        await world.services.tags.remove(world.context, [("instance", "vm-1")], None)
    assert caught.value.kind is ErrorKind.BUSY


async def test_tags_of_a_snapshot_in_the_making_show_at_once_and_reach_the_cloud_later(world: World) -> None:
    world.driver.capability = replace(world.driver.capability, snapshots_update_with_tags=True)
    snapshots = world.driver.snapshots
    snapshots.rows = [Snapshot("snap-1", "s", SnapshotState.PENDING, tags={"a": "1"})]
    busy = Error(ErrorKind.BUSY, "It is being made")
    snapshots.faults.before["update"] = [busy] * 4
    for tags in ({"b": "2"}, {"c": "3"}):
        await world.services.tags.add(world.context, [("snapshot", "snap-1")], tags)
        assert snapshots.row("snap-1").tags == {"a": "1"}
    assert await world.services.tags.stored() == {"snap-1": {"b": "2", "c": "3"}}
    await world.operations.settle()
    assert snapshots.row("snap-1").tags == {"a": "1", "b": "2", "c": "3"}
    assert world.store.resource_tags.rows == {}
    assert world.operations.started == [("tag", "tag:snap-1")]


async def test_tags_of_an_image_in_the_making_show_at_once_and_reach_the_cloud_later(world: World) -> None:
    images, captures = world.driver.images, world.services.captures
    images.rows = [Image("image-1", "i", ImageState.AVAILABLE, annotation=Annotation(tags={"a": "1"}))]
    images.faults.before["images.annotate"] = [Error(ErrorKind.BUSY, "It is being made")] * 4
    for tags in ({"b": "2"}, {"c": "3"}):
        await world.services.tags.add(world.context, [("image", "image-1")], tags)
        assert images.rows[0].annotation.tags == {"a": "1"}
    wanted = {"a": "1", "b": "2", "c": "3"}
    assert (await captures.get(world.context, "image-1")).annotation.tags == wanted
    assert [one.annotation.tags for one in await captures.list(world.context)] == [wanted]
    await world.operations.settle()
    assert images.rows[0].annotation.tags == wanted
    assert world.store.resource_tags.rows == {}
    assert world.operations.started == [("tag", "tag:image-1")]


async def test_tags_removed_from_an_image_do_not_come_back(world: World) -> None:
    images = world.driver.images
    images.rows = [Image("image-1", "i", ImageState.AVAILABLE)]
    images.faults.before["images.annotate"] = [Error(ErrorKind.BUSY, "It is being made")]
    targets = [("image", "image-1")]
    await world.services.tags.add(world.context, targets, {"a": "1", "b": "2"})
    await world.services.tags.remove(world.context, targets, {"a": None})
    await world.operations.settle()
    assert images.rows[0].annotation.tags == {"b": "2"}
