"""Making a VM: from a template (thin or cloned), from a snapshot, or as a clone of another VM."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import has, resolve
from ovirt_engine_sim.entities.disk_images import copy_disk, drop_disk
from ovirt_engine_sim.entities.nics import add_nic
from ovirt_engine_sim.entities.quota_checks import check_disks, enforced
from ovirt_engine_sim.entities.quotas import default_quota
from ovirt_engine_sim.entities.snapshots import add_active
from ovirt_engine_sim.entities.vm_checks import check_cpu, check_memory, check_name, check_quota, normalize_memory
from ovirt_engine_sim.entities.vm_states import cannot
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import incomplete, reference_not_found, refused
from ovirt_engine_sim.machines import INHERITED, OF_INSTANCE_TYPE, vm_document
from ovirt_engine_sim.permits import SYSTEM, is_admin, require

# Members of a body that are not kept as they are.
_CONSUMED: Final = frozenset(
    {
        "id", "href", "cluster", "template", "instance_type", "disk_attachments", "nics", "storage_domain", "snapshots",
        "status", "creation_status", "creation_time", "host", "start_time", "stop_time", "tags", "permissions",
        "next_run_configuration_exists", "original_template", "initialization", "statistics", "reported_devices",
        "fqdn", "cdroms", "graphics_consoles", "floppies", "sessions", "applications", "vm_pool", "run_once",
    }
)  # fmt: skip


def create_vm(call: Call, body: dict[str, Any]) -> tuple[Entity, bool]:
    """Make a VM of a decoded body; returns it and whether storage tasks run."""
    _check_body(body)
    engine = call.engine
    cluster = resolve(engine, "cluster", body["cluster"])
    require(call, "create_vm", cluster)
    snapshot = _snapshot(engine, body)
    template = _template(engine, body, cluster, snapshot)
    check_name(engine, str(body["name"]), cluster)
    check_quota(engine, cluster, body)
    vm = _vm(call, body, cluster, template, snapshot)
    source_disks = _source_disks(engine, template, snapshot)
    clone = call.flag("clone") or snapshot is not None
    _check_overrides(body, source_disks)
    if enforced(engine, cluster.ref("data_center")):
        check_disks(engine, vm.ref("quota"), (disk.data for _, disk in source_disks), "Cannot add VM")
    engine.put(vm)
    _copy_nics(engine, vm, template, snapshot, body)
    add_active(engine, vm, engine.now())
    copied = _copy_disks(call, vm, source_disks, body, clone)
    _own(call, vm)
    if call.flag("clone_permissions"):
        _clone_permissions(engine, template, vm)
    return vm, begin(call, vm, template, copied, clone)


def _check_body(body: dict[str, Any]) -> None:
    for member in ("name", "cluster.id|cluster.name|cluster.href"):
        if not has(body, member):
            raise incomplete("vm", member.replace("|cluster.href", ""))
    if not has(body, "template.id|template.name|template.href|snapshots"):
        raise incomplete("vm", "template.id|name")


def _snapshot(engine: Engine, body: dict[str, Any]) -> Entity | None:
    given = body.get("snapshots")
    if not given:
        return None
    return resolve(engine, "snapshot", given[0])


def _template(engine: Engine, body: dict[str, Any], cluster: Entity, snapshot: Entity | None) -> Entity:
    if snapshot is not None:
        source = engine.get("vm", snapshot.parent)
        blank = engine.get("template", source.ref("template") if source else "")
        if blank is not None:
            return blank
    reference = body.get("template") or {}
    center = cluster.ref("data_center")
    if reference.get("id") or reference.get("href"):
        template = resolve(engine, "template", reference)
    else:
        named = [
            one for one in engine.named("template", str(reference.get("name"))) if _center(engine, one) in ("", center)
        ]
        if not named:
            raise reference_not_found(str(reference.get("name"))[:100])
        template = max(named, key=lambda one: int(one.data["version"]["version_number"]))
    if _center(engine, template) not in ("", center):
        raise refused(cannot("create", ". The Template doesn't exist in the current Data Center."))
    if template.data.get("status") == "locked":
        raise refused(cannot("create", ". VM Template is locked. Please try again in a few minutes."))
    return template


def _center(engine: Engine, template: Entity) -> str:
    cluster = engine.get("cluster", template.ref("cluster"))
    return cluster.ref("data_center") if cluster else ""


def _vm(call: Call, body: dict[str, Any], cluster: Entity, template: Entity, snapshot: Entity | None) -> Entity:
    engine = call.engine
    source = deepcopy(template.data) if snapshot is None else deepcopy(snapshot.inner["vm"])
    data = vm_document(**{name: source[name] for name in INHERITED if name in source})
    data["cpu"]["architecture"] = cluster.data.get("cpu", {}).get("architecture", "x86_64")
    data["bios"]["type"] = cluster.data.get("bios_type", "q35_sea_bios")
    data.update(description="", name=body["name"], cluster={"id": cluster.id}, template={"id": template.id},
                original_template={"id": template.id}, creation_time=engine.now(), stop_time=engine.now())  # fmt: skip
    profile = next((one for one in engine.all("cpu_profile") if one.ref("cluster") == cluster.id), None)
    if profile is not None:
        data["cpu_profile"] = {"id": profile.id}
    quota = default_quota(engine, cluster.ref("data_center"))
    if quota:
        data["quota"] = {"id": quota}
    if body.get("instance_type"):
        bound = resolve(engine, "instance_type", body["instance_type"])
        data["instance_type"] = {"id": bound.id}
        data.update(deepcopy({name: bound.data[name] for name in OF_INSTANCE_TYPE if name in bound.data}))
    given = {name: value for name, value in body.items() if name not in _CONSUMED}
    normalize_memory(given, data)
    merge(data, deepcopy(given))
    check_memory(data, "create")
    check_cpu(data, "create")
    vm = Entity("vm", engine.new_id(), data, {"run": 0, "initialized": False})
    set_initialization(vm, body.get("initialization"))
    return vm


def set_initialization(vm: Entity, given: dict[str, Any] | None) -> None:
    """Keep an initialization; the root password is hidden from then on."""
    if given is None:
        return
    kept = deepcopy(given)
    password = kept.get("root_password")
    if password and password != "******":  # noqa: S105  what the engine shows instead
        vm.inner["root_password"] = password
    if password:
        kept["root_password"] = "******"  # noqa: S105
    kept.setdefault("regenerate_ssh_keys", False)
    vm.data["initialization"] = kept


def _source_disks(engine: Engine, template: Entity, snapshot: Entity | None) -> list[tuple[dict[str, Any], Entity]]:
    """Return (attachment members, disk) pairs to copy."""
    if snapshot is not None:
        kept = [(one["attachment"], engine.get("disk", one["disk"])) for one in snapshot.inner["disks"]]
        return [(attachment, disk) for attachment, disk in kept if disk is not None]
    pairs = [(one.data, engine.get("disk", one.id)) for one in engine.children("disk_attachment", template.id)]
    return [(data, disk) for data, disk in pairs if disk is not None]


def _check_overrides(body: dict[str, Any], sources: list[tuple[dict[str, Any], Entity]]) -> None:
    known = {disk.id for _, disk in sources}
    known |= {str(disk.data.get("image_id")) for _, disk in sources}
    for one in body.get("disk_attachments") or ():
        disk = one.get("disk") or {}
        identity = disk.get("id") or disk.get("image_id") or one.get("id")
        if identity is not None and identity not in known:
            raise refused(cannot("create", f". Disk {str(identity)[:64]} does not belong to the template."), status=400)


def _copy_nics(engine: Engine, vm: Entity, template: Entity, snapshot: Entity | None, body: dict[str, Any]) -> None:
    if snapshot is not None:
        sources = [one["data"] for one in snapshot.inner.get("nics", ())]
    else:
        sources = [one.data for one in engine.children("nic", template.id)]
    for data in sources:
        kept = {
            name: deepcopy(value)
            for name, value in data.items()
            if name not in ("mac", "template", "vm", "instance_type")
        }
        add_nic(engine, vm, kept)  # fmt: skip
    for given in body.get("nics") or ():
        add_nic(engine, vm, {name: value for name, value in given.items() if name not in ("id", "href")})


def _copy_disks(
    call: Call, vm: Entity, sources: list[tuple[dict[str, Any], Entity]], body: dict[str, Any], clone: bool
) -> list[str]:
    engine = call.engine
    overrides = {}
    for one in body.get("disk_attachments") or ():
        disk = one.get("disk") or {}
        overrides[disk.get("id") or disk.get("image_id") or one.get("id")] = disk
    copied = []
    for number, (attachment, disk) in enumerate(sources, 1):
        change = overrides.get(disk.id) or overrides.get(disk.data.get("image_id")) or {}
        domain = (change.get("storage_domains") or [body.get("storage_domain") or {}])[0] or None
        made = copy_disk(engine, disk, name=change.get("name") or change.get("alias") or f"{vm.name}_Disk{number}",
                         domain=resolve(engine, "storage_domain", domain) if domain else None,
                         changes={**{k: v for k, v in change.items() if k in ("format", "sparse", "description")},
                                  **({"quota": vm.data["quota"]} if "quota" in vm.data else {})},
                         thin=not clone)  # fmt: skip
        data = {**deepcopy(attachment), "disk": {"id": made.id}, "vm": {"id": vm.id}}
        data.pop("template", None)
        engine.put(Entity("disk_attachment", made.id, data, {}, vm.id))
        copied.append(made.id)
    return copied


def _own(call: Call, vm: Entity) -> None:
    """A user who is no administrator becomes the VM's owner."""
    if call.filtered or not is_admin(call.engine, call.user):
        role = next(call.engine.named("role", "UserVmManager"), None)
        if role is not None:
            data = {"role": {"id": role.id}, "user": {"id": call.user.id}, "vm": {"id": vm.id}}
            call.engine.put(Entity("permission", call.engine.new_id(), data, {"kind": "vm", "object": vm.id}))


