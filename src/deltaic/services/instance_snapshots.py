"""Snapshots of machines: taking them, going back to them, and the order they follow each other in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState
from deltaic.model.snapshot_chain import SnapshotChain, SnapshotNote, latest_of, previous_of, removed
from deltaic.ports import snapshot_chains
from deltaic.ports.store import Store
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.tags import check_tags

#: States in which a machine has a memory that can be saved.
WITH_MEMORY = frozenset({InstanceState.RUNNING, InstanceState.PAUSED})

_CREATE, _DELETE, _RESTORE = "instance-snapshot-create", "instance-snapshot-delete", "instance-restore"


class SnapshotRequest(Struct, frozen=True):
    """What to take a snapshot of. Without a name it is called after its machine."""

    instance_id: str
    name: str = ""
    description: str = ""
    properties: dict[str, str] = {}


class SnapshotChanges(Struct, frozen=True):
    """What to change on a snapshot; None leaves a member as it is."""

    name: str | None = None
    description: str | None = None
    properties: dict[str, str] | None = None


class InstanceSnapshotView(Struct, frozen=True):
    """A snapshot as its owner calls it, with the one before it; `latest` is what the machine's state follows."""

    snapshot: InstanceSnapshot
    previous_id: str = ""
    latest: bool = False
    properties: Mapping[str, str] = {}


