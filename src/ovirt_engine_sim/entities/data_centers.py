"""Data centers."""

from __future__ import annotations

from typing import Any

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, has
from ovirt_engine_sim.entities.fixed import add_management_network
from ovirt_engine_sim.entities.quotas import add_default_quota
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import incomplete, refused

_LEVEL = {"major": 4, "minor": 8}


class DataCenters(Service):
    """Data centers: created uninitialized, up once they have a storage domain."""

    kind = "data_center"
    path = "datacenters"
    search = "datacenters"
    permit = "create_storage_pool"
    links = ("iscsibonds", "quotas", "networks", "storagedomains", "clusters", "qoss", "permissions")
    actions = {"cleanfinishedtasks": "clean", "setmaster": ""}
    unique_name = (
        "Cannot create Data Center. The Data Center name is already in use, please choose a unique name and try again."
    )

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        if not has(body, "local") and not has(body, "storage_format") and body.get("local") is None:
            raise incomplete("data_center", "name, local|storageType")
        if len(str(body["name"])) > 40:
            raise refused("Cannot create Data Center. The given name is too long.", status=400)
        center = super().create(call, parent, body)
        add_management_network(call.engine, center)
        add_default_quota(call.engine, center.id)
        return center

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        pool = next((one.id for one in call.engine.all("mac_pool") if one.data.get("default_pool")), "")
        return {
            "description": "", "local": False, "quota_mode": "disabled", "status": "uninitialized",
            "storage_format": "v5", "supported_versions": [_LEVEL], "version": _LEVEL, "mac_pool": {"id": pool},
        }  # fmt: skip

    def check_remove(self, call: Call, entity: Entity) -> None:
        if any(
            one.inner.get("data_center") == entity.id for one in call.engine.all("storage_domain")
        ) and not call.flag("force"):
            raise refused("Cannot remove Data Center. Data Center contains Storage Domains.")
        if any(one.ref("data_center") == entity.id for one in call.engine.all("cluster")):
            raise refused("Cannot remove Data Center. One or more Clusters are still attached to it.")
        _drop_networks(call.engine, entity.id)

    def clean(self, call: Call, entity: Entity, body: dict[str, Any]) -> Any:
        """Forget finished storage tasks: there are none."""
        return self.done(call, "Cleaning finished tasks")


def _drop_networks(engine: Engine, center: str) -> None:
    for network in engine.all("network"):
        if network.ref("data_center") == center:
            for profile in engine.all("vnic_profile"):
                if profile.ref("network") == network.id:
                    engine.drop(profile)
            engine.drop(network)


SERVICES = (DataCenters(),)
