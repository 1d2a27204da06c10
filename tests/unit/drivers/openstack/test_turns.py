"""Two gateways change one server, whose metadata compute writes back as it read it a moment before."""

from __future__ import annotations

import asyncio
import contextlib

from msgspec.structs import replace

from deltaic.driver import Driver, Locks
from deltaic.drivers import registry
from deltaic.layers import wrap
from deltaic.model.instance import InstanceChanges
from tests.unit.drivers.openstack.cloud import Answer, Asked, Cloud, asks

WEB = "232aa3ca-c38b-45a9-85e6-2d3f22501456"
ITEMS = f"/compute/v2.1/servers/{WEB}/metadata"
PROTECTED = "deltaic:delete_protected"


class Compute:
    """Compute's metadata: a protection is written when a tag was, and looked at again, or after a while."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.reading = asyncio.Event()
        self.tagged = asyncio.Event()

    async def read(self, asked: Asked) -> Answer:
        if "team" in self.items:
            self.tagged.set()
        return Answer({"metadata": self.items})

    async def write(self, asked: Asked) -> Answer:
        read, new = dict(self.items), asked.json["metadata"]
        if PROTECTED in new:
            self.reading.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.tagged.wait(), 0.2)
        self.items = read | new
        return Answer({"metadata": self.items})


async def test_a_tag_is_not_lost_to_a_protection_from_another_gateway(cloud: Cloud) -> None:
    compute, locks = Compute(), Locks()
    cloud.answers |= {f"GET {ITEMS}": compute.read, f"POST {ITEMS}": compute.write}
    one, other = (wrap(registry.create("openstack", cloud.config()), locks.alone) for _ in range(2))

    async def tag(gateway: Driver) -> None:
        await compute.reading.wait()
        await gateway.instances.annotate(asks(), WEB, lambda note: replace(note, tags={"team": "blue"}))

    protection = one.instances.update(asks(), WEB, InstanceChanges(delete_protected=True))
    await asyncio.gather(protection, tag(other))
    await asyncio.gather(one.close(), other.close())
    assert compute.items == {"team": "blue", PROTECTED: "true"}


async def test_what_is_no_metadata_waits_for_nobody(cloud: Cloud) -> None:
    locks = Locks()
    cloud.answers[f"PUT /compute/v2.1/servers/{WEB}"] = Answer({"server": {"id": WEB}})
    gateway = wrap(registry.create("openstack", cloud.config()), locks.alone)
    async with locks.alone(WEB):
        await gateway.instances.update(asks(), WEB, InstanceChanges(name="new"))
    await gateway.close()
    assert [asked.json for asked in cloud.of("PUT")] == [{"server": {"name": "new"}}]
