"""Logical networks: of the engine, of a data center, of a cluster, and their labels."""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, resolve
from ovirt_engine_sim.entities.vnic_profiles import PROFILE_SERVICES, add_profile, profile_document, users_of
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import immutable, not_found, refused
from ovirt_engine_sim.permits import require

_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{1,15}")
_VLAN: Final = range(1, 4095)
_MAXIMUM_NAME: Final = 256
# Usages that belong to a cluster's use of a network, not to the network itself.
CLUSTER_USAGES: Final = ("display", "management", "migration", "gluster", "default_route")


def device_name(name: str) -> str:
    """Return the name of a network's bridge on the hosts: its own when short and plain, else derived."""
    if _DEVICE.fullmatch(name):
        return name
    return "on" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:13]


def check_network(body: dict[str, Any], verb: str) -> None:
    """Raise 400 for a name or VLAN that no network can have."""
    name = body.get("name")
    if name is not None and not 1 <= len(name) <= _MAXIMUM_NAME:
        raise refused(f"Cannot {verb} Network. Network name must be 1-{_MAXIMUM_NAME} long.", status=400)
    vlan = (body.get("vlan") or {}).get("id")
    if vlan is not None and int(vlan) not in _VLAN:
        raise refused(f"Cannot {verb} Network. VLAN ID must be between 1 and 4094.", status=400)
    mtu = body.get("mtu")
    if mtu is not None and int(mtu) != 0 and int(mtu) < 68:
        raise refused(f"Cannot {verb} Network. MTU must be greater than 68.", status=400)


class Networks(Service):
    """The networks of all data centers; a name is unique in its data center."""

    kind = "network"
    path = "networks"
    search = "networks"
    permit = "create_storage_pool_network"
    links = ("networklabels", "permissions", "vnicprofiles")
    mandatory: ClassVar[tuple[str, ...]] = ("name", "data_center.id|data_center.name")
    readonly = frozenset(
        {"status", "required", "cluster", "display", "vnic_profiles", "network_labels", "link", "actions"}
    )
    unique_name = "Cannot add Network. The following Network name is already in use in the Data Center."

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        check_network(body, "add")
        center = resolve(call.engine, "data_center", body["data_center"])
        self._check_unique(call.engine, body["name"], center.id)
        usages: list[str] = ["vm"] if body.get("usages") is None else body["usages"]
        given = {
            name: value
            for name, value in body.items()
            if name not in ("id", "href", "profile_required", *self.readonly)
        }
        data = {
            "description": "", "comment": "", "mtu": 0, "stp": False, "port_isolation": False,
            "vdsm_name": device_name(body["name"]), **given, "data_center": {"id": center.id},
            "usages": [one for one in usages if one == "vm"],
        }  # fmt: skip
        network = call.engine.put(Entity("network", call.engine.new_id(), data, {"clusters": {}, "usages": usages}))
        if "vm" in usages and body.get("profile_required") is not False:
            add_profile(call.engine, profile_document(name=network.name, network={"id": network.id}))
        record(call.engine, 942, call.correlation_id, name=network.name, data_center=center)
        return network

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, "configure_storage_pool_network", entity)
        self.check_id(entity, body)
        check_network(body, "edit")
        if body.get("data_center") and resolve(call.engine, "data_center", body["data_center"]).id != entity.ref(
            "data_center"
        ):
            raise immutable("data_center")
        if body.get("name") not in (None, entity.name):
            self._check_unique(call.engine, body["name"], entity.ref("data_center"))
        change = {k: v for k, v in body.items() if k not in ("id", "href", "data_center", "usages", *self.readonly)}
        if body.get("usages") is not None:
            entity.inner["usages"] = list(body["usages"])
            change["usages"] = [one for one in body["usages"] if one == "vm"]
        merge(entity.data, change)
        call.engine.touch(entity)
        return Reply(200, entity, self)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if "management" in entity.inner.get("usages", ()):
            raise refused(f"The Management Network ('{entity.name}') is mandatory and cannot be removed.")
        vms = users_of(
            call.engine, [one.id for one in call.engine.all("vnic_profile") if one.ref("network") == entity.id]
        )
        if len(vms) == 1:
            raise refused(
                f"Cannot remove Network. This logical network is used by VM: {vms[0]}\n"
                " - Please remove it from this VM and try again."
            )
        if vms:
            raise refused(
                f"Cannot remove Network. This logical network is used by VMs: ({len(vms)}): {', '.join(vms)}\n"
                " - Please detach VMs using this logical network and try again."
            )

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        reply = super().remove(call, parent, entity)
        for profile in [one for one in call.engine.all("vnic_profile") if one.ref("network") == entity.id]:
            call.engine.drop(profile)
        for label in call.engine.children("network_label", entity.id):
            call.engine.drop(label)
        return reply

    def _check_unique(self, engine: Engine, name: str, center: str) -> None:
        if any(one.ref("data_center") == center for one in engine.named("network", name)):
            raise refused(self.unique_name)


