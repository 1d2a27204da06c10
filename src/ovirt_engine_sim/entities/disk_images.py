"""What storage does with disks: making, copying, changing and dropping them."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, Final
from uuid import UUID

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import has, resolve
from ovirt_engine_sim.entities.quota_checks import check_storage
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import incomplete, invalid_value, refused

_BLOCK: Final = frozenset({"iscsi", "fcp"})
_KEPT: Final = frozenset(
    {
        "backup",
        "content_type",
        "description",
        "format",
        "propagate_errors",
        "provisioned_size",
        "shareable",
        "sparse",
        "wipe_after_delete",
        "qcow_version",
        "quota",
        "disk_profile",
        "initial_size",
    }
)
_ALIAS: Final = re.compile(r"[\w.-]+")
LOCKED: Final = ": Disk is locked. Please try again later."


def disk_document(alias: str, size: int, domain: str, **changes: Any) -> dict[str, Any]:
    """Return the members of a disk of `size` bytes on the storage domain with id `domain`."""
    sparse = changes.get("sparse", True)
    actual = min(size, 200 << 20) if sparse else size
    data = {
        "name": alias,
        "description": "",
        "actual_size": actual,
        "alias": alias,
        "backup": "none",
        "content_type": "data",
        "format": "cow",
        "propagate_errors": False,
        "provisioned_size": size,
        "shareable": False,
        "sparse": True,
        "status": "ok",
        "storage_type": "image",
        "total_size": actual,
        "wipe_after_delete": False,
        "storage_domains": [{"id": domain}] if domain else [],
        **changes,
    }
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
    return engine.indexed("disk_attachment", "disk", disk)


def running_users(engine: Engine, disk: str) -> list[str]:
    """Return the names of VMs that are not down and have the disk plugged."""
    names = []
    for one in attachments_of(engine, disk):
        vm = engine.get("vm", one.parent)
        if vm is not None and one.data.get("active") and vm.data.get("status") not in ("down", "image_illegal", None):
            names.append(vm.name)
    return names


def check_unplugged(engine: Engine, disk: Entity, verb: str) -> None:
    users = running_users(engine, disk.id)
    if users:
        text = f"The disk {disk.data['alias']} is plugged to non-Down VMs: {', '.join(users)}"
        raise refused(f"Cannot {verb} Virtual Disk. {text}")


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
    quota = resolve(engine, "quota", body["quota"]).id if body.get("quota") else ""
    check_storage(engine, quota, domain.id, int(body["provisioned_size"]), "Cannot add Virtual Disk")
    identity = _identity(str(body.get("id") or engine.new_id()))
    if engine.get("disk", identity) is not None:
        raise refused(f"Cannot add Virtual Disk. Disk with ID {identity} already exists.")
    given = {member: value for member, value in body.items() if member in _KEPT}
    if quota:
        given["quota"] = {"id": quota}
    given["sparse"] = bool(body.get("sparse", body["format"] == "cow"))
    data = disk_document(name, body["provisioned_size"], domain.id, **given)
    data["status"] = "locked"
    data.setdefault("disk_profile", profile_of(engine, domain.id))
    disk = engine.put(Entity("disk", identity, data))
    job = start_job(engine, call.correlation_id, f"Adding Disk {name}", call.user.id)
    record(engine, 2020, call.correlation_id, disk=disk, user=call.user)
    code = 2022 if engine.faults.take_creation(call.method, call.path) else 2021
    engine.after("disk_locked", "disk_ready", disk=disk.id, job=job.id, correlation_id=call.correlation_id, code=code)
    return disk


def _identity(given: str) -> str:
    try:
        return str(UUID(given))
    except ValueError:
        raise invalid_value("id", given) from None


def _check_disk(engine: Engine, body: dict[str, Any], name: str, domain: Entity) -> None:
    if not _ALIAS.fullmatch(name) or len(name) > 255:
        raise refused(
            "Can not add Virtual Disk. The given name contains special characters. "
            "Only lower-case and upper-case letters, numbers, '_', '-', '.' are allowed.",
            status=400,
        )
    if int(body["provisioned_size"]) <= 0:
        raise refused("Cannot add Virtual Disk. Disk size must be positive.", status=400)
    block = domain.data.get("storage", {}).get("type") in _BLOCK
    if body["format"] == "raw" and body.get("sparse") and block:
        raise refused(
            "Cannot add Virtual Disk. Disk configuration (RAW Sparse) is incompatible with the storage domain type.",
            status=400,
        )
    if body.get("shareable") and body["format"] != "raw":
        raise refused("Cannot add Virtual Disk. Disk's volume format is not supported for shareable disk.")
    if domain.data.get("type") != "data":
        raise refused(
            "Cannot add Virtual Disk. The storage domain type is not supported for this operation.", status=400
        )
    check_space(domain, int(body["provisioned_size"]), "add")


@timer_command("disk_ready")
def _ready(engine: Engine, disk: str, job: str, correlation_id: str, code: int) -> None:
    failed = code == 2022
    finish_job(engine, job, failed=failed)
    entity = engine.get("disk", disk)
    if entity is None or entity.inner.get("deleting"):
        return
    if failed:
        drop_disk(engine, disk)
    else:
        entity.data["status"] = "ok"
        engine.touch(entity)
    if code:
        record(engine, code, correlation_id, disk=entity)


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
