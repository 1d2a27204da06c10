"""Snapshots of VMs: the active one always exists, others are made, restored and merged."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entities.vm_states import cannot, check_status
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.permits import require
from ovirt_engine_sim.representation.paths import without_hrefs

_LEFT_OUT = (
    "status",
    "host",
    "start_time",
    "stop_time",
    "fqdn",
    "guest_operating_system",
    "guest_time_zone",
    "payloads",
    "console",
    "rng_device",
    "soundcard_enabled",
    "tpm_enabled",
    "virtio_scsi",
    "comment",
)

_NOT_IN_SNAPSHOT = ("disk_profile", "qcow_version")


def add_active(engine: Engine, vm: Entity, date: int) -> None:
    """Add the snapshot that stands for the VM as it runs."""
    data = {
        "description": "Active VM", "date": date, "persist_memorystate": False, "snapshot_status": "ok",
        "snapshot_type": "active",
    }  # fmt: skip
    engine.put(Entity("snapshot", engine.new_id(), data, {}, vm.id))


class Snapshots(Service):
    """Snapshots of a VM."""

    kind = "snapshot"
    path = "snapshots"
    parent_kind = "vm"
    mandatory = ("description",)
    links = ("disks", "nics", "cdroms")
    actions = {"restore": "restore"}

    def links_of(self, entity: Entity) -> tuple[str, ...]:
        return () if entity.data.get("snapshot_type") == "active" else self.links

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        if "vm" not in entity.inner:
            return {}
        vm = call.engine.get("vm", entity.parent)
        stopped = vm.data.get("stop_time") if vm else None
        kept = {**entity.inner["vm"], "id": entity.parent, "status": "down", "stop_time": stopped}
        return {"vm": without_hrefs(kept)}

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        found = super().rows(call, parent)
        return sorted(found, key=lambda one: one.data["snapshot_type"] != "active")

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        engine = call.engine
        require(call, "manipulate_vm_snapshots", parent)
        self.check_mandatory(body)
        check_status(parent, "snapshot")
        check_idle(engine, parent, "snapshot")
        check_decided(parent, "snapshot")
        if len(str(body["description"])) > 4000:
            raise refused(cannot("snapshot", ". Description is too long."), status=400)
        snapshot = engine.put(_snapshot(engine, parent, body))
        job = start_job(
            engine,
            call.correlation_id,
            f"Creating VM Snapshot {body['description']} for VM {parent.name}",
            call.user.id,
        )
        record(engine, 45, call.correlation_id, snapshot=snapshot, vm=parent, user=call.user)
        if parent.data["status"] == "down":
            parent.data["status"] = "image_locked"
            parent.inner["snapshotting"] = snapshot.id
        engine.touch(parent)
        code = 69 if engine.faults.take_creation(call.method, call.path) else 68
        engine.after("snapshot_locked", "snapshot_ready", snapshot=snapshot.id, vm=parent.id, job=job.id,
                     correlation_id=call.correlation_id, code=code)  # fmt: skip
        return self.created(snapshot, tasks=True)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        engine = call.engine
        require(call, "manipulate_vm_snapshots", parent)
        if entity.data["snapshot_type"] == "active":
            raise refused("Cannot remove Snapshot. Removing the VM active Snapshot is not allowed.")
        check_status(parent, "snapshot")
        check_idle(engine, parent, "snapshot")
        check_decided(parent, "snapshot")
        entity.data["snapshot_status"] = "locked"
        engine.touch(entity)
        job = start_job(
            engine,
            call.correlation_id,
            f"Removing Snapshot {entity.data['description']} from VM {parent.name}",
            call.user.id,
        )
        record(engine, 342, call.correlation_id, snapshot=entity, vm=parent, user=call.user)
        engine.after("snapshot_locked", "snapshot_removed", snapshot=entity.id, vm=parent.id, job=job.id,
                     correlation_id=call.correlation_id)  # fmt: skip
        return Reply(200, action={"status": "complete", "job": {"id": job.id}})

    def restore(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Put the VM back to what it was."""
        engine = call.engine
        vm = engine.get("vm", entity.parent)
        assert vm is not None
        require(call, "manipulate_vm_snapshots", vm)
        if entity.data["snapshot_type"] == "active":
            raise refused("Cannot restore Snapshot. The active snapshot can not be restored.")
        check_status(vm, "restore")
        check_idle(engine, vm, "restore")
        check_decided(vm, "restore")
        job = start_job(engine, call.correlation_id, f"Restoring VM {vm.name}", call.user.id)
        vm.data["status"] = "image_locked"
        entity.data["snapshot_status"] = "locked"
        bring_back(engine, vm, entity)
        drop_later(engine, vm, entity)
        vm.inner["saved_memory"] = bool(body.get("restore_memory")) and entity.data["persist_memorystate"]
        engine.touch(vm, entity)
        record(engine, 595, call.correlation_id, vm=vm, user=call.user, snapshot=entity)
        engine.after("snapshot_locked", "snapshot_ready", snapshot=entity.id, vm=vm.id, job=job.id,
                     correlation_id=call.correlation_id, code=596)  # fmt: skip
        vm.inner["snapshotting"] = entity.id
        return Reply(200, action={"status": "complete", "job": {"id": job.id}, "snapshot": {"id": entity.id}})


