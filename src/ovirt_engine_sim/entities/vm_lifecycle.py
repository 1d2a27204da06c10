"""A VM's life on a host: start, stop, shutdown, reboot, reset, suspend, migrate, and the timers behind them."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entities.guests import halt_guest
from ovirt_engine_sim.entities.quota_checks import check_running
from ovirt_engine_sim.entities.scheduling import choose_host
from ovirt_engine_sim.entities.vm_states import cannot, check_status, status_of
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import finish_job, record, start_job
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.permits import require

LOCK_HELD: Final = ". Related operation is currently in progress. Please try again later."
_INITIALIZERS: Final = ("use_cloud_init", "use_sysprep", "use_ignition")
# Members of an action's `vm` that do not make the start a run-once.
_NOT_RUN_ONCE: Final = frozenset({"id", "href"})


def enter(engine: Engine, vm: Entity, status: str) -> int:
    """Change the status and return the number of this phase: timers of earlier phases do nothing."""
    vm.data["status"] = status
    vm.inner["run"] = int(vm.inner.get("run", 0)) + 1
    engine.touch(vm)
    return int(vm.inner["run"])


def _still(engine: Engine, vm: str, run: int) -> Entity | None:
    entity = engine.get("vm", vm)
    return entity if entity is not None and entity.inner.get("run") == run else None


def start(call: Call, vm: Entity, body: dict[str, Any]) -> Entity:
    """Start, resume or restore the VM; returns the job."""
    engine = call.engine
    require(call, "run_vm", vm)
    check_status(vm, "start")
    _check_start(call, vm, body)
    was = status_of(vm)
    job = start_job(engine, call.correlation_id, f"Launching VM {vm.name}", call.user.id)
    if was == "paused":
        enter(engine, vm, "up")
        finish_job(engine, job.id)
        return job
    host = choose_host(engine, vm, "start")
    once = {name: value for name, value in (body.get("vm") or {}).items() if name not in _NOT_RUN_ONCE}
    vm.data.update(host={"id": host.id}, run_once=bool(once), start_time=engine.now())
    vm.data.pop("stop_reason", None)
    resuming = bool(vm.inner.pop("saved_memory", False)) or was == "suspended"
    vm.inner.update(resuming=resuming, pause=bool(body.get("pause")), user=call.user.id)
    _initialize(vm, body, once)
    run = enter(engine, vm, "wait_for_launch")
    record(engine, 150, call.correlation_id, vm=vm, user=call.user, host=host)
    engine.after("wait_for_launch", "vm_launched", vm=vm.id, run=run, job=job.id, correlation_id=call.correlation_id)
    return job


def _check_start(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    engine = call.engine
    if sum(1 for name in _INITIALIZERS if body.get(name)) > 1:
        raise refused("Cannot use multiple initialization tags simultaneously when running VM.")
    once = [name for name in body.get("vm") or {} if name not in _NOT_RUN_ONCE]
    if once and status_of(vm) != "down":
        raise refused(cannot("start", ". Run Once can not be used on a suspended or paused VM."))
    if status_of(vm) == "down":
        check_running(engine, vm)
    attachments = [one for one in engine.children("disk_attachment", vm.id) if one.data.get("active")]
    disks = [disk for one in attachments if (disk := engine.get("disk", one.id)) is not None]
    _check_disks(disks)
    devices = ((body.get("vm") or {}).get("os") or vm.data.get("os", {})).get("boot", {}).get("devices", ["hd"])
    nics = engine.children("nic", vm.id)
    bootable = any(one.data.get("bootable") for one in attachments)
    cdrom = vm.inner.get("cdrom") or (body.get("vm") or {}).get("cdroms")
    if not (("hd" in devices and bootable) or ("network" in devices and nics) or ("cdrom" in devices and cdrom)):
        raise refused(cannot("start", " without at least one bootable disk. Please add a bootable disk or change the "
                             "boot sequence."))  # fmt: skip


def _check_disks(disks: list[Entity]) -> None:
    for status, text, code in (
        ("locked", ": The following disks are locked: {}. Please try again in a few minutes.", 409),
        (
            "illegal",
            ". The following attached disks are in ILLEGAL status: {} - please remove them and try again.",
            500,
        ),
    ):
        found = [str(one.data.get("alias", "")) for one in disks if one.data.get("status") == status]
        if found:
            raise refused(cannot("start", text.format(", ".join(found))), status=code)


def _initialize(vm: Entity, body: dict[str, Any], once: dict[str, Any]) -> None:
    """Decide what the guest is given at this start: initialization on the first one, or when asked."""
    payloads = once.get("payloads") or vm.data.get("payloads") or []
    initialization = {**(vm.data.get("initialization") or {}), **(once.get("initialization") or {})}
    if vm.inner.get("root_password"):
        initialization.setdefault("root_password", vm.inner["root_password"])
    asked = any(body.get(name) for name in (*_INITIALIZERS, "use_initialization"))
    first = not vm.inner.get("initialized") and bool(initialization)
    cdrom_payload = any(one.get("type") == "cdrom" for one in payloads)
    give = asked or (first and not cdrom_payload)
    vm.inner["given"] = {"initialization": initialization if give else None, "payloads": payloads}
    vm.inner["initialized"] = True


@timer_command("vm_launched")
def _launched(engine: Engine, vm: str, run: int, job: str, correlation_id: str) -> None:
    entity = _still(engine, vm, run)
    finish_job(engine, job, failed=entity is None)
    if entity is None:
        return
    resuming = entity.inner.pop("resuming", False)
    if entity.inner.pop("pause", False):
        enter(engine, entity, "paused")
        return
    following = enter(engine, entity, "restoring_state" if resuming else "powering_up")
    host = engine.get("host", entity.ref("host"))
    record(
        engine,
        153,
        correlation_id,
        vm=entity,
        host=host or "",
        user=engine.get("user", entity.inner.get("user", "")) or "",
    )
    engine.after("restoring" if resuming else "powering_up", "vm_is_up", vm=vm, run=following)  # fmt: skip


@timer_command("vm_is_up")
def _is_up(engine: Engine, vm: str, run: int) -> None:
    entity = _still(engine, vm, run)
    if entity is not None:
        following = enter(engine, entity, "up")
        record(engine, 32, vm=entity, host=engine.get("host", entity.ref("host")) or "")
        engine.after("agent", "guest_agent", vm=vm, run=following)


def end(engine: Engine, vm: Entity) -> None:
    """The VM's process is gone: down, without host, with the configuration of the next run."""
    vm.data.pop("host", None)
    vm.data.pop("start_time", None)
    vm.data.update(stop_time=engine.now(), run_once=False)
    halt_guest(engine, vm)
    apply_next_run(engine, vm)
    enter(engine, vm, "down")


