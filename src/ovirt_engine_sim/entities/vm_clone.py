"""The clone action: an independent copy of a VM."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.entities.base import has, resolve
from ovirt_engine_sim.entities.disk_images import copy_disk
from ovirt_engine_sim.entities.nics import add_nic
from ovirt_engine_sim.entities.snapshots import add_active
from ovirt_engine_sim.entities.vm_checks import check_name
from ovirt_engine_sim.entities.vm_create import begin
from ovirt_engine_sim.entities.vm_states import check_status
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import incomplete
from ovirt_engine_sim.permits import require

_LEFT_BEHIND = ("host", "start_time", "stop_reason", "fqdn", "guest_operating_system", "guest_time_zone")


def clone_vm(call: Call, vm: Entity, body: dict[str, Any]) -> Entity:
    """Begin to copy `vm` under the name in the body; returns the new VM."""
    engine = call.engine
    if not has(body, "vm.name"):
        raise incomplete("action", "vm.name", "clone")
    cluster = engine.get("cluster", vm.ref("cluster"))
    template = engine.get("template", vm.ref("template"))
    assert cluster is not None
    assert template is not None
    require(call, "create_vm", cluster)
    check_status(vm, "clone")
    name = str(body["vm"]["name"])
    check_name(engine, name, cluster)
    data = {key: deepcopy(value) for key, value in vm.data.items() if key not in _LEFT_BEHIND}
    data.update(name=name, creation_time=engine.now(), stop_time=engine.now(), run_once=False,
                next_run_configuration_exists=False)  # fmt: skip
    made = engine.put(Entity("vm", engine.new_id(), data, {"run": 0, "initialized": False}))
    domain = resolve(engine, "storage_domain", body["storage_domain"]) if body.get("storage_domain") else None
    copied = []
    for number, one in enumerate(engine.children("disk_attachment", vm.id), 1):
        disk = engine.get("disk", one.id)
        if disk is None or disk.data.get("shareable"):
            continue
        copy = copy_disk(engine, disk, name=f"{name}_Disk{number}", domain=domain)
        attachment = {**deepcopy(one.data), "disk": {"id": copy.id}, "vm": {"id": made.id}}
        engine.put(Entity("disk_attachment", copy.id, attachment, {}, made.id))
        copied.append(copy.id)
    for nic in engine.children("nic", vm.id):
        add_nic(engine, made, {key: deepcopy(value) for key, value in nic.data.items() if key not in ("mac", "vm")})
    add_active(engine, made, engine.now())
    begin(call, made, template, copied, clone=True)
    return made
