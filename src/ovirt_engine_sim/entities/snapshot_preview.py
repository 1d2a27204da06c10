"""Looking at a snapshot before deciding: preview, then commit or undo."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import has, resolve
from ovirt_engine_sim.entities.snapshots import bring_back, check_idle, drop_later, restore_nics
from ovirt_engine_sim.entities.vm_states import cannot, check_status
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import finish_job, start_job
from ovirt_engine_sim.faults import incomplete, reference_not_found, refused
from ovirt_engine_sim.permits import require

IN_PREVIEW: Final = ". VM is previewing a Snapshot."
NOT_IN_PREVIEW: Final = ". VM is not previewing a Snapshot."


def in_preview(vm: Entity) -> bool:
    """Return whether the VM shows a snapshot that is not decided on."""
    return bool(vm.inner.get("preview"))


def preview(call: Call, vm: Entity, body: dict[str, Any]) -> Entity:
    """Show the VM as it was; returns the job."""
    require(call, "manipulate_vm_snapshots", vm)
    if not has(body, "snapshot.id"):
        raise incomplete("action", "snapshot.id", "previewSnapshot")
    snapshot = resolve(call.engine, "snapshot", body["snapshot"])
    if snapshot.parent != vm.id or snapshot.data["snapshot_type"] != "regular":
        raise reference_not_found(snapshot.id)
    check_status(vm, "restore")
    check_idle(call.engine, vm, "restore")
    if in_preview(vm):
        raise refused(cannot("restore", IN_PREVIEW))
    kept = {name: deepcopy(vm.data.get(name)) for name in snapshot.inner["vm"]}
    nics = [{"id": nic.id, "data": deepcopy(nic.data)} for nic in call.engine.children("nic", vm.id)]
    vm.inner["preview"] = {"snapshot": snapshot.id, "vm": kept, "nics": nics}
    snapshot.data["snapshot_status"] = "locked"
    bring_back(call.engine, vm, snapshot)
    return _lock(call, vm, snapshot, "in_preview", f"Preview VM {vm.name} snapshot")


def commit(call: Call, vm: Entity) -> Entity:
    """Stay with what is shown: later snapshots go; returns the job."""
    snapshot = _decided(call, vm)
    drop_later(call.engine, vm, snapshot)
    return _lock(call, vm, snapshot, "ok", f"Commit VM {vm.name} snapshot")


def undo(call: Call, vm: Entity) -> Entity:
    """Go back to what was before the preview; returns the job."""
    kept = deepcopy(vm.inner.get("preview") or {})
    snapshot = _decided(call, vm)
    vm.data.update(kept["vm"])
    restore_nics(call.engine, vm, kept["nics"])
    return _lock(call, vm, snapshot, "ok", f"Undo VM {vm.name} snapshot")


def _decided(call: Call, vm: Entity) -> Entity:
    require(call, "manipulate_vm_snapshots", vm)
    check_status(vm, "restore")
    if not in_preview(vm):
        raise refused(cannot("restore", NOT_IN_PREVIEW))
    snapshot = call.engine.get("snapshot", vm.inner.pop("preview")["snapshot"])
    if snapshot is None:
        raise reference_not_found("snapshot")
    return snapshot


def _lock(call: Call, vm: Entity, snapshot: Entity, status: str, description: str) -> Entity:
    engine = call.engine
    job = start_job(engine, call.correlation_id, description, call.user.id)
    vm.data["status"] = "image_locked"
    vm.inner["snapshotting"] = snapshot.id
    engine.touch(vm, snapshot)
    engine.after("snapshot_locked", "preview_changed", vm=vm.id, snapshot=snapshot.id, status=status, job=job.id)
    return job


@timer_command("preview_changed")
def _changed(engine: Engine, vm: str, snapshot: str, status: str, job: str) -> None:
    finish_job(engine, job)
    entity, owner = engine.get("snapshot", snapshot), engine.get("vm", vm)
    if entity is not None:
        entity.data["snapshot_status"] = status
        engine.touch(entity)
    if owner is not None and owner.inner.pop("snapshotting", "") and not owner.inner.get("deleting"):
        owner.data["status"] = "down"
        engine.touch(owner)
