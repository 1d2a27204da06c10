"""Two gateways change one disk or one machine, whose texts are read and written back as a whole."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from deltaic.driver import Locks
from deltaic.layers import wrap
from deltaic.model.instance import InstanceSpec
from deltaic.model.volume import VolumeChanges
from tests.unit.drivers.ovirt.conftest import DESKTOP, RUNNING_VM, SERVERS, STOPPED_VM, World
from tests.unit.drivers.ovirt.test_live_volumes import listed, made


async def test_a_new_name_does_not_make_a_volume_a_machines_own_disk_again(world: World) -> None:
    locks, context = Locks(), world.context()
    other = world.new_driver()
    gateways = [wrap(world.driver, locks.alone), wrap(other, locks.alone)]
    await other.login(context)
    disks = [await made(world, f"own{number}", instance_id=STOPPED_VM) for number in range(4)]
    await asyncio.gather(
        *(gateways[0].volumes.attach(context, disk.id, RUNNING_VM) for disk in disks),
        *(gateways[1].volumes.update(context, disk.id, VolumeChanges(name=f"new-{disk.name}")) for disk in disks),
    )
    seen = [await listed(world, disk.id) for disk in disks]
    await other.close()
    assert [(one.name, one.kept) for one in seen] == [(f"new-own{number}", True) for number in range(4)]


async def test_a_tag_is_not_lost_to_a_start_nor_are_networks_promised_again(world: World) -> None:
    locks, context = Locks(), world.context()
    other = world.new_driver()
    starting, tagging = wrap(world.driver, locks.alone), wrap(other, locks.alone)
    networks = {one.name: one.id for one in await other.networks.list(context)}
    chosen = (networks["bcn-guests"],)
    specs = [InstanceSpec(f"web-{number}", DESKTOP, SERVERS, network_ids=chosen) for number in range(3)]
    machines = [await world.launched(spec, start=False) for spec in specs]

    async def tag(machine_id: str) -> None:
        for number in range(4):
            key = f"k{number}"
            await tagging.instances.annotate(
                context, machine_id, lambda note, key=key: replace(note, tags={**note.tags, key: "x"})
            )

    await asyncio.gather(
        *(starting.instances.start(context, one.id) for one in machines), *(tag(one.id) for one in machines)
    )
    for one in machines:
        found = await other.instances.get(context, one.id)
        assert sorted(found.annotation.tags) == ["k0", "k1", "k2", "k3"]
        vm = world.engine.get("vm", one.id)
        assert vm is not None
        assert "networks" not in vm.data["comment"]
    await other.close()
