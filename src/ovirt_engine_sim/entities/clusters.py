"""Clusters and their CPU profiles."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.loading_fixed import POLICY

_BASE: Final[dict[str, Any]] = {
    "description": "", "comment": "", "ballooning_enabled": True, "bios_type": "q35_sea_bios",
    "cpu": {"architecture": "x86_64", "type": "Intel Nehalem Family"},
    "custom_scheduling_policy_properties": [
        {"name": "HighUtilization", "value": "80"}, {"name": "CpuOverCommitDurationMinutes", "value": "2"},
    ],
    "error_handling": {"on_error": "migrate"},
    "fencing_policy": {
        "enabled": True, "skip_if_connectivity_broken": {"enabled": False, "threshold": 50},
        "skip_if_gluster_bricks_up": False, "skip_if_gluster_quorum_not_met": False,
        "skip_if_sd_active": {"enabled": False},
    },
    "fips_mode": "undefined", "firewall_type": "firewalld", "gluster_service": False, "ha_reservation": False,
    "ksm": {"enabled": True, "merge_across_nodes": True}, "log_max_memory_used_threshold": 95,
    "log_max_memory_used_threshold_type": "percentage",
    "memory_policy": {"over_commit": {"percent": 100}, "transparent_hugepages": {"enabled": True}},
    "migration": {
        "auto_converge": "inherit", "bandwidth": {"assignment_method": "auto"}, "compressed": "inherit",
        "encrypted": "inherit", "policy": {"id": "a7aeedb2-8d66-4e51-bb22-32595027ce71"},
    },
    "required_rng_sources": ["urandom"], "switch_type": "legacy", "threads_as_cores": False, "trusted_service": False,
    "tunnel_migration": False, "upgrade_in_progress": False, "upgrade_percent_complete": 0,
    "version": {"major": 4, "minor": 8}, "virt_service": True, "vnc_encryption": False,
    "scheduling_policy": {"id": POLICY},
}  # fmt: skip


def cluster_document(**changes: Any) -> dict[str, Any]:
    """Return the members of a cluster."""
    return {**deepcopy(_BASE), **changes}


def add_profile(engine: Engine, cluster: Entity) -> None:
    """Add the CPU profile that every cluster has."""
    data = {"name": cluster.name, "cluster": {"id": cluster.id}}
    engine.put(Entity("cpu_profile", engine.new_id(), data))


class Clusters(Service):
    """The clusters collection."""

    kind = "cluster"
    path = "clusters"
    search = "clusters"
    permit = "create_cluster"
    mandatory = ("name", "data_center.id|data_center.name")
    links = (
        "affinitygroups",
        "glusterhooks",
        "glustervolumes",
        "enabledfeatures",
        "externalnetworkproviders",
        "cpuprofiles",
        "networkfilters",
        "networks",
        "permissions",
    )
    actions = {
        "resetemulatedmachine": "settle",
        "upgrade": "",
        "syncallnetworks": "settle",
        "refreshglusterhealstatus": "",
    }
    unique_name = "Cannot add Cluster. The Cluster name is already in use, please choose a unique name and try again."

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        if len(str(body["name"])) > 40:
            raise refused("Cannot add Cluster. The given name is too long.", status=400)
        cluster = super().create(call, parent, body)
        add_profile(call.engine, cluster)
        for network in call.engine.all("network"):
            managing = "management" in network.inner.get("usages", ())
            if managing and network.ref("data_center") == cluster.ref("data_center"):
                network.inner.setdefault("clusters", {})[cluster.id] = {"required": True}
                call.engine.touch(network)
        return cluster

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        pool = next((one.id for one in call.engine.all("mac_pool") if one.data.get("default_pool")), "")
        return cluster_document(mac_pool={"id": pool})

    def check_remove(self, call: Call, entity: Entity) -> None:
        engine = call.engine
        if any(one.ref("cluster") == entity.id for one in engine.all("host")):
            raise refused("Cannot remove Cluster. One or more Hosts are still associated with it.")
        if any(one.ref("cluster") == entity.id for one in engine.all("vm")):
            raise refused("Cannot remove Cluster. One or more VMs are still associated with it.")
        if any(one.ref("cluster") == entity.id for one in engine.all("template")):
            raise refused("Cannot remove Cluster. One or more Templates are still associated with it.")
        for profile in engine.all("cpu_profile"):
            if profile.ref("cluster") == entity.id:
                engine.drop(profile)

    def settle(self, call: Call, entity: Entity, body: dict[str, Any]) -> Any:
        """Actions that change nothing that can be seen here."""
        return self.done(call, f"Updating Cluster {entity.name}")


class DataCenterClusters(Clusters):
    """The clusters of a data center."""

    parent_kind = "data_center"
    search = ""

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [one for one in call.engine.all("cluster") if one.ref("data_center") == parent.id]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return super().find(call, None, identity)


SERVICES = (Clusters(), DataCenterClusters())
