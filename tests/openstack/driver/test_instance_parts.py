"""What a machine gets at its creation: volumes, addresses, keys; and clouds of ten years ago."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from deltaic.drivers.openstack import microversions
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import DiskAttachment, InstanceState
from deltaic.model.nic import NicConfiguration
from deltaic.model.volume import VolumeSpec, VolumeWish
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.machines import machine, state

GIB = 1 << 30


async def volume_ids(desk: Desk) -> set[str]:
    return {one.id for one in await desk.told(lambda: list(desk.cloud.block_storage.volumes()))}


async def without(desk: Desk, *ids: str) -> set[str]:
    return await desk.until(lambda: volume_ids(desk), lambda left: not left & set(ids))


async def test_volumes_of_a_new_machine(desk: Desk) -> None:
    storage = desk.cloud.block_storage
    kept = await desk.told(lambda: storage.create_volume(name="kept", size=1))
    await desk.told(lambda: storage.wait_for_status(kept, "available", interval=0.3))
    own = VolumeWish(spec=VolumeSpec("own", GIB), own=True)
    async with machine(desk, "full", volumes=(VolumeWish(kept.id), own)) as made:
        assert made.state is InstanceState.RUNNING
        there = await desk.driver.instances.get(desk.context, made.id)
        assert there.image_id == desk.tenant.image_id
        disks = {disk.disk_id: disk for disk in there.disks}
        assert len(disks) == 2
        attached = await desk.told(lambda: list(desk.cloud.compute.volume_attachments(made.id)))
        assert {one.volume_id: (one.device, one.delete_on_termination) for one in attached} == {
            id_: (disk.device, id_ != kept.id) for id_, disk in disks.items()
        }
        (new,) = set(disks) - {kept.id}
    assert kept.id in await without(desk, new)
    await desk.told(lambda: storage.wait_for_status(storage.get_volume(kept.id), "available", interval=0.3))
    await desk.told(lambda: storage.delete_volume(kept.id))
    await without(desk, kept.id)


async def test_from_a_volume(desk: Desk) -> None:
    storage = desk.cloud.block_storage
    root = await desk.told(lambda: storage.create_volume(name="root", size=1, image_id=desk.tenant.image_id))
    await desk.told(lambda: storage.wait_for_status(root, "available", interval=0.3))
    async with machine(desk, "booted", volumes=(VolumeWish(root.id, boot=True, own=True),)) as made:
        (disk,) = (await desk.driver.instances.get(desk.context, made.id)).disks
        assert disk == DiskAttachment(root.id, boot=True, device=disk.device)
        assert made.image_id == ""
        attached = await desk.told(lambda: list(desk.cloud.compute.volume_attachments(made.id)))
        assert [(one.volume_id, one.device, one.delete_on_termination) for one in attached] == [
            (root.id, disk.device, True)
        ]
    await without(desk, root.id)


async def test_subnets_and_addresses(desk: Desk) -> None:
    network = await desk.told(lambda: desk.cloud.network.create_network(name="two"))
    subnets = [
        await desk.told(lambda cidr=cidr: desk.cloud.network.create_subnet(
            network_id=network.id, ip_version=4, cidr=cidr))
        for cidr in ("10.81.0.0/24", "10.82.0.0/24")
    ]  # fmt: skip
    try:
        for subnet in subnets:
            async with machine(desk, "put", network_ids=(network.id,), subnet_ids=(subnet.id,)) as made:
                assert [nic.subnet_ids for nic in made.nics] == [(subnet.id,)]
        line = NicConfiguration("10.82.0.77", 24, "10.82.0.1")
        async with machine(desk, "fixed", network_ids=(network.id,), nic_configurations=(line,)) as made:
            assert [nic.ipv4 for nic in made.nics] == [("10.82.0.77",)]
        wrong = NicConfiguration("10.82.0.77", 16)
        with pytest.raises(Error) as caught:
            async with machine(desk, "wrong", network_ids=(network.id,), nic_configurations=(wrong,)):
                pass
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "nic_configurations")
    finally:
        await desk.told(desk.cloud.network.delete_network, network)


async def test_public_addresses_are_told(desk: Desk) -> None:
    async with machine(desk, "public") as made:
        floating = await desk.told(
            lambda: desk.cloud.network.create_ip(
                floating_network_id=desk.tenant.public_network_id, port_id=made.nics[0].id
            )
        )
        (nic,) = (await desk.driver.instances.get(desk.context, made.id)).nics
        assert nic.public_ipv4 == (floating.floating_ip_address,)
        await desk.told(desk.cloud.network.delete_ip, floating)


async def test_key_pairs_of_the_clouds_own(desk: Desk) -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    pair = await desk.told(lambda: desk.cloud.compute.create_keypair(name="mine", public_key=f"{line} mine"))
    note = Annotation(key_name="mine", launch="keyed:0")
    try:
        async with machine(desk, "keyed", annotation=note, authorized_keys=(line,)) as made:
            assert (await desk.told(desk.cloud.compute.get_server, made.id)).key_name == "mine"
            assert made.annotation.key_name == "mine"
    finally:
        await desk.told(desk.cloud.compute.delete_keypair, pair)


async def test_user_data_is_byte_exact(desk: Desk) -> None:
    data = bytes(range(256))
    async with machine(desk, "told", user_data=data) as made:
        admin = desk.tenant.plane.administrator()
        there = await desk.told(admin.compute.get_server, made.id)
        assert base64.b64decode(there.user_data) == data
        with pytest.raises(Error) as caught:
            await desk.driver.instances.user_data(desk.context, made.id)
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "user_data")


async def test_with_the_oldest_microversion(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(microversions.KNOWN, "compute", (2, 1))
    note = Annotation(tags={"k": "v"}, launch="old:0")
    async with machine(desk, "old", annotation=note, host_name="old") as made:
        assert (made.instance_type_id, made.memory) == (desk.tenant.flavors["m1.tiny"], 64 << 20)
        assert made.annotation.tags == {"k": "v"}
        found: Any = await desk.driver.instances.find_launch(desk.context, "old:0")
        assert [one.id for one in found] == [made.id]
        assert "token" in await desk.driver.consoles.url(desk.context, made.id)
        await desk.driver.instances.stop(desk.context, made.id)
        await state(desk, made.id, InstanceState.STOPPED)
