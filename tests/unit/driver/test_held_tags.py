from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.driver.held_tags import holder
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret
from deltaic.model.volume import Volume, VolumeChanges, VolumeState

CALLER = Context(Principal("user:1", "me", Secret("pass")), Scope("cloud"), "req-1")


class SlowVolumes:
    """A read is answered when others had time to read, too."""

    def __init__(self) -> None:
        self.row = Volume("v-1", "data", VolumeState.AVAILABLE, 1)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> Sequence[Volume]:
        seen = self.row
        for _ in range(5):
            await asyncio.sleep(0)
        return [seen]

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        self.row = replace(self.row, tags=changes.tags or {})


class Cloud:
    name = "cloud"
    capability = Capability(volumes_update_with_tags=True)

    def __init__(self) -> None:
        self.volumes: Any = SlowVolumes()


async def test_edits_of_one_resource_at_the_same_time_lose_nothing() -> None:
    cloud = Cloud()

    async def add(key: str) -> None:
        held = holder(cast(Driver, cloud), "volume")
        assert held is not None

        def change(own: Mapping[str, str]) -> dict[str, str]:
            return {**own, key: "x"}

        await held(CALLER, "v-1", change)

    await asyncio.gather(*(add(key) for key in ("a", "b", "c")))
    assert cloud.volumes.row.tags == {"a": "x", "b": "x", "c": "x"}
