"""Disks: floating or attached, locked while storage works on them."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import Service, has, resolve
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import incomplete, refused
from ovirt_engine_sim.permits import require

_BLOCK: Final = frozenset({"iscsi", "fcp"})
_KEPT: Final = frozenset(
    {
        "backup", "content_type", "description", "format", "propagate_errors", "provisioned_size", "shareable", "sparse",
        "wipe_after_delete", "qcow_version", "quota", "disk_profile", "initial_size",
    }
)  # fmt: skip
_ALIAS: Final = re.compile(r"[\w.-]+")
LOCKED: Final = ": Disk is locked. Please try again later."


def disk_document(alias: str, size: int, domain: str, **changes: Any) -> dict[str, Any]:
    """Return the members of a disk of `size` bytes on the storage domain with id `domain`."""
    sparse = changes.get("sparse", True)
    actual = min(size, 200 << 20) if sparse else size
    data = {
        "name": alias, "description": "", "actual_size": actual, "alias": alias, "backup": "none", "content_type": "data",
        "format": "cow", "propagate_errors": False, "provisioned_size": size, "shareable": False, "sparse": True,
        "status": "ok", "storage_type": "image", "total_size": actual, "wipe_after_delete": False,
        "storage_domains": [{"id": domain}] if domain else [], **changes,
    }  # fmt: skip
    if data["format"] == "cow":
        data.setdefault("qcow_version", "qcow2_v3")
    data.setdefault("image_id", Engine.new_id())
    return data


def copy_disk(
    engine: Engine, disk: Entity, *, name: str, domain: Entity | None = None, changes: dict[str, Any] | None = None,
    thin: bool = False,
) -> Entity:  # fmt: skip
    """Add a locked copy of a disk; thin copies are cow overlays."""
    data = deepcopy(disk.data)
    data.update(name=name, alias=name, status="locked", image_id=engine.new_id(), **(changes or {}))
    if thin:
        data.update(format="cow", sparse=True, actual_size=197632, total_size=197632, qcow_version="qcow2_v3")
    if domain is not None:
        check_space(domain, int(data["actual_size"]), "copy")
        data["storage_domains"] = [{"id": domain.id}]
        data["disk_profile"] = profile_of(engine, domain.id)
    return engine.put(Entity("disk", engine.new_id(), data))


def profile_of(engine: Engine, domain: str) -> dict[str, str]:
    """Return a reference to the storage domain's disk profile."""
    found = next((one for one in engine.all("disk_profile") if one.ref("storage_domain") == domain), None)
    return {"id": found.id} if found else {}


def drop_disk(engine: Engine, identity: str) -> None:
    """Remove a disk and its attachments; an unknown one is fine."""
    disk = engine.get("disk", identity)
    if disk is None:
        return
    for attachment in attachments_of(engine, identity):
        engine.drop(attachment)
        owner = engine.get("vm", attachment.parent)
        if owner is not None:
            engine.touch(owner)
    engine.drop(disk)


def attachments_of(engine: Engine, disk: str) -> list[Entity]:
    """Return the attachments of a disk to VMs and templates."""
    return [one for one in engine.all("disk_attachment") if one.id == disk]


def running_users(engine: Engine, disk: str) -> list[str]:
    """Return the names of VMs that are not down and have the disk plugged."""
    names = []
    for one in attachments_of(engine, disk):
        vm = engine.get("vm", one.parent)
        if vm is not None and one.data.get("active") and vm.data.get("status") not in ("down", "image_illegal", None):
            names.append(vm.name)
    return names


def check_space(domain: Entity, size: int, verb: str) -> None:
    """Raise 409 when the storage domain is too small."""
    if int(domain.data.get("available", 0)) < size:
        raise refused(f"Cannot {verb} Virtual Disk. Low disk space on Storage Domain {domain.name}.")


def create_disk(call: Call, body: dict[str, Any], alias: str = "") -> Entity:
    """Make a locked disk from a body; it turns ok after its time."""
    engine = call.engine
    for member in ("provisioned_size", "format"):
        if not has(body, member):
            raise incomplete("disk", member)
    if not has(body, "storage_domains"):
        raise incomplete("disk", "storageDomains.storageDomain[0].id|name")
    domain = resolve(engine, "storage_domain", body["storage_domains"][0])
    name = str(body.get("alias") or body.get("name") or alias or f"disk-{engine.now()}")
    _check_disk(engine, body, name, domain)
    identity = str(body.get("id") or engine.new_id())
    if engine.get("disk", identity) is not None:
        raise refused(f"Cannot add Virtual Disk. Disk with ID {identity} already exists.")
    given = {member: value for member, value in body.items() if member in _KEPT}
    given["sparse"] = bool(body.get("sparse", body["format"] == "cow"))
    data = disk_document(name, body["provisioned_size"], domain.id, **given)
    data["status"] = "locked"
    data.setdefault("disk_profile", profile_of(engine, domain.id))
    disk = engine.put(Entity("disk", identity, data))
    job = start_job(engine, call.correlation_id, f"Adding Disk {name}", call.user.id)
    record(engine, 2020, call.correlation_id, disk=disk, user=call.user)
    engine.after("disk_locked", "disk_ready", disk=disk.id, job=job.id, correlation_id=call.correlation_id, code=2021)
    return disk


