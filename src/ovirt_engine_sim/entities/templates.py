"""Templates and their versions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.base import Service, has, resolve
from ovirt_engine_sim.entities.disk_images import copy_disk, drop_disk
from ovirt_engine_sim.entities.vm_states import check_status
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import incomplete, refused
from ovirt_engine_sim.machines import BLANK, INHERITED, ONLY_ALL_CONTENT, base_document
from ovirt_engine_sim.permits import require

NAME_TAKEN: Final = (
    "Cannot {} Template. The Template name is already in use, please choose a unique name and try again."
)
_CONSUMED: Final = frozenset(
    {"id", "href", "vm", "version", "status", "cluster", "disk_attachments", "storage_domain", "creation_time", "nics",
     "tags", "permissions", "creation_status", "cdroms", "graphics_consoles", "watchdogs", "quota", "cpu_profile"}
)  # fmt: skip


class Templates(Service):
    """Templates: made of VMs that are down or of snapshots."""

    kind = "template"
    path = "templates"
    search = "templates"
    links = (
        "cdroms",
        "diskattachments",
        "watchdogs",
        "graphicsconsoles",
        "mediateddevices",
        "nics",
        "permissions",
        "tags",
    )
    actions = {"export": ""}
    hidden = ONLY_ALL_CONTENT

    def omitted(self, call: Call) -> frozenset[str]:
        return frozenset() if call.all_content else ONLY_ALL_CONTENT

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        engine = call.engine
        for member in ("name", "vm.id|vm.name|vm.href"):
            if not has(body, member):
                raise incomplete("template", member.replace("|vm.href", ""))
        given = body["vm"]
        snapshot = resolve(engine, "snapshot", given["snapshots"][0]) if given.get("snapshots") else None
        vm = resolve(engine, "vm", {"id": snapshot.parent} if snapshot else given)
        cluster = resolve(engine, "cluster", body.get("cluster") or {"id": vm.ref("cluster")})
        require(call, "create_template", cluster)
        if snapshot is None:
            check_status(vm, "template")
        version = _version(engine, body, cluster)
        template = engine.put(_template(call, body, vm, cluster, version, snapshot))
        _own_base(template)
        copied = _copy_parts(engine, template, vm, snapshot, given, body)
        self._begin(call, template, vm, copied, lock=snapshot is None)
        return self.created(template, tasks=bool(copied))

    def _begin(self, call: Call, template: Entity, vm: Entity, copied: list[str], lock: bool) -> None:
        engine = call.engine
        job = start_job(
            engine, call.correlation_id, f"Creating Template {template.name} from VM {vm.name}", call.user.id
        )
        fail = engine.faults.take_creation(call.method, call.path)
        if lock:
            vm.data["status"] = "image_locked"
            vm.inner["templating"] = template.id
            engine.touch(vm)
        record(engine, 48, call.correlation_id, template=template, vm=vm, user=call.user)
        engine.after("template_locked", "template_ready", template=template.id, vm=vm.id, job=job.id, disks=copied,
                     fail=fail, correlation_id=call.correlation_id)  # fmt: skip

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, "edit_template_properties", entity)
        self.check_id(entity, body)
        if entity.id == BLANK and body.get("name") not in (None, entity.name):
            raise refused("Cannot edit Template. Blank Template cannot be edited.")
        name = body.get("name")
        if name not in (None, entity.name):
            cluster = call.engine.get("cluster", entity.ref("cluster"))
            if cluster is not None:
                _check_name(call.engine, str(name), cluster, "update")
        change = {member: value for member, value in body.items() if member not in _CONSUMED}
        if (body.get("version") or {}).get("version_name") is not None:
            change["version"] = {"version_name": body["version"]["version_name"]}
        merge(entity.data, change)
        call.engine.touch(entity)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        engine = call.engine
        require(call, "delete_template", entity)
        self._check_remove(engine, entity)
        job = start_job(engine, call.correlation_id, f"Removing Template {entity.name}", call.user.id)
        entity.data["status"] = "locked"
        entity.inner["deleting"] = True
        engine.touch(entity)
        record(engine, 251, call.correlation_id, template=entity, user=call.user)
        engine.after("delete", "template_removed", template=entity.id, job=job.id, correlation_id=call.correlation_id)
        return Reply(200, action={"status": "complete", "job": {"id": job.id}})

    def _check_remove(self, engine: Engine, entity: Entity) -> None:
        if entity.id == BLANK:
            raise refused("Cannot delete Template. Blank Template cannot be removed.")
        if entity.data.get("delete_protected"):
            raise refused("Cannot remove Template. Delete protection is enabled. In order to delete, disable Delete "
                          "protection first.")  # fmt: skip
        creating = [vm for vm in engine.all("vm") if vm.inner.get("creating_from") == entity.id]
        if creating:
            raise refused(f"Cannot remove Template. This template is currently in use to create VM {creating[0].name}.")
        if entity.data.get("status") == "locked":
            raise refused("Cannot remove Template. Template is locked. Please try again in a few minutes.")
        users = [vm.name for vm in engine.all("vm") if vm.ref("template") == entity.id and vm.inner.get("thin")]
        if users:
            raise refused(f"Cannot delete Template. Template is being used by the following VMs: {', '.join(users)}.")
        versions = [one for one in engine.all("template")
                    if one is not entity and one.data["version"]["base_template"]["id"] == entity.id]  # fmt: skip
        if versions:
            raise refused("Cannot delete Base Template that has Template Versions, please first remove all Template "
                          "Versions for this Template: " + ", ".join(one.name for one in versions) + ".")  # fmt: skip


def _check_name(engine: Engine, name: str, cluster: Entity, verb: str = "add") -> None:
    for one in engine.named("template", name):
        where = engine.get("cluster", one.ref("cluster"))
        if where is None or where.ref("data_center") == cluster.ref("data_center"):
            raise refused(NAME_TAKEN.format("add" if verb == "add" else "edit"))
    if len(name) > 255:
        raise refused("Can not add Template. The given name is too long.", status=400)


def _version(engine: Engine, body: dict[str, Any], cluster: Entity) -> dict[str, Any]:
    given = body.get("version") or {}
    base = given.get("base_template")
    if not base:
        _check_name(engine, str(body["name"]), cluster)
        return {"version_name": given.get("version_name", "base version"), "version_number": 1, "base_template": None}
    origin = resolve(engine, "template", base)
    numbers = [
        int(one.data["version"]["version_number"])
        for one in engine.all("template")
        if one.data["version"]["base_template"]["id"] == origin.id
    ]
    number = max(numbers, default=1) + 1
    return {"version_name": given.get("version_name", ""), "version_number": number, "base_template": {"id": origin.id}}


def _template(
    call: Call, body: dict[str, Any], vm: Entity, cluster: Entity, version: dict[str, Any], snapshot: Entity | None
) -> Entity:
    source = deepcopy(snapshot.inner["vm"] if snapshot else vm.data)
    data = base_document(**{name: source[name] for name in INHERITED if name in source})
    data.pop("instance_type", None)
    data["description"] = ""
    merge(data, {name: deepcopy(value) for name, value in body.items() if name not in _CONSUMED})
    data.update(name=body["name"], status="locked", creation_time=call.engine.now(), cluster={"id": cluster.id},
                delete_protected=bool(body.get("delete_protected", False)), version=version)  # fmt: skip
    return Entity("template", call.engine.new_id(), data)


def _own_base(template: Entity) -> None:
    if template.data["version"]["base_template"] is None:
        template.data["version"]["base_template"] = {"id": template.id}


def _copy_parts(
    engine: Engine, template: Entity, vm: Entity, snapshot: Entity | None, given: dict[str, Any], body: dict[str, Any]
) -> list[str]:
    if snapshot is not None:
        pairs = [(one["disk"], one["attachment"]) for one in snapshot.inner["disks"]]
    else:
        pairs = [(one.id, one.data) for one in engine.children("disk_attachment", vm.id)]
    overrides = {
        (one.get("disk") or {}).get("id"): one.get("disk") or {} for one in given.get("disk_attachments") or ()
    }
    copied = []
    for number, (identity, attachment) in enumerate(pairs, 1):
        disk = engine.get("disk", identity)
        if disk is None or disk.data.get("shareable"):
            continue
        change = overrides.get(identity, {})
        domain = (change.get("storage_domains") or [body.get("storage_domain") or {}])[0]
        copy = copy_disk(
            engine,
            disk,
            name=change.get("name") or change.get("alias") or f"{template.name}_Disk{number}",
            domain=resolve(engine, "storage_domain", domain) if domain else None,
            changes={k: v for k, v in change.items() if k in ("format", "sparse")},
        )
        data = {k: deepcopy(v) for k, v in attachment.items() if k != "vm"}
        data.update(disk={"id": copy.id}, template={"id": template.id})
        engine.put(Entity("disk_attachment", copy.id, data, {}, template.id))
        copied.append(copy.id)
    for nic in engine.children("nic", vm.id):
        data = {k: deepcopy(v) for k, v in nic.data.items() if k not in ("vm", "mac")}
        engine.put(Entity("nic", engine.new_id(), {**data, "template": {"id": template.id}}, {}, template.id))
    return copied


def drop_template(engine: Engine, template: Entity) -> None:
    """Remove a template with its disks and NICs."""
    for one in engine.children("disk_attachment", template.id):
        drop_disk(engine, one.id)
    for nic in engine.children("nic", template.id):
        engine.drop(nic)
    engine.drop(template)


@timer_command("template_ready")
def _ready(engine: Engine, template: str, vm: str, job: str, disks: list[str], fail: bool, correlation_id: str) -> None:
    finish_job(engine, job, failed=fail)
    source = engine.get("vm", vm)
    if source is not None and source.inner.get("templating") == template:
        del source.inner["templating"]
        source.data["status"] = "down"
        engine.touch(source)
    entity = engine.get("template", template)
    if entity is None:
        return
    record(engine, 52 if fail else 51, correlation_id, template=entity, vm=source or "")
    if fail:
        drop_template(engine, entity)
        return
    for identity in disks:
        disk = engine.get("disk", identity)
        if disk is not None:
            disk.data["status"] = "ok"
            engine.touch(disk)
    entity.data["status"] = "ok"
    engine.touch(entity)


@timer_command("template_removed")
def _removed(engine: Engine, template: str, job: str, correlation_id: str) -> None:
    finish_job(engine, job)
    entity = engine.get("template", template)
    if entity is not None:
        drop_template(engine, entity)
        record(engine, 253, correlation_id, template=entity)


SERVICES = (Templates(),)
