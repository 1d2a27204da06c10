"""Validations of VM bodies: names, memory, quota."""

from __future__ import annotations

import re
from typing import Any, Final

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.vm_states import cannot
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.machines import MIB

MAXIMUM_NAME: Final = 64
MAXIMUM_THREADS: Final = 8
MAXIMUM_CPUS: Final = 710
_NAME: Final = re.compile(r"[\w.-]+")
SPECIAL: Final = (
    "Can not {} {}. The given name contains special characters. "
    "Only lower-case and upper-case letters, numbers, '_', '-', '.' are allowed."
)


def check_name(engine: Engine, name: str, cluster: Entity, present: Entity | None = None) -> None:
    """Raise for a name with special characters, too long, or taken in the cluster's data center."""
    if not _NAME.fullmatch(name):
        raise refused(SPECIAL.format("add", "VM"), status=400)
    if len(name) > MAXIMUM_NAME:
        raise refused("Can not add VM. The given name is too long.", status=400)
    center = cluster.ref("data_center")
    for other in engine.named("vm", name):
        where = engine.get("cluster", other.ref("cluster"))
        if other is not present and where is not None and where.ref("data_center") == center:
            text = ". The VM name is already in use, please choose a unique name and try again."
            raise refused(cannot("create" if present is None else "update", text))


def normalize_memory(given: dict[str, Any], current: dict[str, Any]) -> None:
    """Complete a changed memory size: the guarantee follows down, the maximum is four times as much."""
    memory = given.get("memory")
    if memory is None:
        return
    policy = dict(given.get("memory_policy") or {})
    present = current.get("memory_policy") or {}
    if "guaranteed" not in policy:
        policy["guaranteed"] = min(int(present.get("guaranteed", memory)), memory)
        if current.get("memory") == present.get("guaranteed"):
            policy["guaranteed"] = memory
    if "max" not in policy:
        policy["max"] = max(memory * 4, memory)
    given["memory_policy"] = policy


def check_memory(data: dict[str, Any], command: str) -> None:
    """Raise when guaranteed <= memory <= max does not hold or a size is not whole MiB."""
    memory = int(data.get("memory") or 0)
    policy = data.get("memory_policy") or {}
    if memory <= 0 or memory % MIB:
        raise refused(cannot(command, ". The memory size must be a positive number of MiB."), status=400)
    if int(policy.get("guaranteed", memory)) > memory:
        raise refused(cannot(command, ". Physical Memory Guaranteed cannot exceed Memory Size."))
    if int(policy.get("max", memory)) < memory:
        raise refused(cannot(command, ". Memory size cannot exceed maximum memory size."))


def check_cpu(data: dict[str, Any], command: str) -> None:
    """Raise for a CPU topology that no machine can have."""
    topology = (data.get("cpu") or {}).get("topology") or {}
    sockets, cores, threads = (int(topology.get(name, 1)) for name in ("sockets", "cores", "threads"))
    if min(sockets, cores, threads) < 1:
        raise refused(cannot(command, ". The number of sockets, cores and threads must be positive."), status=400)
    if threads > MAXIMUM_THREADS:
        raise refused(cannot(command, ". Number of Threads per Core exceeds the maximum for the cluster."))
    if sockets * cores * threads > MAXIMUM_CPUS:
        raise refused(cannot(command, ". Total CPU exceeds maximum for the cluster."))


def check_quota(engine: Engine, cluster: Entity, body: dict[str, Any]) -> None:
    """Raise when the data center enforces quotas and none is given."""
    center = engine.get("data_center", cluster.ref("data_center"))
    if center is None or center.data.get("quota_mode") != "enabled":
        return
    quota = engine.get("quota", str((body.get("quota") or {}).get("id", "")))
    if quota is None or quota.ref("data_center") != center.id:
        raise refused(cannot("create", ". Quota is not valid."))
