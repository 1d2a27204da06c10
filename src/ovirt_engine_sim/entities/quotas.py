"""Quotas of a data center with their limits and usage."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, resolve
from ovirt_engine_sim.entities.vm_states import RUNNING
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.inventory import derived_id

GIB: Final = 1 << 30
_PERCENT: Final = {
    "cluster_hard_limit_pct": 20,
    "cluster_soft_limit_pct": 80,
    "storage_hard_limit_pct": 20,
    "storage_soft_limit_pct": 80,
}
_UNLIMITED: Final = -1


def add_quota(
    engine: Engine, identity: str, data_center: str, name: str, description: str,
    storage_limit: int | None, cpu_limit: int | None, memory_limit: int | None,
) -> Entity:  # fmt: skip
    """Add a quota with limits for the whole data center: GiB of storage, virtual CPUs, GiB of memory."""
    data = {"name": name, "description": description, **_PERCENT, "data_center": {"id": data_center}}
    quota = engine.put(Entity("quota", identity, data, {}, data_center))
    storage = {"limit": _UNLIMITED if storage_limit is None else storage_limit}
    engine.put(Entity("quota_storage_limit", engine.new_id(), storage, {}, quota.id))
    cluster = {
        "vcpu_limit": _UNLIMITED if cpu_limit is None else cpu_limit,
        "memory_limit": float(_UNLIMITED if memory_limit is None else memory_limit),
    }
    engine.put(Entity("quota_cluster_limit", engine.new_id(), cluster, {}, quota.id))
    return quota


def add_default_quota(engine: Engine, data_center: str) -> Entity:
    """Add the unlimited quota that every data center has."""
    return add_quota(
        engine, derived_id("quota", data_center), data_center, "Default", "Default unlimited quota", None, None, None
    )


def default_quota(engine: Engine, data_center: str) -> str:
    """Return the id of a data center's own quota, or an empty string when it was removed."""
    return next((one.id for one in engine.children("quota", data_center) if one.name == "Default"), "")


def storage_usage(engine: Engine, quota: str, domain: str = "") -> float:
    """Return the GiB of virtual disk size that a quota carries, of one storage domain or of all."""
    size = sum(
        int(disk.data.get("provisioned_size") or 0)
        for disk in engine.all("disk")
        if disk.ref("quota") == quota
        and (not domain or domain in [one.get("id") for one in disk.data.get("storage_domains", ())])
    )
    return round(size / GIB, 3)


def cluster_usage(engine: Engine, quota: str, cluster: str = "") -> tuple[int, float]:
    """Return the virtual CPUs and GiB of memory that running VMs of a quota take."""
    vms = [
        vm
        for vm in engine.all("vm")
        if vm.ref("quota") == quota
        and vm.data.get("status") in RUNNING
        and (not cluster or vm.ref("cluster") == cluster)
    ]
    topologies = [vm.data["cpu"]["topology"] for vm in vms]
    count = sum(one.get("cores", 1) * one.get("sockets", 1) * one.get("threads", 1) for one in topologies)
    memory = sum(int(vm.data.get("memory") or 0) for vm in vms) / GIB
    return int(count), round(memory, 3)


class Quotas(Service):
    """The quotas of a data center."""

    kind = "quota"
    path = "quotas"
    parent_kind = "data_center"
    permit = "configure_quota"
    links = ("permissions", "quotaclusterlimits", "quotastoragelimits")
    readonly = frozenset({"data_center", "disks", "vms", "users", "link", "actions"})
    unique_name = "Cannot add Quota. Quota name already exists."

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        assert parent is not None
        return {"description": "", **_PERCENT, "data_center": {"id": parent.id}}

    def check_remove(self, call: Call, entity: Entity) -> None:
        used = [one for kind in ("vm", "disk") for one in call.engine.all(kind) if one.ref("quota") == entity.id]
        if used:
            raise refused("Cannot remove Quota. Quota is in use by Virtual Machines or Disks.")

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        reply = super().remove(call, parent, entity)
        for kind in ("quota_storage_limit", "quota_cluster_limit"):
            for limit in call.engine.children(kind, entity.id):
                call.engine.drop(limit)
        return reply


class _Limits(Service):
    """The limits of a quota; one without a target holds for everything in the data center."""

    parent_kind = "quota"
    permit = "configure_quota"
    mandatory = ()
    target = ""
    usage: frozenset[str] = frozenset()

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        assert parent is not None
        if isinstance(body.get(self.target), dict):
            body[self.target] = {"id": resolve(call.engine, self.target, body[self.target]).id}
        present = [one.ref(self.target) for one in call.engine.children(self.kind, parent.id)]
        wanted = (body.get(self.target) or {}).get("id", "")
        if wanted in present or "" in present or (present and not wanted):
            raise refused("Cannot edit Quota. A Quota can not have overlapping limits.")
        data = {name: value for name, value in body.items() if name not in ("id", "href", "quota", *self.usage)}
        return call.engine.put(Entity(self.kind, call.engine.new_id(), data, {}, parent.id))

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        return {**self.used(call.engine, entity), "quota": {"id": entity.parent}}

    def used(self, engine: Engine, limit: Entity) -> dict[str, Any]:
        """Return the usage members."""
        raise NotImplementedError


class ClusterLimits(_Limits):
    """Limits of virtual CPUs and memory."""

    kind = "quota_cluster_limit"
    path = "quotaclusterlimits"
    target = "cluster"
    usage = frozenset({"memory_usage", "vcpu_usage"})

    def used(self, engine: Engine, limit: Entity) -> dict[str, Any]:
        count, memory = cluster_usage(engine, limit.parent, limit.ref("cluster"))
        return {"vcpu_usage": count, "memory_usage": memory}


class StorageLimits(_Limits):
    """Limits of storage."""

    kind = "quota_storage_limit"
    path = "quotastoragelimits"
    target = "storage_domain"
    usage = frozenset({"usage"})

    def used(self, engine: Engine, limit: Entity) -> dict[str, Any]:
        return {"usage": storage_usage(engine, limit.parent, limit.ref("storage_domain"))}


SERVICES = (Quotas(), ClusterLimits(), StorageLimits())
