"""Kept details stay true, and lists stay cheap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deltaic.drivers.ovirt import details as details_module
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.instances import OvirtInstances
from deltaic.model.instance import Instance, InstanceState
from ovirt_engine_sim.inventory import Inventory, generate
from tests.unit.drivers.ovirt.conftest import RUNNING_VM, STOPPED_VM, World

OTHER_VMS = 300
CIMI_VM = "7434e6e3-a85d-4bfb-b952-b191288c2aa2"


@pytest.fixture
def inventory() -> Inventory:
    return generate(OTHER_VMS)


class Watch:
    """Steps the cache's clock, and tells how machines were read."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.now = 1000.0
        instances = world.driver.instances
        assert isinstance(instances, OvirtInstances)
        self.details = instances._details
        self.details._clock = self.tick
        self.reads: list[str] = []
        read = Client.read

        async def watched(client: Client, context: Any, path: str, type_: Any, **options: Any) -> Any:
            query = options.get("query") or {}
            if path == "vms":
                ids = query.get("search", "").count("id=")
                kind = f"{ids} ids" if ids else "all"
                self.reads.append(f"{kind} with details" if query.get("follow") else kind)
            return await read(client, context, path, type_, **options)

        monkeypatch.setattr(Client, "read", watched)

    def tick(self) -> float:
        self.now += 0.000001
        return self.now

    async def list(self) -> dict[str, Instance]:
        self.reads.clear()
        found = await self.world.driver.instances.list(self.world.context(""))
        return {one.id: one for one in found}


@pytest.fixture
def watch(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    return Watch(world, monkeypatch)


async def add_nic(world: World, vm_id: str) -> None:
    """Somebody else adds an interface: the driver is not asked."""
    client = world.driver._client  # type: ignore[attr-defined]
    profile = next(iter(world.engine.all("vnic_profile"))).id
    await client.act(world.context(""), f"vms/{vm_id}/nics", {"name": "nic9", "vnic_profile": {"id": profile}})


async def settled(watch: Watch) -> dict[str, Instance]:
    """After the first list and one more, which reads again who has no address."""
    await watch.list()
    assert watch.reads == ["all with details"]
    return await watch.list()


async def test_a_second_list_follows_nothing(watch: Watch) -> None:
    first = await watch.list()
    again = await watch.list()
    assert again == first
    assert len(first) == len(watch.world.engine.all("vm"))
    assert watch.reads[0] == "all"
    assert all("ids" in read for read in watch.reads[1:])
    assert len(watch.reads) <= 2


async def test_addresses_appear_after_the_boot(watch: Watch) -> None:
    assert (await settled(watch))[CIMI_VM].addresses == ()
    await watch.world.driver.instances.start(watch.world.context("Default"), CIMI_VM)
    assert (await watch.list())[CIMI_VM].state is InstanceState.STARTING
    watch.world.advance(2.2)
    booted = (await watch.list())[CIMI_VM]
    assert (booted.state, booted.addresses) == (InstanceState.RUNNING, ())
    watch.world.advance(10)
    assert len((await watch.list())[CIMI_VM].addresses) == 1
    await watch.world.driver.instances.stop(watch.world.context("Default"), CIMI_VM, force=True)
    watch.world.advance()
    assert (await watch.list())[CIMI_VM].addresses == ()


async def test_changes_by_others_show_at_once(watch: Watch) -> None:
    before = (await settled(watch))[RUNNING_VM]
    await add_nic(watch.world, RUNNING_VM)
    after = (await watch.list())[RUNNING_VM]
    assert ([nic.name for nic in before.nics], [nic.name for nic in after.nics]) == (["nic1"], ["nic1", "nic9"])
    assert watch.reads[0] == "all"
    assert len(watch.reads) == 2


async def test_what_nobody_logs_shows_with_age(watch: Watch) -> None:
    await settled(watch)
    assert watch.details._entries[RUNNING_VM].has_address
    watch.now += details_module.SOFT_SECONDS + 1
    await watch.list()
    assert watch.reads == ["all", f"{details_module.SLICE} ids with details"]


async def test_each_list_refreshes_the_oldest(watch: Watch) -> None:
    await settled(watch)
    watch.now += details_module.SOFT_SECONDS + 1
    for _ in range(len(watch.world.engine.all("vm")) // details_module.SLICE + 1):
        await watch.list()
    limit = watch.now - details_module.SOFT_SECONDS
    assert [vm_id for vm_id, entry in watch.details._entries.items() if entry.read_at < limit] == []


async def test_after_a_long_pause_everything_is_read(watch: Watch) -> None:
    await settled(watch)
    watch.now += details_module.HARD_SECONDS + 1
    await watch.list()
    assert watch.reads == ["all with details"]


async def test_many_changes_are_read_in_one_list(watch: Watch) -> None:
    await settled(watch)
    for vm in watch.world.engine.all("vm")[: details_module.SLICE + 1]:
        watch.details.forget(vm.id)
    await watch.list()
    assert watch.reads == ["all", "all with details"]


async def test_machines_that_are_gone_are_forgotten(watch: Watch) -> None:
    await settled(watch)
    await watch.world.driver.instances.delete(watch.world.context(), STOPPED_VM)
    watch.world.advance()
    assert STOPPED_VM not in await watch.list()
    for _ in range(3):
        watch.now += details_module.HARD_SECONDS + 1
        await watch.list()
    assert STOPPED_VM not in watch.details._entries


async def test_machines_that_are_gone_are_forgotten_by_those_who_list_all_the_time(watch: Watch) -> None:
    await settled(watch)
    await watch.world.driver.instances.delete(watch.world.context(""), STOPPED_VM)
    watch.world.advance()
    for _ in range(5):
        watch.now += details_module.HARD_SECONDS - 10.0
        for entry in watch.details._entries.values():
            entry.read_at = watch.now
        await watch.list()
        assert "all with details" not in watch.reads
    assert STOPPED_VM not in watch.details._entries
    assert STOPPED_VM not in watch.details._touched


async def test_users_with_their_own_view_are_not_served_from_it(watch: Watch) -> None:
    await settled(watch)
    watch.reads.clear()
    found = await watch.world.driver.instances.list(watch.world.context(view="USER"))
    assert watch.reads == ["all with details"]
    assert {one.host_id for one in found} == {""}


async def test_who_is_no_administrator_is_told_the_truth_all_the_same(watch: Watch) -> None:
    context = watch.world.context(user="user@internal")
    before = await watch.world.driver.instances.list(context)
    await add_nic(watch.world, RUNNING_VM)
    watch.reads.clear()
    after = await watch.world.driver.instances.list(context)
    assert watch.reads == ["all with details"]
    assert [len(one.nics) for one in (*before, *after) if one.id == RUNNING_VM] == [1, 2]