def _snapshot(engine: Engine, vm: Entity, body: dict[str, Any]) -> Entity:
    chosen = [(one.get("disk") or {}).get("id") or one.get("id") for one in body.get("disk_attachments") or ()]
    kept = {name: deepcopy(value) for name, value in vm.data.items() if name not in _LEFT_OUT}
    disks = [
        {"disk": one.id, "image": engine.new_id(), "attachment": deepcopy(one.data), "sizes": _sizes(engine, one.id)}
        for one in engine.children("disk_attachment", vm.id)
        if not chosen or one.id in chosen
    ]
    nics = [{"id": nic.id, "data": deepcopy(nic.data)} for nic in engine.children("nic", vm.id)]
    running = vm.data["status"] not in ("down", "image_locked")
    data = {
        "description": str(body["description"]), "date": engine.now(),
        "persist_memorystate": bool(body.get("persist_memorystate", True)) and running,
        "snapshot_status": "locked", "snapshot_type": "regular", "vm": {"id": vm.id},
    }  # fmt: skip
    return Entity("snapshot", engine.new_id(), data, {"vm": kept, "disks": disks, "nics": nics}, vm.id)


def _sizes(engine: Engine, disk: str) -> dict[str, Any]:
    """What a disk's volume measures: a later one of it may be larger."""
    entity = engine.get("disk", disk)
    names = ("provisioned_size", "actual_size", "total_size")
    return {name: entity.data[name] for name in names if name in entity.data} if entity else {}


def check_idle(engine: Engine, vm: Entity, command: str) -> None:
    """Raise 409 while another snapshot of the VM is worked on or shown."""
    locked = [one for one in engine.children("snapshot", vm.id) if one.data["snapshot_status"] == "locked"]
    if locked:
        raise refused(
            cannot(
                command,
                ". The VM is performing an operation on a Snapshot. Please wait for the operation "
                "to finish, and try again.",
            )
        )


def check_decided(vm: Entity, command: str) -> None:
    """Raise 409 while the VM previews a snapshot."""
    if vm.inner.get("preview"):
        raise refused(cannot(command, ". VM is previewing a Snapshot."))


def _unlock(engine: Engine, vm: str, snapshot: str) -> Entity | None:
    entity = engine.get("vm", vm)
    if entity is not None and entity.inner.get("snapshotting") == snapshot:
        del entity.inner["snapshotting"]
        if entity.data["status"] == "image_locked" and not entity.inner.get("deleting"):
            entity.data["status"] = "down"
        engine.touch(entity)
    return entity


@timer_command("snapshot_ready")
def _ready(engine: Engine, snapshot: str, vm: str, job: str, correlation_id: str, code: int) -> None:
    failed = code == 69
    finish_job(engine, job, failed=failed)
    owner = _unlock(engine, vm, snapshot)
    entity = engine.get("snapshot", snapshot)
    if entity is None:
        return
    if failed:
        engine.drop(entity)
    else:
        entity.data["snapshot_status"] = "ok"
        engine.touch(entity)
    record(engine, code, correlation_id, snapshot=entity, vm=owner or "")


def bring_back(engine: Engine, vm: Entity, snapshot: Entity) -> None:
    """Give the VM the configuration, the NICs and the disks' volumes that the snapshot holds."""
    vm.data.update(deepcopy(snapshot.inner["vm"]))
    restore_nics(engine, vm, snapshot.inner["nics"])
    for one in snapshot.inner["disks"]:
        disk = engine.get("disk", one["disk"])
        if disk is not None:
            disk.data.update(one.get("sizes", {}), image_id=engine.new_id())
            engine.touch(disk)


def restore_nics(engine: Engine, vm: Entity, kept: list[dict[str, Any]]) -> None:
    """Replace the VM's NICs by those kept."""
    for nic in engine.children("nic", vm.id):
        engine.drop(nic)
    for one in kept:
        engine.put(Entity("nic", one["id"], deepcopy(one["data"]), {}, vm.id))


def drop_later(engine: Engine, vm: Entity, snapshot: Entity) -> None:
    """Drop the snapshots taken after this one: they are of a past that did not happen."""
    for other in engine.children("snapshot", vm.id):
        if other.data["snapshot_type"] == "regular" and other.data["date"] > snapshot.data["date"]:
            engine.drop(other)


@timer_command("snapshot_removed")
def _removed(engine: Engine, snapshot: str, vm: str, job: str, correlation_id: str) -> None:
    finish_job(engine, job)
    entity = engine.get("snapshot", snapshot)
    if entity is not None:
        engine.drop(entity)
        record(engine, 356, correlation_id, snapshot=entity, vm=engine.get("vm", vm) or "")


class SnapshotDisks(Service):
    """The disks a snapshot holds: shown with their ids, but without hrefs."""

    kind = "disk"
    path = "disks"
    parent_kind = "snapshot"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        found = []
        for one in parent.inner.get("disks", ()):
            disk = call.engine.get("disk", one["disk"])
            if disk is not None:
                kept = {name: value for name, value in disk.data.items() if name not in _NOT_IN_SNAPSHOT}
                data = without_hrefs({**kept, "snapshot": {"id": parent.id}, "image_id": one["image"]})
                found.append(Entity("disk", disk.id, data, {}, parent.id, volatile=True))
        return found

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def href(self, parent_href: str, entity: Entity) -> str:
        return ""


class SnapshotCdroms(Service):
    """CD-ROM drives a snapshot holds: none."""

    kind = "cdrom"
    path = "cdroms"
    parent_kind = "snapshot"
    writable = False


SERVICES = (Snapshots(), SnapshotDisks(), SnapshotCdroms())
