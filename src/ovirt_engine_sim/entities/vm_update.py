"""Changing a VM: at once when it is down or the member allows it, else for the next run."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.entities.base import REFERENCES, resolve
from ovirt_engine_sim.entities.vm_checks import check_cpu, check_memory, normalize_memory
from ovirt_engine_sim.entities.vm_create import set_initialization
from ovirt_engine_sim.entities.vm_states import status_of
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import record
from ovirt_engine_sim.machines import MIB, OF_INSTANCE_TYPE

# Editable in every status.
LIVE: Final = frozenset(
    {"name", "description", "comment", "high_availability", "delete_protected", "quota", "initialization", "payloads"}
)
_IGNORED: Final = frozenset(
    {
        "id", "href", "status", "creation_status", "creation_time", "host", "start_time", "stop_time", "template",
        "original_template", "next_run_configuration_exists", "fqdn", "reported_devices", "statistics", "tags", "nics",
        "disk_attachments", "snapshots", "permissions", "run_once", "guest_operating_system", "guest_time_zone",
        "vm_pool", "sessions", "applications", "cdroms", "graphics_consoles", "has_illegal_images",
    }
)  # fmt: skip
_HOT_PLUG_STEP: Final = 256 * MIB


def update_vm(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Apply a decoded body to the VM."""
    change = {name: value for name, value in body.items() if name not in _IGNORED}
    _resolve(call, change)
    normalize_memory(change, vm.data)
    checked = deepcopy(vm.data)
    merge(checked, deepcopy(change))
    check_memory(checked, "update")
    check_cpu(checked, "update")
    if "initialization" in change:
        given = dict(vm.data.get("initialization") or {})
        merge(given, change.pop("initialization") or {})
        set_initialization(vm, given)
    down = status_of(vm) in ("down", "image_illegal", "unassigned")
    now = change if down else {name: value for name, value in change.items() if name in LIVE}
    later = {} if down else {name: value for name, value in change.items() if name not in LIVE}
    if not call.flag("next_run"):
        _hot_plug(vm, now, later)
    merge(vm.data, now)
    waiting = {name: value for name, value in later.items() if _differs(vm.data.get(name), value)}
    if waiting:
        merge(vm.inner.setdefault("next_run", {}), waiting)
        vm.data["next_run_configuration_exists"] = True
    call.engine.touch(vm)
    record(call.engine, 35, call.correlation_id, vm=vm, user=call.user)


def _resolve(call: Call, change: dict[str, Any]) -> None:
    for member, kind in REFERENCES.items():
        value = change.get(member)
        if isinstance(value, dict) and value:
            change[member] = {"id": resolve(call.engine, kind, value).id}
    if "instance_type" in change:
        bound = call.engine.get("instance_type", (change["instance_type"] or {}).get("id", ""))
        if bound is not None:
            for name in OF_INSTANCE_TYPE:
                if name in bound.data:
                    change.setdefault(name, deepcopy(bound.data[name]))


def _hot_plug(vm: Entity, now: dict[str, Any], later: dict[str, Any]) -> None:
    """Memory grows in 256 MiB steps and sockets change while the VM is up."""
    if status_of(vm) != "up":
        return
    memory = later.get("memory")
    present = int(vm.data.get("memory", 0))
    if memory and memory > present and not (memory - present) % _HOT_PLUG_STEP:
        now["memory"] = later.pop("memory")
        later.pop("memory_policy", None)
    topology = later.get("cpu", {}).get("topology", {})
    if topology and set(later["cpu"]) == {"topology"}:
        current = vm.data["cpu"]["topology"]
        if all(topology.get(name, current[name]) == current[name] for name in ("cores", "threads")):
            now["cpu"] = later.pop("cpu")


def _differs(present: Any, wanted: Any) -> bool:
    if isinstance(present, dict) and isinstance(wanted, dict):
        return any(_differs(present.get(name), value) for name, value in wanted.items())
    return bool(present != wanted)


def next_run_view(vm: Entity) -> Entity:
    """Return the VM as it will be after its next start."""
    waiting = vm.inner.get("next_run")
    if not waiting:
        return vm
    data = deepcopy(vm.data)
    merge(data, deepcopy(waiting))
    return Entity("vm", vm.id, data, vm.inner, volatile=True)
