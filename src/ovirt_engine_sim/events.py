"""Events (the audit log) and jobs."""

from __future__ import annotations

import uuid
from typing import Any, Final

from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entity import Entity

# code: (severity, text); the text's names come from the arguments of `record`.
CODES: Final[dict[int, tuple[str, str]]] = {
    1: ("normal", "oVirt Engine started."),
    30: ("normal", "User {user} logged in."),
    32: ("normal", "VM {vm} started on Host {host}"),
    33: ("normal", "VM {vm} powered off by {user} (Host: {host}).{reason}"),
    34: ("normal", "VM {vm} was created by {user}."),
    35: ("normal", "VM {vm} configuration was updated by {user}."),
    37: ("normal", "VM {vm} creation was initiated by {user}."),
    45: ("normal", "Snapshot '{snapshot}' creation for VM '{vm}' was initiated by {user}."),
    48: ("normal", "Creation of Template {template} from VM {vm} was initiated by {user}."),
    51: ("normal", "Creation of Template {template} from VM {vm} has been completed."),
    52: ("error", "Failed to complete creation of Template {template} from VM {vm}."),
    53: ("normal", "VM {vm} creation has been completed."),
    54: ("error", "Failed to run VM {vm} (User: {user})."),
    57: ("error", "Failed to create VM {vm} (User: {user})."),
    60: ("error", "Failed to complete VM {vm} creation."),
    61: ("normal", "VM {vm} is down. Exit message: {reason}"),
    63: ("normal", "Migration completed (VM: {vm}, Source: {source}, Destination: {host})."),
    62: ("normal", "Migration started (VM: {vm}, Source: {source}, Destination: {host}, User: {user})."),
    68: ("normal", "Snapshot '{snapshot}' creation for VM '{vm}' has been completed."),
    69: ("error", "Failed to complete snapshot '{snapshot}' creation for VM '{vm}'."),
    73: ("normal", "VM shutdown initiated by {user} on VM {vm} (Host: {host}).{reason}"),
    78: ("normal", "Add-Disk operation of {disk} was initiated on VM {vm} by {user}."),
    97: ("normal", "The disk {disk} was successfully added to VM {vm}."),
    113: ("normal", "VM {vm} was successfully removed."),
    119: ("error", "VM {vm} is down with error. Exit message: {reason}."),
    126: ("warning", "VM {vm} is not responding."),
    130: ("error", "Host {host} is non responsive."),
    150: ("normal", "Starting VM {vm} was initiated by {user}."),
    153: ("normal", "VM {vm} was started by {user} (Host: {host})."),
    157: ("normal", "User {user} initiated reboot of VM {vm}."),
    158: ("normal", "User {user} reset VM {vm}."),
    251: ("normal", "Template {template} was removed by {user}."),
    253: ("normal", "Template {template} was successfully removed."),
    342: ("normal", "Snapshot '{snapshot}' deletion for VM '{vm}' was initiated by {user}."),
    356: ("normal", "Snapshot '{snapshot}' deletion for VM '{vm}' has been completed."),
    357: ("error", "Failed to delete snapshot '{snapshot}' for VM '{vm}'."),
    501: ("normal", "Suspending VM {vm} was initiated by User {user} (Host: {host})."),
    503: ("normal", "VM {vm} on Host {host} is suspended."),
    595: ("normal", "Restoring VM {vm} from snapshot started by user {user}."),
    596: ("normal", "VM {vm} restoring from Snapshot has been completed."),
    850: ("normal", "User/Group {name} was granted permission for Role {role} on {object}, by {user}."),
    851: ("normal", "User/Group {name} Role {role} permission was removed from {object} by {user}."),
    909: ("normal", "Tag {name} was added by {user}."),
    925: ("normal", "Interface {nic} ({interface}) was removed from VM {vm}. (User: {user})"),
    927: ("normal", "Interface {nic} ({interface}) was updated for VM {vm}. (User: {user})"),
    929: ("normal", "Interface {nic} ({interface}) was added to VM {vm}. (User: {user})"),
    942: ("normal", "Network {name} was added to Data Center: {data_center}"),
    1025: ("warning", "VM {vm} has been paused."),
    2000: ("normal", "VM {vm} disk {disk} was plugged by {user}."),
    2002: ("normal", "VM {vm} disk {disk} was unplugged by {user}."),
    2014: ("normal", "Disk {disk} was successfully removed from domain {storage_domain} (User {user})."),
    2016: ("normal", "Disk {disk} was successfully attached to VM {vm} by {user}."),
    2018: ("normal", "Disk {disk} was successfully detached from VM {vm} by {user}."),
    2020: ("normal", "Add-Disk operation of '{disk}' was initiated by {user}."),
    2021: ("normal", "The disk '{disk}' was successfully added."),
    2022: ("error", "Add-Disk operation failed to complete."),
}
_KEPT_DAYS: Final = 30
_MAXIMUM_EVENTS: Final = 100_000
_SWEEP: Final = 1000
_REFERENCES: Final = ("vm", "host", "template", "cluster", "data_center", "storage_domain", "user")


