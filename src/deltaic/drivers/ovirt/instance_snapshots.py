"""Snapshots of machines. Source pages: services/snapshots, services/snapshot.

The engine keeps nothing of a snapshot but its description, and that can't be changed: name, description and marker
go there, as text that people read in the engine's console and a mark that we read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from deltaic.drivers.ovirt import convert, ids, search
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.machines import Machines
from deltaic.drivers.ovirt.wire_storage import MachineSnapshot, SnapshotHosts
from deltaic.model.context import Context
from deltaic.model.errors import invalid, not_found
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState

STATES: dict[str, InstanceSnapshotState] = {
    "ok": InstanceSnapshotState.AVAILABLE,
    "in_preview": InstanceSnapshotState.AVAILABLE,
    "locked": InstanceSnapshotState.PENDING,
}

#: The snapshots that people and tools take. `active` is the machine itself, the others are the engine's own.
KIND = "regular"

#: Between what people read and the JSON of the mark.
MARK = " gw1:"
#: The engine takes longer descriptions for a mistake.
LONGEST = 4000


class Mark(Struct, frozen=True, omit_defaults=True):
    """What a snapshot's description says to the gateway."""

    name: str = ""
    text: str = ""
    marker: str = ""
    temporary: bool = False


class OvirtInstanceSnapshots:
    """The engine's own snapshots."""

    def __init__(self, client: Client, lookups: Lookups, machines: Machines) -> None:
        self._client = client
        self._lookups = lookups
        self._machines = machines

    async def list(self, context: Context, instance_ids: Sequence[str] | None) -> list[InstanceSnapshot]:
        """The snapshots of machines, oldest first: one call per 150 machines, side by side, or one for all."""
        place = await self._lookups.place(context)
        every = [search.in_data_center(place.name)]
        wanted = every if instance_ids is None else search.by_ids(ids.known(instance_ids))
        hosts = await asyncio.gather(*(self._searched(context, text) for text in wanted))
        homes = await self._lookups.homes(context, (vm.cluster.id for found in hosts for vm in found.vm))
        found = [
            (snapshot.date or 0, converted(snapshot, vm.id))
            for host in hosts
            for vm in host.vm
            if not place.id or homes.get(vm.cluster.id) == place.id
            for snapshot in vm.snapshots.snapshot
            if snapshot.snapshot_type in (KIND, "")
        ]
        return [snapshot for _, snapshot in sorted(found, key=lambda pair: (pair[0], pair[1].id))]

    async def get(self, context: Context, instance_id: str, snapshot_id: str) -> InstanceSnapshot:
        """One snapshot."""
        path, subject = await self._path(context, instance_id, snapshot_id)
        found = await self._client.read(context, path, MachineSnapshot, subject=subject)
        if found.snapshot_type not in (KIND, ""):
            raise not_found("instance_snapshot", snapshot_id)
        return converted(found, instance_id.lower())

    async def create(self, context: Context, spec: InstanceSnapshotSpec) -> InstanceSnapshot:
        """Take a snapshot; without saying so, the engine would save the memory, too."""
        instance_id = await self._machine(context, spec.instance_id)
        body = {"description": description_of(spec), "persist_memorystate": "true" if spec.memory else "false"}
        subject = Subject("instance", instance_id)
        made = await self._client.create(
            context, f"vms/{instance_id}/snapshots", body, MachineSnapshot, subject=subject
        )
        return converted(made, instance_id)

    async def restore(self, context: Context, instance_id: str, snapshot_id: str, *, memory: bool = False) -> None:
        """Bring a stopped machine back. The engine drops the snapshots that were taken later."""
        path, subject = await self._path(context, instance_id, snapshot_id)
        body = {"restore_memory": "true" if memory else "false"}
        await self._client.act(context, f"{path}/restore", body, subject=subject)

    async def delete(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        """Merge a snapshot away."""
        path, subject = await self._path(context, instance_id, snapshot_id)
        await self._client.remove(context, path, subject=subject)

    async def _searched(self, context: Context, text: str) -> SnapshotHosts:
        query = {"search": text, "follow": "snapshots"}
        return await self._client.read(context, "vms", SnapshotHosts, query=query)

    async def _path(self, context: Context, instance_id: str, snapshot_id: str) -> tuple[str, Subject]:
        instance_id = await self._machine(context, instance_id)
        snapshot_id = ids.checked("instance_snapshot", snapshot_id)
        return f"vms/{instance_id}/snapshots/{snapshot_id}", Subject("instance_snapshot", snapshot_id)

    async def _machine(self, context: Context, instance_id: str) -> str:
        """The id as the engine writes it; NOT_FOUND when the machine is in another data center."""
        instance_id = ids.checked("instance", instance_id)
        if context.scope.data_center and not await self._machines.is_home(context, instance_id):
            raise not_found("instance", instance_id)
        return instance_id


def converted(found: MachineSnapshot, instance_id: str) -> InstanceSnapshot:
    """A snapshot; the description of one that others made is its name."""
    text, mark = read_description(found.description)
    return InstanceSnapshot(
        id=found.id,
        instance_id=instance_id,
        name=mark.name or text,
        state=STATES.get(found.snapshot_status, InstanceSnapshotState.ERROR),
        description=mark.text,
        memory=found.persist_memorystate,
        created_at=convert.time_of(found.date),
        marker=mark.marker,
        temporary=mark.temporary,
    )


def description_of(spec: InstanceSnapshotSpec) -> str:
    """The description that carries a name, a description and a marker; INVALID when they are too long."""
    plain = "".join(c if _is_taken(c) else "?" for c in spec.name).replace(MARK, " ")
    mark = Mark(spec.name if plain != spec.name else "", spec.description, spec.marker, spec.temporary)
    text = plain + MARK + json.dumps(msgspec.to_builtins(mark), separators=(",", ":"))
    if len(text) > LONGEST:
        raise invalid("description", "The name and the description of the snapshot are too long", resource="instance")
    return text


def _is_taken(character: str) -> bool:
    """Whether the engine takes a character in a description: it refuses all but ASCII and letters."""
    return character.isalpha() or (character.isascii() and character.isprintable())


def read_description(description: str) -> tuple[str, Mark]:
    """What people read, and the mark; an empty mark for a description that is not ours."""
    text, found, rest = description.partition(MARK)
    if found:
        try:
            return text, msgspec.json.decode(rest, type=Mark)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass
    return description, Mark()