class CenterNetworks(Networks):
    """The networks of one data center."""

    parent_kind = "data_center"
    search = ""
    mandatory = ("name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [one for one in call.engine.all("network") if one.ref("data_center") == parent.id]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return _member(self.members(call, parent), identity)

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        assert parent is not None
        return super().create(call, None, {**body, "data_center": {"id": parent.id}})


class ClusterNetworks(Service):
    """The networks that a cluster uses, with how it uses them."""

    kind = "network"
    path = "networks"
    parent_kind = "cluster"
    permit = "configure_storage_pool_network"
    links = ("networklabels", "permissions", "vnicprofiles")
    mandatory = ("id|name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        attached = (one for one in call.engine.all("network") if parent.id in one.inner.get("clusters", {}))
        return [self._shown(one, parent) for one in attached]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return _member(self.members(call, parent), identity)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        self.check_mandatory(body)
        network = resolve(call.engine, "network", body, data_center=parent.ref("data_center"))
        if network.ref("data_center") != parent.ref("data_center"):
            raise refused("Cannot attach Network. The network does not belong to the cluster's Data Center.")
        if parent.id in network.inner.setdefault("clusters", {}):
            raise refused("Cannot attach Network. The Network is already attached to the Cluster.")
        return Reply(201, self._use(call, parent, network, body), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        network = call.engine.get("network", entity.id)
        assert network is not None
        return Reply(200, self._use(call, parent, network, body), self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        network = call.engine.get("network", entity.id)
        assert network is not None
        if "management" in self._usages(network, parent):
            raise refused("Cannot detach Network. The management network can not be detached from the Cluster.")
        del network.inner["clusters"][parent.id]
        call.engine.touch(network)
        return self.done(call, f"Detaching Network {network.name} from Cluster {parent.name}")

    def _use(self, call: Call, cluster: Entity, network: Entity, body: dict[str, Any]) -> Entity:
        present = network.inner["clusters"].get(cluster.id)
        use = dict(present) if present is not None else {"required": True}
        if body.get("required") is not None:
            use["required"] = body["required"]
        if body.get("usages") is not None:
            use["usages"] = [one for one in body["usages"] if one in CLUSTER_USAGES]
        network.inner["clusters"][cluster.id] = use
        call.engine.touch(network)
        return self._shown(network, cluster)

    @staticmethod
    def _usages(network: Entity, cluster: Entity) -> list[str]:
        use = network.inner["clusters"][cluster.id]
        own = use.get("usages", [one for one in network.inner.get("usages", ()) if one in CLUSTER_USAGES])
        return [*network.data.get("usages", ()), *(one for one in own if one not in network.data.get("usages", ()))]

    def _shown(self, network: Entity, cluster: Entity) -> Entity:
        usages = self._usages(network, cluster)
        data = {
            **network.data, "usages": usages, "required": bool(network.inner["clusters"][cluster.id].get("required")),
            "display": "display" in usages, "status": "operational", "cluster": {"id": cluster.id},
        }  # fmt: skip
        return Entity("network", network.id, data, network.inner, volatile=True)


class NetworkLabels(Service):
    """The labels of a network; a label's id is its name."""

    kind = "network_label"
    path = "networklabels"
    parent_kind = "network"
    permit = "configure_storage_pool_network"
    mandatory = ("id",)

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        assert parent is not None
        if not re.fullmatch(r"[\w-]{1,50}", str(body["id"])):
            raise refused("Cannot label Network. The given label contains special characters.", status=400)
        if call.engine.children("network_label", parent.id):
            raise refused("Cannot label Network. The Network is already labeled.")
        data = {"network": {"id": parent.id}}
        return call.engine.put(Entity("network_label", str(body["id"]), data, {}, parent.id))


def _member(rows: list[Entity], identity: str) -> Entity:
    for one in rows:
        if one.id == identity:
            return one
    raise not_found()


SERVICES = (Networks(), CenterNetworks(), ClusterNetworks(), NetworkLabels(), *PROFILE_SERVICES)