class InstanceSnapshotService:
    """The verbs on snapshots of machines."""

    def __init__(self, clouds: Clouds, store: Store, flows: FlowStarter) -> None:
        self._clouds = clouds
        self._records = store.records
        self._flows = flows

    async def list(self, context: Context, instance_id: str) -> Sequence[InstanceSnapshotView]:
        """The snapshots of one machine of the scope, whoever made them, oldest first; none of an unknown machine."""
        chain = await snapshot_chains.read(self._records, context.owner, instance_id)
        there, busy = await asyncio.gather(self._there(context, [instance_id]), self._busy())
        await self._heal(context, instance_id, chain, there)
        return _views(chain, there, busy)

    async def known(self, context: Context) -> Sequence[InstanceSnapshotView]:
        """The snapshots of those machines of the scope of which the caller has taken one, machine by machine."""
        chains = await snapshot_chains.read_all(self._records, context.owner)
        if not chains:
            return []
        there, busy = await asyncio.gather(self._there(context, sorted(chains)), self._busy())
        found: list[InstanceSnapshotView] = []
        bare: list[str] = []
        for instance_id, chain in chains.items():
            own = [snapshot for snapshot in there if snapshot.instance_id == instance_id]
            if own:
                await self._heal(context, instance_id, chain, own)
            else:
                bare.append(instance_id)
            found += _views(chain, own, busy)
        if bare:
            await self._forget(context, bare)
        return found

    async def all(self, context: Context) -> Mapping[str, Sequence[InstanceSnapshotView]]:
        """The snapshots of every machine of the scope by machine: costly, but one call."""
        chains = await snapshot_chains.read_all(self._records, context.owner)
        there, busy = await asyncio.gather(self._there(context, None), self._busy())
        machines: dict[str, list[InstanceSnapshot]] = {}
        for snapshot in there:
            machines.setdefault(snapshot.instance_id, []).append(snapshot)
        return {key: _views(chains.get(key, SnapshotChain()), own, busy) for key, own in machines.items()}

    async def get(self, context: Context, instance_id: str, snapshot_id: str) -> InstanceSnapshotView:
        """One snapshot; NOT_FOUND."""
        for view in await self.list(context, instance_id):
            if view.snapshot.id == snapshot_id:
                return view
        raise not_found("instance_snapshot", snapshot_id)

    async def latest(self, context: Context) -> Mapping[str, str]:
        """Machine -> the snapshot that its state follows, as far as the caller took them: no call of the cloud."""
        chains = await snapshot_chains.read_all(self._records, context.owner)
        return {instance_id: chain.latest for instance_id, chain in chains.items() if chain.latest}

    async def create(self, context: Context, request: SnapshotRequest) -> InstanceSnapshotView:
        """Take a snapshot, with the memory of a machine that runs where the cloud can; as soon as it is accepted."""
        check_tags(request.properties)
        driver = self._clouds.of(context)
        instance = await driver.instances.get(context, request.instance_id, details=False)
        able = driver.capability.instance_snapshots_create_with_memory
        spec = InstanceSnapshotSpec(
            instance_id=instance.id,
            name=request.name or f"Snapshot of {instance.name}",
            description=request.description,
            marker=secrets.token_hex(12),
            memory=able and instance.state in WITH_MEMORY,
        )
        flow_id = f"{_CREATE}:{spec.marker}"
        await self._flows.start(context, _CREATE, flow_id, {"spec": spec, "properties": request.properties})
        accepted = await self._flows.accepted(context, flow_id)
        made = msgspec.json.decode(accepted, type=InstanceSnapshot)
        for view in await self.list(context, instance.id):
            if view.snapshot.id == made.id:
                return view
        return InstanceSnapshotView(made, properties=request.properties)

    async def restore(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        """Bring a machine back; it is stopped for that, and runs again if it ran. BUSY while another one goes on."""
        wanted = f"{_RESTORE}:{instance_id}.{snapshot_id}:"
        under_way = [
            each for each in await self._flows.under_way(_RESTORE) if each.startswith(f"{_RESTORE}:{instance_id}.")
        ]
        if any(not each.startswith(wanted) for each in under_way):
            message = "The machine is being brought back to another snapshot"
            raise Error(ErrorKind.BUSY, message, resource="instance", resource_id=instance_id)
        await self.get(context, instance_id, snapshot_id)
        flow_id = next(iter(under_way), f"{wanted}{secrets.token_hex(6)}")
        await self._flows.start(context, _RESTORE, flow_id, {"instance_id": instance_id, "id": snapshot_id})
        await self._flows.accepted(context, flow_id)

    async def edit(self, context: Context, instance_id: str, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change what the caller calls a snapshot: the cloud keeps the name that it was given first."""
        check_tags(changes.properties or {})
        view = await self.get(context, instance_id, snapshot_id)
        given = {name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not None}

        def edit(chain: SnapshotChain) -> SnapshotChain:
            note = chain.notes.get(snapshot_id, SnapshotNote(view.previous_id))
            notes = {**chain.notes, snapshot_id: replace(note, **given)}
            latest = chain.latest or (snapshot_id if view.latest else "")
            return SnapshotChain(latest, notes)

        await self._change(context, instance_id, edit)

    async def delete(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        """Remove a snapshot, durably; it is no longer shown as soon as this returns."""
        view = await self.get(context, instance_id, snapshot_id)
        await self._flows.until_known(context, _CREATE, view.snapshot.marker)
        flow_id = f"{_DELETE}:{instance_id}.{snapshot_id}"
        await self._flows.start(context, _DELETE, flow_id, {"instance_id": instance_id, "id": snapshot_id})
        await self._flows.accepted(context, flow_id)

    async def _there(self, context: Context, instance_ids: Sequence[str] | None) -> Sequence[InstanceSnapshot]:
        found = await self._clouds.of(context).instance_snapshots.list(context, instance_ids)
        return [snapshot for snapshot in found if not snapshot.temporary]

    async def _busy(self) -> frozenset[str]:
        return await self._flows.under_way(_DELETE, _RESTORE)

    async def _forget(self, context: Context, instance_ids: Sequence[str]) -> None:
        """Drop what is known of machines that are gone; those of other data centers are not."""
        everywhere = replace(context, scope=replace(context.scope, data_center=""))
        found = await self._clouds.of(context).instances.list(everywhere, ids=instance_ids, details=False)
        for instance_id in sorted(set(instance_ids) - {instance.id for instance in found}):
            await self._records.delete(context.owner, snapshot_chains.KIND, instance_id)

    async def _heal(
        self, context: Context, instance_id: str, chain: SnapshotChain, there: Sequence[InstanceSnapshot]
    ) -> None:
        """Forget what somebody removed in the cloud's console; the chain was read before what is there."""
        gone = sorted(set(chain.notes) - {snapshot.id for snapshot in there})
        if not gone:
            return

        def edit(now: SnapshotChain) -> SnapshotChain:
            for snapshot_id in gone:
                now = removed(now, snapshot_id)
            return now

        await self._change(context, instance_id, edit)

    async def _change(self, context: Context, instance_id: str, edit: Callable[[SnapshotChain], SnapshotChain]) -> None:
        await snapshot_chains.change(self._records, context.owner, instance_id, edit, datetime.now(UTC))


def _views(chain: SnapshotChain, there: Sequence[InstanceSnapshot], busy: frozenset[str]) -> list[InstanceSnapshotView]:
    """The snapshots of one machine, without those that are being removed."""
    leaving = {flow_id.rpartition(".")[2] for flow_id in busy if flow_id.startswith(_DELETE)}
    restored = {flow_id.rpartition(":")[0].rpartition(".")[2] for flow_id in busy if flow_id.startswith(_RESTORE)}
    for snapshot_id in leaving:
        chain = removed(chain, snapshot_id)
    shown = [snapshot for snapshot in there if snapshot.id not in leaving]
    previous, latest = previous_of(chain, shown), latest_of(chain, shown)
    return [
        _view(_unlocked(snapshot) if snapshot.id in restored else snapshot, chain, previous[snapshot.id], latest)
        for snapshot in shown
    ]


def _view(snapshot: InstanceSnapshot, chain: SnapshotChain, previous_id: str, latest: str) -> InstanceSnapshotView:
    note = chain.notes.get(snapshot.id, SnapshotNote())
    called = replace(
        snapshot,
        name=snapshot.name if note.name is None else note.name,
        description=snapshot.description if note.description is None else note.description,
    )
    return InstanceSnapshotView(called, previous_id, snapshot.id == latest, note.properties)


def _unlocked(snapshot: InstanceSnapshot) -> InstanceSnapshot:
    """A snapshot is not made anew because its machine is brought back to it."""
    return replace(snapshot, state=InstanceSnapshotState.AVAILABLE)
