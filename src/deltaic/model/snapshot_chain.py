"""Which snapshot of a machine follows which: what a cloud that only knows dates can't tell.

Pure functions. A chain is out of date wherever somebody made or removed snapshots in the cloud's own console: readers
pass what is there now, oldest first, and what the chain does not know falls back to the dates.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.instance_snapshot import InstanceSnapshot


class SnapshotNote(Struct, frozen=True, omit_defaults=True):
    """What is known of one snapshot: the one before it (empty for a first one, None when only the dates tell), and
    what its owner calls it since it was made.
    """

    previous: str | None = None
    name: str | None = None
    description: str | None = None
    properties: dict[str, str] = {}


class SnapshotChain(Struct, frozen=True, omit_defaults=True):
    """The snapshots of one machine by id; `latest` was taken last, or is what the machine was brought back to."""

    latest: str = ""
    notes: dict[str, SnapshotNote] = {}


def added(chain: SnapshotChain, snapshot_id: str, previous: str, properties: dict[str, str]) -> SnapshotChain:
    """The chain with a new snapshot at its end; one that it has stays as it is."""
    if snapshot_id in chain.notes:
        return chain
    note = SnapshotNote(previous, properties=properties)
    return SnapshotChain(snapshot_id, {**chain.notes, snapshot_id: note})


def reverted(chain: SnapshotChain, snapshot_id: str, previous: str) -> SnapshotChain:
    """The chain after the machine was brought back: the next snapshot follows this one."""
    return SnapshotChain(snapshot_id, added(chain, snapshot_id, previous, {}).notes)


def removed(chain: SnapshotChain, snapshot_id: str) -> SnapshotChain:
    """The chain without a snapshot: those that followed it follow the one before it."""
    gone = chain.notes.get(snapshot_id)
    if gone is None:
        return chain
    notes = {
        key: replace(note, previous=gone.previous) if note.previous == snapshot_id else note
        for key, note in chain.notes.items()
        if key != snapshot_id
    }
    return SnapshotChain((gone.previous or "") if chain.latest == snapshot_id else chain.latest, notes)


def pruned(chain: SnapshotChain, snapshots: Sequence[InstanceSnapshot]) -> SnapshotChain:
    """The chain of those that are there."""
    there = {snapshot.id for snapshot in snapshots}
    for snapshot_id in sorted(set(chain.notes) - there):
        chain = removed(chain, snapshot_id)
    return chain


def previous_of(chain: SnapshotChain, snapshots: Sequence[InstanceSnapshot]) -> dict[str, str]:
    """Each snapshot with the one before it, empty for the first. `snapshots` are what is there, oldest first."""
    chain = pruned(chain, snapshots)
    there = {"", *(snapshot.id for snapshot in snapshots)}
    found: dict[str, str] = {}
    before = ""
    for snapshot in snapshots:
        known = chain.notes.get(snapshot.id, SnapshotNote()).previous
        found[snapshot.id] = known if known is not None and known in there else before
        before = snapshot.id
    return found


def latest_of(chain: SnapshotChain, snapshots: Sequence[InstanceSnapshot]) -> str:
    """The snapshot that the machine's present state follows; empty without any."""
    chain = pruned(chain, snapshots)
    order = [snapshot.id for snapshot in snapshots]
    if not order:
        return ""
    if chain.latest not in order:
        return order[-1]
    later = [each for each in order[order.index(chain.latest) + 1 :] if each not in chain.notes]
    return later[-1] if later else chain.latest
