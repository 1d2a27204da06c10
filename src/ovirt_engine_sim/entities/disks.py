"""Disks: floating or attached, locked while storage works on them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.entities.base import Service, has, resolve
from ovirt_engine_sim.entities.disk_images import (
    LOCKED,
    attachments_of,
    change_disk,
    check_space,
    check_unplugged,
    copy_disk,
    create_disk,
    profile_of,
)
from ovirt_engine_sim.entities.quota_checks import check_storage
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import start_job
from ovirt_engine_sim.faults import incomplete, refused
from ovirt_engine_sim.permits import require


class Disks(Service):
    """The disks collection; a list shows no VM references, as the engine's does not."""

    kind = "disk"
    path = "disks"
    search = "disks"
    links = ("permissions", "statistics", "disksnapshots")
    actions = {"reduce": "settle", "copy": "copy", "sparsify": "settle", "refreshlun": "", "export": "", "move": "move",
               "convert": ""}  # fmt: skip

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        if not call.all_content:
            return {}
        vms = [one.parent for one in attachments_of(call.engine, entity.id) if "vm" in one.data]
        return {"vms": [{"id": vm} for vm in vms]} if vms else {}

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        domain = (body.get("storage_domains") or [{}])[0]
        target = resolve(call.engine, "storage_domain", domain) if domain else None
        require(call, "create_disk", *([target] if target else []))
        return self.created(create_disk(call, body), tasks=True)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, "edit_disk_properties", entity)
        self.check_id(entity, body)
        change_disk(call, entity, body)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        engine = call.engine
        require(call, "delete_disk", entity)
        if entity.data.get("status") == "locked":
            raise refused("Cannot remove Virtual Disk" + LOCKED)
        check_unplugged(engine, entity, "remove")
        job = start_job(engine, call.correlation_id, f"Removing Disk {entity.data['alias']}", call.user.id)
        entity.data["status"] = "locked"
        entity.inner["deleting"] = True
        engine.touch(entity)
        engine.after(
            "delete", "disk_removed", disk=entity.id, job=job.id, correlation_id=call.correlation_id, user=call.user.id
        )
        return Reply(200, action={"status": "complete", "job": {"id": job.id}})

    def _check_idle(self, call: Call, disk: Entity, verb: str) -> None:
        if disk.data.get("status") == "locked":
            raise refused(f"Cannot {verb} Virtual Disk{LOCKED}")
        check_unplugged(call.engine, disk, verb)

    def copy(self, call: Call, disk: Entity, body: dict[str, Any]) -> Reply:
        """Copy to a storage domain."""
        engine = call.engine
        require(call, "create_disk", disk)
        self._check_idle(call, disk, "copy")
        if not has(body, "storage_domain.id|storage_domain.name"):
            raise incomplete("action", "storageDomain.id|name", "copy")
        domain = resolve(engine, "storage_domain", body["storage_domain"])
        given = body.get("disk") or {}
        size = int(disk.data["provisioned_size"])
        check_storage(engine, disk.ref("quota"), domain.id, size, "Cannot copy Virtual Disk")
        made = copy_disk(
            engine, disk, name=str(given.get("name") or given.get("alias") or disk.data["alias"]), domain=domain
        )
        return self._lock(call, disk, made, f"Copying Disk {disk.data['alias']}")

    def move(self, call: Call, disk: Entity, body: dict[str, Any]) -> Reply:
        """Move to another storage domain."""
        require(call, "edit_disk_properties", disk)
        self._check_idle(call, disk, "move")
        if not has(body, "storage_domain.id|storage_domain.name"):
            raise incomplete("action", "storageDomain.id|name", "move")
        domain = resolve(call.engine, "storage_domain", body["storage_domain"])
        check_space(domain, int(disk.data["actual_size"]), "move")
        disk.data["storage_domains"] = [{"id": domain.id}]
        disk.data["disk_profile"] = profile_of(call.engine, domain.id)
        return self._lock(call, disk, disk, f"Moving Disk {disk.data['alias']}")

    def settle(self, call: Call, disk: Entity, body: dict[str, Any]) -> Reply:
        """Sparsify or reduce: the disk is locked for a while."""
        require(call, "edit_disk_properties", disk)
        self._check_idle(call, disk, "sparsify")
        return self._lock(call, disk, disk, f"Sparsifying Disk {disk.data['alias']}")

    def _lock(self, call: Call, source: Entity, target: Entity, description: str) -> Reply:
        engine = call.engine
        job = start_job(engine, call.correlation_id, description, call.user.id)
        for one in {source.id: source, target.id: target}.values():
            one.data["status"] = "locked"
            engine.touch(one)
            engine.after(
                "disk_locked", "disk_ready", disk=one.id, job=job.id, correlation_id=call.correlation_id, code=0
            )
        return Reply(
            202,
            action={"status": "pending", "async": True, "id": job.id, "job": {"id": job.id}, "disk": {"id": target.id}},
        )


class StorageDomainDisks(Disks):
    """The disks of a storage domain."""

    parent_kind = "storage_domain"
    search = ""

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        wanted = {"id": parent.id}
        return [disk for disk in call.engine.all("disk") if wanted in disk.data.get("storage_domains", ())]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return super().find(call, None, identity)


class DiskSnapshots(Service):
    """Volumes of a disk that snapshots hold."""

    kind = "disk_snapshot"
    path = "disksnapshots"
    parent_kind = "disk"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        found = []
        for snapshot in call.engine.all("snapshot"):
            for one in snapshot.inner.get("disks", ()):
                if one["disk"] == parent.id:
                    data = {**deepcopy(parent.data), "snapshot": {"id": snapshot.id}, "status": "ok"}
                    found.append(Entity("disk_snapshot", one["image"], data, {}, parent.id, volatile=True))
        return found


SERVICES = (Disks(), StorageDomainDisks(), DiskSnapshots())
