"""Enforcement of quotas: what a data center in quota mode `enabled` refuses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.quotas import GIB, cluster_usage, storage_usage
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused

_NO_STORAGE: Final = "Quota has insufficient storage resources."
_NO_CLUSTER: Final = "Quota has insufficient cluster resources."
_NOT_VALID: Final = "Quota is not valid."


def enforced(engine: Engine, data_center: str) -> bool:
    """Return whether a data center refuses what exceeds a quota."""
    center = engine.get("data_center", data_center)
    return center is not None and center.data.get("quota_mode") == "enabled"


def _limit(quota: Entity, value: float, member: str) -> float:
    """Return a limit with its grace; a negative one is unlimited."""
    grace = int(quota.data.get(member) or 0)
    return float("inf") if value < 0 else value * (100 + grace) / 100


def check_storage(engine: Engine, quota: str, domain: str, size: int, command: str) -> None:
    """Raise 409 when `size` more bytes on a storage domain exceed the quota; `command` begins the text.

    Only in a data center that enforces quotas; there a missing or foreign quota is refused too.
    """
    storage = engine.get("storage_domain", domain)
    center = str(storage.inner.get("data_center") or "") if storage else ""
    if not enforced(engine, center):
        return
    held = engine.get("quota", quota)
    if held is None or held.ref("data_center") != center:
        raise refused(f"{command}. {_NOT_VALID}")
    limits = [
        (storage_usage(engine, quota, one.ref("storage_domain")), float(one.data.get("limit", -1)))
        for one in engine.children("quota_storage_limit", quota)
        if one.ref("storage_domain") in ("", domain)
    ]
    if not limits or any(used + size / GIB > _limit(held, limit, "storage_hard_limit_pct") for used, limit in limits):
        raise refused(f"{command}. {_NO_STORAGE}")


def check_disks(engine: Engine, quota: str, disks: Iterable[dict[str, Any]], command: str) -> None:
    """Raise 409 when disks (their documents) together exceed the quota."""
    sizes: dict[str, int] = defaultdict(int)
    for disk in disks:
        for domain in disk.get("storage_domains") or ():
            sizes[str(domain.get("id"))] += int(disk.get("provisioned_size") or 0)
    for domain, size in sizes.items():
        check_storage(engine, quota, domain, size, command)


def check_running(engine: Engine, vm: Entity) -> None:
    """Raise 409 when one more running VM exceeds its quota."""
    cluster = engine.get("cluster", vm.ref("cluster"))
    if cluster is None or not enforced(engine, cluster.ref("data_center")):
        return
    quota = engine.get("quota", vm.ref("quota"))
    if quota is None or quota.ref("data_center") != cluster.ref("data_center"):
        raise refused(f"Cannot run VM. {_NOT_VALID}")
    topology = vm.data["cpu"]["topology"]
    cpus = topology.get("cores", 1) * topology.get("sockets", 1) * topology.get("threads", 1)
    memory = int(vm.data.get("memory") or 0) / GIB
    limits = [one for one in engine.children("quota_cluster_limit", quota.id) if one.ref("cluster") in ("", cluster.id)]
    if not limits or any(_exceeds(engine, quota, limit, cpus, memory) for limit in limits):
        raise refused(f"Cannot run VM. {_NO_CLUSTER}")


def _exceeds(engine: Engine, quota: Entity, limit: Entity, cpus: int, memory: float) -> bool:
    used_cpus, used_memory = cluster_usage(engine, quota.id, limit.ref("cluster"))
    most_cpus = _limit(quota, float(limit.data.get("vcpu_limit", -1)), "cluster_hard_limit_pct")
    most_memory = _limit(quota, float(limit.data.get("memory_limit", -1)), "cluster_hard_limit_pct")
    return used_cpus + cpus > most_cpus or used_memory + memory > most_memory