def _check_disk(engine: Engine, body: dict[str, Any], name: str, domain: Entity) -> None:
    if not _ALIAS.fullmatch(name) or len(name) > 255:
        raise refused("Can not add Virtual Disk. The given name contains special characters. "
                      "Only lower-case and upper-case letters, numbers, '_', '-', '.' are allowed.", status=400)  # fmt: skip
    if int(body["provisioned_size"]) <= 0:
        raise refused("Cannot add Virtual Disk. Disk size must be positive.", status=400)
    block = domain.data.get("storage", {}).get("type") in _BLOCK
    if body["format"] == "raw" and body.get("sparse") and block:
        raise refused("Cannot add Virtual Disk. Disk configuration (RAW Sparse) is incompatible with the storage domain "
                      "type.", status=400)  # fmt: skip
    if domain.data.get("type") != "data":
        raise refused("Cannot add Virtual Disk. The storage domain type is not supported for this operation.", status=400)
    check_space(domain, int(body["provisioned_size"]), "add")


@timer_command("disk_ready")
def _ready(engine: Engine, disk: str, job: str, correlation_id: str, code: int) -> None:
    finish_job(engine, job)
    entity = engine.get("disk", disk)
    if entity is None or entity.inner.get("deleting"):
        return
    entity.data["status"] = "ok"
    engine.touch(entity)
    if code:
        record(engine, code, correlation_id, disk=entity)


class Disks(Service):
    """The disks collection; a list shows no VM references, as the engine's does not."""

    kind = "disk"
    path = "disks"
    search = "disks"
    links = ("permissions", "statistics", "disksnapshots")
    actions = {"reduce": "settle", "copy": "copy", "sparsify": "settle", "refreshlun": "", "export": "", "move": "move",
               "convert": ""}  # fmt: skip

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        """Disks of templates are not listed."""
        owned = {one.id for one in call.engine.all("disk_attachment") if "template" in one.data}
        return [disk for disk in call.engine.all("disk") if disk.id not in owned]

    def extra(self, call: Call, entity: Entity) -> dict[str, Any]:
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
        users = running_users(engine, entity.id)
        if users:
            raise refused(f"Cannot remove Virtual Disk. The disk {entity.data['alias']} is plugged to non-Down VMs: {', '.join(users)}")  # fmt: skip
        job = start_job(engine, call.correlation_id, f"Removing Disk {entity.data['alias']}", call.user.id)
        entity.data["status"] = "locked"
        entity.inner["deleting"] = True
        engine.touch(entity)
        engine.after("delete", "disk_removed", disk=entity.id, job=job.id, correlation_id=call.correlation_id, user=call.user.id)  # fmt: skip
        return Reply(200, action={"status": "complete", "job": {"id": job.id}})

    def _check_idle(self, call: Call, disk: Entity, verb: str) -> None:
        if disk.data.get("status") == "locked":
            raise refused(f"Cannot {verb} Virtual Disk{LOCKED}")
        users = running_users(call.engine, disk.id)
        if users:
            raise refused(f"Cannot {verb} Virtual Disk. The disk {disk.data['alias']} is plugged to non-Down VMs: {', '.join(users)}")  # fmt: skip

    def copy(self, call: Call, disk: Entity, body: dict[str, Any]) -> Reply:
        """Copy to a storage domain."""
        engine = call.engine
        require(call, "create_disk", disk)
        self._check_idle(call, disk, "copy")
        if not has(body, "storage_domain.id|storage_domain.name"):
            raise incomplete("action", "storageDomain.id|name", "copy")
        domain = resolve(engine, "storage_domain", body["storage_domain"])
        given = body.get("disk") or {}
        made = copy_disk(engine, disk, name=str(given.get("name") or given.get("alias") or disk.data["alias"]), domain=domain)
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
            engine.after("disk_locked", "disk_ready", disk=one.id, job=job.id, correlation_id=call.correlation_id, code=0)
        return Reply(202, action={"status": "pending", "async": True, "id": job.id, "job": {"id": job.id}, "disk": {"id": target.id}})  # fmt: skip


@timer_command("disk_removed")
def _removed(engine: Engine, disk: str, job: str, correlation_id: str, user: str) -> None:
    finish_job(engine, job)
    entity = engine.get("disk", disk)
    if entity is None:
        return
    drop_disk(engine, disk)
    domain = engine.get("storage_domain", (entity.data.get("storage_domains") or [{"id": ""}])[0]["id"])
    record(engine, 2014, correlation_id, disk=entity, storage_domain=domain or "", user=engine.get("user", user) or "")


def change_disk(call: Call, disk: Entity, body: dict[str, Any]) -> None:
    """Apply a body: sizes only grow."""
    if disk.data.get("status") == "locked":
        raise refused("Cannot edit Virtual Disk" + LOCKED)
    size = body.get("provisioned_size")
    if size is not None and size < disk.data["provisioned_size"]:
        raise refused("Cannot edit Virtual Disk. New disk size cannot be smaller than the current one.", status=400)
    given = {name: value for name, value in body.items() if name in _KEPT}
    for member in ("quota", "disk_profile"):
        if isinstance(given.get(member), dict):
            given[member] = {"id": given[member].get("id", "")}
    alias = body.get("alias") or body.get("name")
    if alias:
        given.update(alias=alias, name=alias)
    merge(disk.data, given)
    call.engine.touch(disk)


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
