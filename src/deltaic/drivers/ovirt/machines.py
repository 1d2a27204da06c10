"""Reading machines from the engine in a number of calls that does not depend on how many there are."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence

from deltaic.drivers.ovirt import search, wire
from deltaic.drivers.ovirt.batch import Batch
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.lookups import Lookups, Place
from deltaic.drivers.ovirt.vm_reader import VmReader
from deltaic.model.context import Context

#: The sub-collections that make up a machine's details.
FOLLOW = "nics,disk_attachments,reported_devices"

#: How many machines' clusters are remembered.
REMEMBERED = 100_000


class Machines:
    """The engine's `vms` collection."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups
        self._reader = VmReader()
        self._clusters: dict[str, str] = {}
        self._plain = Batch(functools.partial(self.of_ids, details=False))
        self._detailed = Batch(functools.partial(self.of_ids, details=True))

    async def everything(self, context: Context, place: Place, *, details: bool) -> list[wire.Vm]:
        """All machines of a data center, in one call."""
        return await self.searched(context, search.in_data_center(place.name), details=details)

    async def one(self, context: Context, vm_id: str, *, details: bool) -> wire.Vm | None:
        """The machine with this id wherever it is; many at the same time share their calls."""
        return await (self._detailed if details else self._plain).get(context, vm_id)

    async def of_ids(self, context: Context, ids: Sequence[str], *, details: bool) -> list[wire.Vm]:
        """The machines with these ids wherever they are: one call per 150 ids, side by side."""
        batches = search.by_ids(ids)
        found = await asyncio.gather(*(self.searched(context, text, details=details) for text in batches))
        return [vm for batch in found for vm in batch]

    async def searched(self, context: Context, text: str, *, details: bool) -> list[wire.Vm]:
        """The machines that a search finds."""
        query = {"search": text, "follow": FOLLOW if details else ""}
        found = self._reader.read((await self._client.read(context, "vms", wire.VmTexts, query=query)).vm)
        self._remember(found)
        return found

    async def is_home(self, context: Context, vm_id: str) -> bool:
        """Whether a machine is in the request's data center; machines seen before cost no call."""
        if vm_id not in self._clusters:
            await self.one(context, vm_id, details=False)
        cluster = self._clusters.get(vm_id)
        return cluster is not None and await self._lookups.contains(context, cluster)

    async def close(self) -> None:
        """Stop reading."""
        await self._plain.close()
        await self._detailed.close()

    def _remember(self, found: Sequence[wire.Vm]) -> None:
        """A machine may change its cluster but never its data center, so this does not grow stale."""
        if len(self._clusters) > REMEMBERED:
            self._clusters.clear()
        self._clusters.update((vm.id, vm.cluster.id) for vm in found)
