"""Choosing a host for a VM, and what happens when a host is lost."""

from __future__ import annotations

from typing import Any

from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.vm_states import cannot
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import refused

_OCCUPYING = frozenset({"up", "powering_up", "wait_for_launch", "paused", "migrating", "reboot_in_progress",
                        "powering_down", "saving_state", "restoring_state", "not_responding", "unknown"})  # fmt: skip


def vms_on(engine: Engine, host: str) -> list[Entity]:
    """Return the VMs on a host."""
    return [vm for vm in engine.indexed("vm", "host", host) if vm.data.get("status") in _OCCUPYING]


def choose_host(
    engine: Engine, vm: Entity, command: str, wanted: dict[str, Any] | None = None, apart_from: str = ""
) -> Entity:
    """Return the up host of the VM's cluster with the most free memory; raises 409 when none fits."""
    pinned = [one.get("id") or one.get("name") for one in vm.data.get("placement_policy", {}).get("hosts", ())]
    if wanted:
        pinned = [wanted.get("id") or wanted.get("name")]
    reasons = []
    best: tuple[int, Entity] | None = None
    for host in engine.all("host"):
        if host.ref("cluster") != vm.ref("cluster") or host.id == apart_from:
            continue
        if pinned and host.id not in pinned and host.name not in pinned:
            reasons.append(f"The host {host.name} did not satisfy internal filter PinToHost.")
            continue
        used = sum(int(one.data.get("memory", 0)) for one in vms_on(engine, host.id))
        free = int(host.data.get("max_scheduling_memory", 0)) - used
        if host.data.get("status") != "up":
            reasons.append(f"The host {host.name} is not in Up status.")
        elif free < int(vm.data.get("memory", 0)):
            reasons.append(f"The host {host.name} did not satisfy internal filter Memory because its available memory "
                           f"is too low ({max(free, 0) >> 20} MB) to run the VM.")  # fmt: skip
        elif best is None or free > best[0]:
            best = (free, host)
    if best is None:
        text = ". There is no host that satisfies current scheduling constraints. See below for details:"
        raise refused(cannot(command, text), *reasons)
    return best[1]


def lose_host(engine: Engine, host: Entity) -> None:
    """The host stops answering: first its VMs do not respond, then nobody knows about them."""
    host.data["status"] = "non_responsive"
    engine.touch(host)
    record(engine, 130, host=host)
    for vm in vms_on(engine, host.id):
        vm.data["status"] = "not_responding"
        vm.inner["run"] = int(vm.inner.get("run", 0)) + 1
        engine.touch(vm)
        record(engine, 126, vm=vm)
    engine.after("host_lost", "vms_unknown", host=host.id)


@timer_command("vms_unknown")
def _vms_unknown(engine: Engine, host: str) -> None:
    entity = engine.get("host", host)
    if entity is None or entity.data["status"] != "non_responsive":
        return
    for vm in vms_on(engine, host):
        vm.data["status"] = "unknown"
        engine.touch(vm)


def recover_host(engine: Engine, host: Entity) -> None:
    """The host answers again: its VMs turn out to have been running all the time."""
    host.data["status"] = "up"
    engine.touch(host)
    for vm in vms_on(engine, host.id):
        if vm.data["status"] in ("unknown", "not_responding"):
            vm.data["status"] = "up"
            engine.touch(vm)
