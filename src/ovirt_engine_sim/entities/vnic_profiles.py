"""vNIC profiles of networks, and the filter parameters of NICs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, resolve
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import immutable, not_found, refused
from ovirt_engine_sim.permits import require

DEFAULT_FILTER: Final = "vdsm-no-mac-spoofing"


def profile_document(**members: Any) -> dict[str, Any]:
    """Return the members every vNIC profile has."""
    return {"pass_through": {"mode": "disabled"}, "port_mirroring": False, "migratable": True, **members}


def add_profile(engine: Engine, data: dict[str, Any]) -> Entity:
    """Add a profile; it filters MAC spoofing unless it names another filter."""
    if "network_filter" not in data:
        chosen = next(engine.named("network_filter", DEFAULT_FILTER), None)
        if chosen is not None:
            data["network_filter"] = {"id": chosen.id}
    return engine.put(Entity("vnic_profile", engine.new_id(), data))


def users_of(engine: Engine, profiles: Collection[str]) -> list[str]:
    """Return the names of the VMs with a NIC on one of the profiles."""
    vms = [engine.get("vm", nic.parent) for nic in engine.all("nic") if nic.ref("vnic_profile") in profiles]
    return sorted({vm.name for vm in vms if vm is not None})


class VnicProfiles(Service):
    """The profiles of all networks; a name is unique in its network."""

    kind = "vnic_profile"
    path = "vnicprofiles"
    permit = "configure_network_vnic_profile"
    links = ("permissions",)
    mandatory: ClassVar[tuple[str, ...]] = ("name", "network.id|network.name")
    unique_name = (
        "Cannot add VM network interface profile. The VM network interface profile's name is already used by an "
        "existing profile for the same network. Please choose a different name."
    )

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        network = parent or resolve(call.engine, "network", body["network"])
        self._check(call, body["name"], network)
        self.resolve_refs(call.engine, body)
        given = {name: value for name, value in body.items() if name not in ("id", "href", "network", *self.readonly)}
        if given.get("network_filter") in (None, {}) and "network_filter" in body:
            given.pop("network_filter", None)
        return add_profile(call.engine, profile_document(**given, network={"id": network.id}))

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, self.permit, entity)
        network = call.engine.get("network", entity.ref("network"))
        assert network is not None
        if body.get("network") and resolve(call.engine, "network", body["network"]).id != network.id:
            raise immutable("network")
        body.pop("network", None)
        if body.get("name") not in (None, entity.name):
            self._check(call, body["name"], network)
        if "network_filter" in body and not body["network_filter"]:
            body.pop("network_filter")
            entity.data.pop("network_filter", None)
        return super().update(call, parent, entity, {k: v for k, v in body.items() if v is not None})

    def check_name(self, engine: Engine, name: str | None, parent: Entity | None) -> None:
        """Names are checked within the network."""

    def _check(self, call: Call, name: str, network: Entity) -> None:
        if len(name) > 50:
            raise refused("Cannot add VM network interface profile. The given name is too long.", status=400)
        if any(one.ref("network") == network.id for one in call.engine.named("vnic_profile", name)):
            raise refused(self.unique_name)

    def check_remove(self, call: Call, entity: Entity) -> None:
        vms = users_of(call.engine, [entity.id])
        if vms:
            raise refused(
                "Cannot remove VM network interface profile. The VM network interface profile is in use by VMs: "
                f"{', '.join(vms)}."
            )


class NetworkProfiles(VnicProfiles):
    """The profiles of one network."""

    parent_kind = "network"
    mandatory = ("name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [one for one in call.engine.all("vnic_profile") if one.ref("network") == parent.id]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        for one in self.members(call, parent):
            if one.id == identity:
                return one
        raise not_found()


class FilterParameters(Service):
    """Parameters of the network filter of a NIC."""

    kind = "network_filter_parameter"
    path = "networkfilterparameters"
    parent_kind = "nic"
    permit = "configure_vm_network"
    mandatory = ("name", "value")

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        assert parent is not None
        return {"nic": {"id": parent.id}}


PROFILE_SERVICES = (VnicProfiles(), NetworkProfiles(), FilterParameters())
