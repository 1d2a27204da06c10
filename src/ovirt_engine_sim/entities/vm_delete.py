"""Removing a VM: locked at once, gone a little later, with its disks unless they are kept."""

from __future__ import annotations

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.disk_images import drop_disk
from ovirt_engine_sim.entities.vm_create import drop_vm
from ovirt_engine_sim.entities.vm_states import cannot, check_status
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.permits import require

PROTECTED = ". Delete protection is enabled. In order to delete, disable Delete protection first."


def remove_vm(call: Call, vm: Entity) -> Entity:
    """Begin to remove the VM; returns the job."""
    engine = call.engine
    require(call, "delete_vm", vm)
    force = call.flag("force")
    if vm.data.get("delete_protected"):
        raise refused(cannot("delete", PROTECTED))
    if vm.inner.get("preview"):
        raise refused(cannot("delete", " when VM is during Snapshot Preview."))
    if vm.inner.get("deleting"):
        raise refused(cannot("delete", ". Related operation is currently in progress. Please try again later."))
    if not (force and vm.data.get("status") == "image_locked"):
        check_status(vm, "delete")
    disks = [] if call.flag("detach_only") else _own_disks(engine, vm)
    job = start_job(engine, call.correlation_id, f"Removing VM {vm.name}", call.user.id)
    vm.data["status"] = "image_locked"
    vm.inner["deleting"] = True
    engine.touch(vm)
    for identity in disks:
        disk = engine.get("disk", identity)
        if disk is not None:
            disk.data["status"] = "locked"
            engine.touch(disk)
    engine.after("delete", "vm_removed", vm=vm.id, disks=disks, job=job.id, correlation_id=call.correlation_id)
    return job


def _own_disks(engine: Engine, vm: Entity) -> list[str]:
    """Return the disks that go with the VM: neither shareable nor direct LUNs."""
    found = []
    for attachment in engine.children("disk_attachment", vm.id):
        disk = engine.get("disk", attachment.id)
        if disk is not None and not disk.data.get("shareable") and disk.data.get("storage_type") != "lun":
            found.append(disk.id)
    return found


@timer_command("vm_removed")
def _removed(engine: Engine, vm: str, disks: list[str], job: str, correlation_id: str) -> None:
    finish_job(engine, job)
    entity = engine.get("vm", vm)
    if entity is None:
        return
    for disk in disks:
        drop_disk(engine, disk)
    drop_vm(engine, entity)
    record(engine, 113, correlation_id, vm=entity)