def apply_next_run(engine: Engine, vm: Entity) -> None:
    """Make the stored next-run configuration the current one."""
    waiting = vm.inner.pop("next_run", None)
    if waiting:
        merge(vm.data, waiting)
    vm.data["next_run_configuration_exists"] = False
    engine.touch(vm)


def stop(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Power off; on a down VM nothing is done."""
    require(call, "stop_vm", vm)
    check_status(vm, "stop")
    if vm.data.get("status") == "down":
        return
    _power_off(call, vm, body)


def _power_off(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    engine = call.engine
    reason = str(body.get("reason") or "")
    if reason:
        vm.data["stop_reason"] = reason
    host = engine.get("host", vm.ref("host"))
    record(engine, 33, call.correlation_id, vm=vm, user=call.user, host=host or "<UNKNOWN>",
           reason=f" (Reason: {reason})" if reason else "")  # fmt: skip
    if vm.data["status"] == "suspended":
        end(engine, vm)
        return
    run = enter(engine, vm, "powering_down")
    engine.after("stop", "vm_ended", vm=vm.id, run=run)


def shutdown(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Shut the guest down; a VM that is not up is powered off instead, on a down VM nothing is done.

    A stubborn guest stays up.
    """
    engine = call.engine
    require(call, "stop_vm", vm)
    check_status(vm, "shutdown")
    if vm.data.get("status") == "down":
        return
    if vm.data["status"] != "up":
        _power_off(call, vm, body)
        return
    reason = str(body.get("reason") or "")
    if reason:
        vm.data["stop_reason"] = reason
    host = engine.get("host", vm.ref("host"))
    record(engine, 73, call.correlation_id, vm=vm, user=call.user, host=host or "",
           reason=f" (Reason: {reason})" if reason else "")  # fmt: skip
    run = enter(engine, vm, "powering_down")
    engine.after("shutdown", "vm_is_up" if vm.inner.get("stubborn") else "vm_ended", vm=vm.id, run=run)


@timer_command("vm_ended")
def _ended(engine: Engine, vm: str, run: int) -> None:
    entity = _still(engine, vm, run)
    if entity is not None:
        record(engine, 61, vm=entity, reason="User shut down from within the guest")
        end(engine, entity)


def reboot(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Reboot the guest; with a configuration waiting for the next run it is a cold reboot."""
    engine = call.engine
    require(call, "reboot_vm", vm)
    check_status(vm, "reboot")
    record(engine, 157, call.correlation_id, vm=vm, user=call.user)
    halt_guest(engine, vm)
    apply_next_run(engine, vm)
    run = enter(engine, vm, "reboot_in_progress")
    engine.after("reboot", "vm_is_up", vm=vm.id, run=run)


def reset(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Reset the machine: it stays up."""
    require(call, "reboot_vm", vm)
    check_status(vm, "reset")
    record(call.engine, 158, call.correlation_id, vm=vm, user=call.user)


def suspend(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Save the memory and leave the host."""
    engine = call.engine
    require(call, "run_vm", vm)
    check_status(vm, "suspend")
    if vm.data.get("stateless"):
        raise refused(cannot("suspend", ". VM is stateless."))
    host = engine.get("host", vm.ref("host"))
    record(engine, 501, call.correlation_id, vm=vm, user=call.user, host=host or "")
    run = enter(engine, vm, "saving_state")
    engine.after("suspend", "vm_suspended", vm=vm.id, run=run, correlation_id=call.correlation_id)


@timer_command("vm_suspended")
def _suspended(engine: Engine, vm: str, run: int, correlation_id: str) -> None:
    entity = _still(engine, vm, run)
    if entity is None:
        return
    record(engine, 503, correlation_id, vm=entity, host=engine.get("host", entity.ref("host")) or "")
    entity.data.pop("host", None)
    entity.data.pop("start_time", None)
    halt_guest(engine, entity)
    enter(engine, entity, "suspended")


def migrate(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Move to another host of the cluster, or to the one named."""
    engine = call.engine
    require(call, "run_vm", vm)
    check_status(vm, "migrate")
    source = engine.get("host", vm.ref("host"))
    wanted = body.get("host")
    host = choose_host(engine, vm, "migrate", wanted=wanted, apart_from=vm.ref("host"))
    record(engine, 62, call.correlation_id, vm=vm, user=call.user, host=host, source=source or "")
    vm.inner["migrating"] = {"back": vm.data["status"], "host": host.id}
    run = enter(engine, vm, "migrating")
    engine.after("migrate", "vm_migrated", vm=vm.id, run=run, correlation_id=call.correlation_id)


def cancel_migration(call: Call, vm: Entity, body: dict[str, Any]) -> None:
    """Stay on the host."""
    require(call, "run_vm", vm)
    if vm.data.get("status") != "migrating":
        raise refused("Cannot cancel migration for non migrating VM.")
    enter(call.engine, vm, vm.inner.pop("migrating")["back"])


@timer_command("vm_migrated")
def _migrated(engine: Engine, vm: str, run: int, correlation_id: str) -> None:
    entity = _still(engine, vm, run)
    if entity is None:
        return
    plan = entity.inner.pop("migrating")
    source = engine.get("host", entity.ref("host"))
    entity.data["host"] = {"id": plan["host"]}
    record(engine, 63, correlation_id, vm=entity, host=engine.get("host", plan["host"]) or "", source=source or "")
    enter(engine, entity, plan["back"])