def _clone_permissions(engine: Engine, template: Entity, vm: Entity) -> None:
    for one in engine.all("permission"):
        if one.inner["kind"] == "template" and one.inner["object"] == template.id and one.inner["kind"] != SYSTEM:
            data = {**one.data, "vm": {"id": vm.id}}
            data.pop("template", None)
            engine.put(Entity("permission", engine.new_id(), data, {"kind": "vm", "object": vm.id}))


def begin(call: Call, vm: Entity, template: Entity, copied: list[str], clone: bool) -> bool:
    """Lock the VM while its disks are made; without disks it is ready at once."""
    engine = call.engine
    description = f"Creating VM {vm.name} from Template {template.name}"
    job = start_job(engine, call.correlation_id, description, call.user.id, finished=not copied)
    vm.inner["thin"] = bool(copied) and not clone
    if not copied:
        vm.data["status"] = "down"
        record(engine, 34, call.correlation_id, vm=vm, user=call.user, template=template)
        return False
    fail = engine.faults.take_creation(call.method, call.path)
    vm.data["status"] = "image_locked"
    vm.inner.update(creating_from=template.id)
    engine.touch(vm)
    record(engine, 37, call.correlation_id, vm=vm, user=call.user, template=template)
    engine.after(
        "clone_locked" if clone else "image_locked", "vm_created",
        vm=vm.id, job=job.id, correlation_id=call.correlation_id, fail=fail, disks=copied,
    )  # fmt: skip
    return True


