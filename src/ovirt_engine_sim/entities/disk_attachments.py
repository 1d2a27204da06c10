"""Disk attachments of VMs and templates; their ids are the disks' ids."""

from __future__ import annotations

from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, has
from ovirt_engine_sim.entities.disk_images import LOCKED, attachments_of, change_disk, create_disk
from ovirt_engine_sim.entities.vm_states import cannot, check_status
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import incomplete, reference_not_found, refused
from ovirt_engine_sim.permits import require

IN_SNAPSHOT = ". The disk is already configured in a snapshot. In order to detach it, remove the disk's snapshots."
_CHANGEABLE = ("bootable", "interface", "pass_discard", "read_only", "uses_scsi_reservation", "logical_name")


class DiskAttachments(Service):
    """Attachments of a VM: hot-plugged when it is up."""

    kind = "disk_attachment"
    path = "diskattachments"
    parent_kind = "vm"

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        engine = call.engine
        require(call, "configure_vm_storage", parent)
        # The model calls `bootable` mandatory too, yet clients that leave it out are served.
        for member in ("interface", "disk"):
            if body.get(member) is None:
                raise incomplete("disk_attachment", member)
        given = body["disk"]
        # Clients send a whole disk with the id of one that they made before: it is attached, not made again.
        known = engine.get("disk", str(given.get("id") or "")) is not None
        existing = has(given, "id") and (known or not has(given, "provisioned_size"))
        check_status(parent, "disk_attach" if existing else "disk_add")
        _check_boot(engine, parent, body)
        disk = (
            _existing(call, parent, str(given["id"])) if existing else create_disk(call, given, _alias(engine, parent))
        )
        data = {
            "active": bool(body.get("active", False)), "bootable": bool(body.get("bootable", False)),
            "interface": body["interface"], "pass_discard": bool(body.get("pass_discard", False)),
            "read_only": bool(body.get("read_only", False)),
            "uses_scsi_reservation": bool(body.get("uses_scsi_reservation", False)), "disk": {"id": disk.id},
            "vm": {"id": parent.id},
        }  # fmt: skip
        attachment = engine.put(Entity("disk_attachment", disk.id, data, {}, parent.id))
        engine.touch(parent)
        record(engine, 2016 if existing else 97, call.correlation_id, disk=disk, vm=parent, user=call.user)
        return self.created(attachment, tasks=not existing)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        assert parent is not None
        engine = call.engine
        require(call, "configure_vm_storage", parent)
        check_status(parent, "disk_attach")
        disk = engine.get("disk", entity.id)
        if body.get("disk") and disk is not None:
            change_disk(call, disk, body["disk"])
        if body.get("bootable") and not entity.data["bootable"]:
            _check_boot(engine, parent, body)
        active = body.get("active")
        if active is not None and active != entity.data["active"]:
            entity.data["active"] = active
            record(engine, 2000 if active else 2002, call.correlation_id, disk=disk or "", vm=parent, user=call.user)
        entity.data.update({name: body[name] for name in _CHANGEABLE if body.get(name) is not None})
        engine.touch(entity, parent)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        engine = call.engine
        require(call, "configure_vm_storage", parent)
        check_status(parent, "disk_detach")
        disk = engine.get("disk", entity.id)
        if disk is not None and disk.data.get("status") == "locked":
            raise refused(cannot("disk_detach", LOCKED))
        if in_snapshot(engine, parent.id, entity.id):
            raise refused(cannot("disk_detach", IN_SNAPSHOT))
        engine.drop(entity)
        engine.touch(parent)
        if disk is not None:
            record(engine, 2018, call.correlation_id, disk=disk, vm=parent, user=call.user)
            if not call.flag("detach_only", default=True):
                engine.drop(disk)
        return self.done(call, f"Detaching Disk from VM {parent.name}")


def in_snapshot(engine: Engine, vm: str, disk: str) -> bool:
    """Return whether a snapshot of the VM holds the disk."""
    return any(
        one["disk"] == disk
        for snapshot in engine.children("snapshot", vm)
        if snapshot.data["snapshot_type"] != "active"
        for one in snapshot.inner.get("disks", ())
    )


def _alias(engine: Engine, vm: Entity) -> str:
    taken = {
        str(disk.data.get("alias"))
        for one in engine.children("disk_attachment", vm.id)
        if (disk := engine.get("disk", one.id)) is not None
    }
    return next(name for number in range(1, len(taken) + 2) if (name := f"{vm.name}_Disk{number}") not in taken)


def _check_boot(engine: Engine, vm: Entity, body: dict[str, Any]) -> None:
    if body.get("bootable"):
        for one in engine.children("disk_attachment", vm.id):
            if one.data.get("bootable"):
                disk = engine.get("disk", one.id)
                alias = disk.data["alias"] if disk else one.id
                raise refused(cannot("disk_attach", f". Disk {alias} in VM {vm.name} is already marked as boot."))


def _existing(call: Call, vm: Entity, identity: str) -> Entity:
    engine = call.engine
    disk = engine.get("disk", identity)
    if disk is None:
        raise reference_not_found(identity[:100])
    require(call, "attach_disk", disk)
    if disk.data.get("status") == "locked":
        raise refused(cannot("disk_attach", LOCKED))
    users = attachments_of(engine, identity)
    if any(one.parent == vm.id for one in users) or (users and not disk.data.get("shareable")):
        raise refused(cannot("disk_attach", ". The disk is already attached to VM."))
    if not _same_center(engine, vm, disk):
        raise refused(cannot("disk_attach", ". The disk's storage domain is not in the VM's data center."))
    return disk


def _same_center(engine: Engine, vm: Entity, disk: Entity) -> bool:
    cluster = engine.get("cluster", vm.ref("cluster"))
    domains = [engine.get("storage_domain", one["id"]) for one in disk.data.get("storage_domains", ())]
    centers = {one.inner.get("data_center") for one in domains if one is not None}
    return not centers or cluster is None or cluster.ref("data_center") in centers


class TemplateDiskAttachments(Service):
    """Attachments of a template: to look at. Engines name the template a second time, as a VM."""

    kind = "disk_attachment"
    path = "diskattachments"
    parent_kind = "template"
    writable = False

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        return {"vm": {"id": entity.parent}}


SERVICES = (DiskAttachments(), TemplateDiskAttachments())
