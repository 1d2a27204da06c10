"""Edits of one thing at the same time, by one gateway and by two that share a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from msgspec.structs import replace

from deltaic.driver import Driver, Locks
from deltaic.driver.held_tags import holder
from deltaic.drivers import registry
from deltaic.layers import wrap
from deltaic.layers.base import NOUNS
from deltaic.model.address import AddressChanges
from deltaic.model.context import Context
from deltaic.model.image import ImageChanges
from deltaic.model.instance import InstanceChanges
from deltaic.model.network import NetworkChanges
from deltaic.model.nic import NicChanges
from deltaic.model.security_group import SecurityGroupChanges
from deltaic.model.snapshot import SnapshotChanges
from deltaic.model.volume import Volume, VolumeChanges, VolumeState
from deltaic.services.turns import Turns
from tests.fakes.store import FakeStore
from tests.unit.layers.worlds import ScriptedDriver, context

CHANGES: dict[str, Any] = {
    "addresses": AddressChanges,
    "images": ImageChanges,
    "instances": InstanceChanges,
    "interfaces": NicChanges,
    "networks": NetworkChanges,
    "security_groups": SecurityGroupChanges,
    "snapshots": SnapshotChanges,
    "volumes": VolumeChanges,
}


async def echo(verb: str) -> str:
    return verb


class Cloud(ScriptedDriver):
    """Writes the tags of its one volume as a whole; a read is answered when others had time to read, too."""

    def __init__(self) -> None:
        super().__init__(echo)
        self.volumes: Any = self
        self.row = Volume("v-1", "data", VolumeState.AVAILABLE, 1)
        #: Of the next read: that it has begun, and that it may end.
        self.delayed: list[tuple[asyncio.Event, asyncio.Event]] = []

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> Sequence[Volume]:
        seen = self.row
        if self.delayed:
            begun, ends = self.delayed.pop()
            begun.set()
            await ends.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        return [seen]

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        self.row = replace(self.row, tags=changes.tags or {})


async def add_tag(gateway: Driver, key: str) -> None:
    def change(own: Mapping[str, str]) -> dict[str, str]:
        return {**own, key: "x"}

    held = holder(gateway, "volume")
    assert held is not None
    await held(context(), "v-1", change)


async def test_what_a_driver_rewrites_waits_for_its_turn() -> None:
    turns: list[str] = []

    @asynccontextmanager
    async def alone(thing: str) -> AsyncIterator[None]:
        turns.append(thing)
        yield

    driver = ScriptedDriver(echo)
    driver.rewrites = {"volumes.attach": (), "instances.update": ("annotation", "delete_protected")}  # type: ignore[attr-defined]
    gateway = wrap(driver, alone)
    await gateway.volumes.detach(context(), "volume", "machine")
    await gateway.instances.update(context(), "machine", InstanceChanges(name="web", instance_type_id="large"))
    assert turns == []
    await gateway.volumes.attach(context(), "VOLUME", "machine")
    await gateway.instances.update(context(), "machine", InstanceChanges(delete_protected=False))
    assert turns == ["volume", "machine"]


async def test_within_a_process_turns_are_taken_without_a_store() -> None:
    inside = most = 0

    async def slow(verb: str) -> str:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        for _ in range(5):
            await asyncio.sleep(0)
        inside -= 1
        return verb

    driver = ScriptedDriver(slow)
    driver.rewrites = {"volumes.attach": ()}  # type: ignore[attr-defined]
    gateway = wrap(driver)
    await asyncio.gather(*(gateway.volumes.attach(context(), "volume", "machine") for _ in range(3)))
    assert most == 1
    await asyncio.gather(*(gateway.volumes.attach(context(), volume, "machine") for volume in ("one", "other")))
    assert most == 2


async def test_tags_that_two_gateways_add_are_all_kept() -> None:
    cloud, store = Cloud(), FakeStore()
    gateways = [wrap(cast(Driver, cloud), Turns(store).alone) for _ in range(2)]
    await asyncio.gather(*(add_tag(gateway, f"{place}{number}") for number in range(3)
                           for place, gateway in enumerate(gateways)))  # fmt: skip
    assert set(cloud.row.tags) == {"00", "01", "02", "10", "11", "12"}


async def test_an_edit_does_not_begin_with_what_was_read_before_anothers_turn() -> None:
    cloud, locks, begun, ends = Cloud(), Locks(), asyncio.Event(), asyncio.Event()
    one, other = (wrap(cast(Driver, cloud), locks.alone) for _ in range(2))
    cloud.delayed = [(begun, ends)]
    early = asyncio.create_task(one.volumes.list(context(), ids=["v-1"]))
    await begun.wait()
    await add_tag(other, "first")
    second = asyncio.create_task(add_tag(one, "second"))
    for _ in range(20):
        await asyncio.sleep(0)
    ends.set()
    await asyncio.gather(early, second)
    assert set(cloud.row.tags) == {"first", "second"}


@pytest.mark.parametrize("name", ["openstack", "ovirt"])
def test_rewrites_name_verbs_that_change_and_members_of_their_changes(name: str) -> None:
    module = __import__(f"deltaic.drivers.{name}.driver", fromlist=["REWRITES"])
    assert name in {factory.name for factory in registry.factories()}
    assert module.REWRITES
    for rewritten, members in module.REWRITES.items():
        noun, _, verb = rewritten.partition(".")
        assert verb in vars(NOUNS[noun])
        assert set(members) <= set(CHANGES[noun].__struct_fields__)
        assert not members or verb == "update"
