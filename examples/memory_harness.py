"""A harness for the driver beside it: `deltaic conformance --harness memory_harness:MemoryHarness`."""

from __future__ import annotations

from collections.abc import Sequence

from memory_cloud import CAPABILITY, CENTER, IMAGE, PASSWORD, USER, MemoryDriver

from deltaic.conformance import Harness, Login, Site
from deltaic.driver import Driver, DriverConfig
from deltaic.model.instance import Instance
from deltaic.model.secret import Secret
from deltaic.settings import CloudTable


class MemoryFactory:
    """What a package names under `deltaic.drivers`; this one's drivers all share one dictionary."""

    name = "memory"
    aliases: tuple[str, ...] = ()
    title = "A dictionary"
    capability = CAPABILITY

    def __init__(self) -> None:
        self.machines: dict[str, Instance] = {}

    def create(self, config: DriverConfig) -> Driver:
        """A driver in front of the dictionary."""
        return MemoryDriver(config, self.machines)


class MemoryHarness(Harness):
    """Has a cloud of its own, which nobody else sees."""

    def __init__(self) -> None:
        self._factory = MemoryFactory()
        self.factory = self._factory

    async def open(self) -> Site:
        """There is nothing to make ready."""
        return Site(
            cloud=CloudTable(driver="memory", provider=f"http://memory.invalid;{CENTER.name}"),
            user=Login(USER, Secret(PASSWORD)),
            data_center=CENTER.name,
            image_id=IMAGE.id,
            pause=0.0,
            patience=5.0,
        )

    async def close(self) -> None:
        """There is nothing to take away."""

    async def leftovers(self, prefix: str) -> Sequence[str]:
        """The machines that are left, past the driver."""
        return [one.name for one in self._factory.machines.values() if one.name.startswith(prefix)]