@timer_command("vm_created")
def _created(engine: Engine, vm: str, job: str, correlation_id: str, fail: bool, disks: list[str]) -> None:
    entity = engine.get("vm", vm)
    finish_job(engine, job, failed=fail)
    if entity is None:
        return
    if fail:
        record(engine, 60, correlation_id, vm=entity)
        for disk in disks:
            drop_disk(engine, disk)
        drop_vm(engine, entity)
        return
    for identity in disks:
        made = engine.get("disk", identity)
        if made is not None:
            made.data["status"] = "ok"
            engine.touch(made)
    entity.inner.pop("creating_from", None)
    if entity.data.get("status") == "image_locked" and not entity.inner.get("deleting"):
        entity.data["status"] = "down"
    engine.touch(entity)
    record(engine, 53, correlation_id, vm=entity)


def drop_vm(engine: Engine, vm: Entity) -> None:
    """Remove a VM and everything that lives in it, but not its disks."""
    for kind in ("nic", "disk_attachment", "snapshot", "cdrom", "watchdog"):
        for one in engine.children(kind, vm.id):
            engine.drop(one)
    for permission in engine.all("permission"):
        if permission.inner["kind"] == "vm" and permission.inner["object"] == vm.id:
            engine.drop(permission)
    for label in engine.all("affinity_label"):
        if vm.id in label.inner.get("vms", ()):
            label.inner["vms"].remove(vm.id)
            engine.touch(label)
    engine.drop(vm)
