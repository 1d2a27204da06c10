"""Collections that the engine has from its installation, and those that stay empty."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.vm_parts import empty
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import not_found
from ovirt_engine_sim.machines import LARGE_ICON, SMALL_ICON

_PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def fixed(kind_: str, path_: str, rels: tuple[str, ...] = (), parent: str = "", member: str = "") -> Service:
    """Return a read-only service; `member` names the reference that ties rows to their parent."""

    class Fixed(Service):
        """A collection that only changes with the installation."""

        kind = kind_
        path = path_
        parent_kind = parent
        links = rels
        writable = False

        def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
            found = call.engine.all(self.kind)
            return [one for one in found if one.ref(member) == parent.id] if parent else found

        def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
            found = next((one for one in self.rows(call, parent) if one.id == identity), None)
            if found is None:
                raise not_found()
            return found

    return Fixed()


class Icons(Service):
    """The two icons that machines refer to."""

    kind = "icon"
    path = "icons"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        data = {"data": _PIXEL, "media_type": "image/png"}
        return [Entity("icon", identity, data, volatile=True) for identity in (LARGE_ICON, SMALL_ICON)]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        found = next((one for one in self.rows(call, parent) if one.id == identity), None)
        if found is None:
            raise not_found()
        return found


class Bookmarks(Service):
    """Saved searches."""

    kind = "bookmark"
    path = "bookmarks"
    mandatory = ("name", "value")

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return {}


class OperatingSystems(Service):
    """The operating systems a machine may name."""

    kind = "operating_system_info"
    path = "operatingsystems"
    writable = False

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        raise not_found()


def add_management_network(engine: Engine, center: Entity) -> None:
    """Give a new data center its management network and vNIC profile."""
    usages = ["vm", "display", "management", "migration", "default_route"]
    data = {
        "name": "ovirtmgmt", "description": "Management Network", "comment": "", "mtu": 0, "stp": False,
        "usages": ["vm"], "data_center": {"id": center.id},
        "vdsm_name": "ovirtmgmt", "port_isolation": False,
    }  # fmt: skip
    network = engine.put(Entity("network", engine.new_id(), data, {"clusters": {}, "usages": usages}))
    chosen = next(engine.named("network_filter", "vdsm-no-mac-spoofing"), None)
    profile: dict[str, Any] = {
        "name": "ovirtmgmt", "pass_through": {"mode": "disabled"}, "port_mirroring": False,
        "network": {"id": network.id},
    }  # fmt: skip
    if chosen is not None:
        profile["network_filter"] = {"id": chosen.id}
    engine.put(Entity("vnic_profile", engine.new_id(), profile))


SERVICES = (
    fixed("cluster_level", "clusterlevels"),
    fixed("cpu_profile", "cpuprofiles", ("permissions",)),
    fixed("cpu_profile", "cpuprofiles", ("permissions",), "cluster", "cluster"),
    fixed("disk_profile", "diskprofiles", ("permissions",)),
    fixed("disk_profile", "diskprofiles", ("permissions",), "storage_domain", "storage_domain"),
    fixed("domain", "domains", ("users", "groups")),
    fixed("network_filter", "networkfilters"),
    fixed("scheduling_policy", "schedulingpolicies", ("filters", "weights", "balances")),
    OperatingSystems(), Icons(), Bookmarks(),
    empty("vm_pool", "vmpools", ""),
    empty("storage_connection", "storageconnections", ""),
    empty("image_transfer", "imagetransfers", ""),
    empty("open_stack_network_provider", "openstacknetworkproviders", ""),
)  # fmt: skip