class _Names(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def shown(one: Any) -> str:
    """Return how an event's text names something."""
    if not isinstance(one, Entity):
        return str(one)
    member = {"user": "user_name", "disk": "alias", "snapshot": "description"}.get(one.kind, "name")
    return str(one.data.get(member) or one.name)


def record(engine: Engine, code: int, correlation_id: str = "", **about: Any) -> Entity:
    """Write an event; `about` holds entities (referenced and named in the text) and plain texts."""
    severity, text = CODES[code]
    names = _Names({name: shown(one) for name, one in about.items()})
    data = {
        "code": code, "severity": severity, "description": text.format_map(names), "correlation_id": correlation_id,
    }  # fmt: skip
    for member in _REFERENCES:
        one = about.get(member)
        if isinstance(one, Entity):
            data[member] = {"id": one.id, "name": shown(one)}
    vm = about.get("vm")
    if isinstance(vm, Entity) and vm.ref("cluster"):
        cluster = engine.get("cluster", vm.ref("cluster"))
        if cluster is not None:
            data.setdefault("cluster", {"id": cluster.id, "name": cluster.name})
            center = engine.get("data_center", cluster.ref("data_center"))
            if center is not None:
                data.setdefault("data_center", {"id": center.id, "name": center.name})
    return write(engine, data)


def write(engine: Engine, data: dict[str, Any]) -> Entity:
    """Write an event from its members; ids ascend."""
    counter = engine.get("counter", "event")
    if counter is None:
        counter = engine.put(Entity("counter", "event", {"value": 0}))
    counter.data["value"] += 1
    engine.touch(counter)
    number = counter.data["value"]
    if number % _SWEEP == 0:
        _forget_old(engine)
    common = {"flood_rate": 30, "custom_id": -1, "origin": "oVirt", "time": engine.now(), "index": number}
    return engine.put(Entity("event", str(number), {**common, **data}))


def _forget_old(engine: Engine) -> None:
    """Events are kept thirty days, and never more than a demonstration can hold."""
    found = engine.all("event")
    oldest = engine.now() - _KEPT_DAYS * 86_400_000
    surplus = len(found) - _MAXIMUM_EVENTS
    for place, event in enumerate(found):
        if place >= surplus and event.data["time"] >= oldest:
            break
        engine.drop(event)


def start_job(engine: Engine, correlation_id: str, description: str, user: str, finished: bool = False) -> Entity:
    """Start a job with one step; a finished one leaves after its time."""
    now = engine.now()
    data: dict[str, Any] = {
        "auto_cleared": True, "description": description, "external": False, "last_updated": now,
        "start_time": now, "status": "started", "owner": {"id": user},
    }  # fmt: skip
    job = Entity("job", str(uuid.uuid4()), data, {"correlation_id": correlation_id})
    engine.put(job)
    step = {
        "description": "Executing", "external": False, "number": 0, "start_time": now, "status": "started",
        "type": "executing", "job": {"id": job.id},
    }  # fmt: skip
    engine.put(Entity("step", str(uuid.uuid4()), step, {}, job.id))
    if finished:
        finish_job(engine, job.id)
    return job


def finish_job(engine: Engine, identity: str, failed: bool = False) -> None:
    """End a job; an unknown one is fine."""
    job = engine.get("job", identity)
    if job is None:
        return
    status = "failed" if failed else "finished"
    steps = engine.children("step", job.id)
    for one in (job, *steps):
        one.data.update(status=status, end_time=engine.now())
    job.data["last_updated"] = engine.now()
    engine.touch(job, *steps)
    engine.after("job_failed" if failed else "job_finished", "forget_job", job=job.id)


@timer_command("forget_job")
def _forget_job(engine: Engine, job: str) -> None:
    entity = engine.get("job", job)
    if entity is not None:
        for step in engine.children("step", job):
            engine.drop(step)
        engine.drop(entity)
