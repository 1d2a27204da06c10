"""NICs of VMs and templates."""

from __future__ import annotations

from typing import Any, ClassVar

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, resolve
from ovirt_engine_sim.entities.vm_states import check_status
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.macs import int_to_mac, mac_to_int
from ovirt_engine_sim.permits import require

NAME_TAKEN = "Network interface name is already in use"


def draw_mac(engine: Engine, cluster: str) -> str:
    """Return a free address of the cluster's pool; raises 409 when it is exhausted."""
    entity = engine.get("cluster", cluster)
    pool = engine.get("mac_pool", entity.ref("mac_pool")) if entity else None
    if pool is None:
        pool = next(one for one in engine.all("mac_pool") if one.data.get("default_pool"))
    ranges = [(mac_to_int(one["from"]), mac_to_int(one["to"])) for one in pool.data.get("ranges", ())]
    # Drawn in order from where the last one was found, so that freed addresses are not reused at once.
    last = int(pool.inner.get("last", -1))
    numbers = [
        number for first, end in ranges for number in (range(max(first, last + 1), end + 1), range(first, end + 1))
    ]
    for span in sorted(numbers, key=lambda one: one.start <= last):
        for number in span:
            mac = int_to_mac(number)
            if not engine.indexed("nic", "mac", mac):
                pool.inner["last"] = number
                engine.touch(pool)
                return mac
    raise refused("Cannot add Interface. Not enough MAC addresses left in MAC Address Pool.")


def add_nic(engine: Engine, owner: Entity, data: dict[str, Any]) -> Entity:
    """Add a NIC to a VM or template; a VM's NIC gets a MAC when it has none."""
    document = {"interface": "virtio", "linked": True, "plugged": True, **data, owner.kind: {"id": owner.id}}
    if owner.kind == "vm" and not document.get("mac", {}).get("address"):
        document["mac"] = {"address": draw_mac(engine, owner.ref("cluster"))}
    nic = Entity("nic", engine.new_id(), document, {}, owner.id)
    engine.touch(owner)
    return engine.put(nic)


class Nics(Service):
    """NICs of a VM: hot-plugged while it is up, allowed while its images are locked."""

    kind = "nic"
    path = "nics"
    parent_kind = "vm"
    links: ClassVar[tuple[str, ...]] = ("networkfilterparameters", "reporteddevices", "statistics")
    actions: ClassVar[dict[str, str]] = {"deactivate": "deactivate", "activate": "activate"}

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, "configure_vm_network", parent)
        self.check_mandatory(body)
        self.check_vm(parent, "nic_add")
        self._check(call, parent, body)
        nic = add_nic(call.engine, parent, {name: value for name, value in body.items() if name not in ("id", "href")})
        self._record(call, 929, parent, nic)
        return self.created(nic)

    def check_vm(self, parent: Entity, command: str) -> None:
        """Raise when the owner's status does not allow the change."""
        check_status(parent, command)

    def _check(self, call: Call, parent: Entity, body: dict[str, Any], present: Entity | None = None) -> None:
        others = [nic for nic in call.engine.children("nic", parent.id) if nic is not present]
        if any(nic.name == body.get("name") for nic in others):
            raise refused(NAME_TAKEN)
        if len(str(body.get("name", ""))) > 50:
            raise refused("Cannot add Interface. The given name is too long.", status=400)
        reference = body.get("vnic_profile")
        if reference:
            body["vnic_profile"] = {"id": resolve(call.engine, "vnic_profile", reference).id}
        elif body.get("network"):
            network = resolve(call.engine, "network", body.pop("network"))
            profile = next((one for one in call.engine.all("vnic_profile") if one.ref("network") == network.id), None)
            if profile is not None:
                body["vnic_profile"] = {"id": profile.id}
        mac = str((body.get("mac") or {}).get("address") or "").lower()
        if mac and self._mac_taken(call.engine, mac, present):
            raise refused(f"Cannot add Interface. MAC Address {mac} is already in use.")

    @staticmethod
    def _mac_taken(engine: Engine, mac: str, present: Entity | None) -> bool:
        found = engine.indexed("nic", "mac", mac)
        return any(nic is not present and "vm" in nic.data for nic in found)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, "configure_vm_network", parent)
        self.check_vm(parent, "nic_update")
        self.check_id(entity, body)
        empty = "vnic_profile" in body and not body["vnic_profile"]
        checked = {"name": entity.name, **body}
        if empty:
            entity.data.pop("vnic_profile", None)
            checked.pop("vnic_profile")
        self._check(call, parent, checked, entity)
        merge(entity.data, {name: value for name, value in checked.items() if name not in ("id", "href", "network")})
        call.engine.touch(entity, parent)
        self._record(call, 927, parent, entity)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, "configure_vm_network", parent)
        self.check_vm(parent, "nic_remove")
        if parent.data.get("status") == "up" and entity.data.get("plugged"):
            raise refused("Cannot remove Interface. VM Network Interface has to be unplugged before it can be removed.")
        call.engine.drop(entity)
        call.engine.touch(parent)
        self._record(call, 925, parent, entity)
        return self.done(call, f"Removing Interface {entity.name}")

    def activate(self, call: Call, nic: Entity, body: dict[str, Any]) -> Reply:
        """Plug the NIC."""
        return self._plug(call, nic, True)

    def deactivate(self, call: Call, nic: Entity, body: dict[str, Any]) -> Reply:
        """Unplug the NIC."""
        return self._plug(call, nic, False)

    def _plug(self, call: Call, nic: Entity, plugged: bool) -> Reply:
        vm = call.engine.get("vm", nic.parent)
        assert vm is not None
        require(call, "configure_vm_network", vm)
        self.check_vm(vm, "nic_update")
        nic.data["plugged"] = plugged
        call.engine.touch(nic, vm)
        return self.done(call, f"{'Plugging' if plugged else 'Unplugging'} Interface {nic.name}")

    def _record(self, call: Call, code: int, owner: Entity, nic: Entity) -> None:
        about = {owner.kind: owner, "nic": nic, "interface": nic.data.get("interface", ""), "user": call.user}
        record(call.engine, code, call.correlation_id, **about)


class TemplateNics(Nics):
    """NICs of a template or instance type."""

    parent_kind = "template"
    links: ClassVar[tuple[str, ...]] = ()
    actions: ClassVar[dict[str, str]] = {}

    def check_vm(self, parent: Entity, command: str) -> None:
        """Templates have no running state."""


class InstanceTypeNics(TemplateNics):
    """NICs of an instance type."""

    parent_kind = "instance_type"


class SnapshotNics(Service):
    """NICs as a snapshot keeps them."""

    kind = "nic"
    path = "nics"
    parent_kind = "snapshot"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [Entity("nic", one["id"], one["data"], {}, parent.id) for one in parent.inner.get("nics", ())]


SERVICES = (Nics(), TemplateNics(), InstanceTypeNics(), SnapshotNics())
