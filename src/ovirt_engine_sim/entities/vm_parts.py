"""The smaller collections of a VM or template: reported devices, CD-ROMs, watchdogs, and the empty ones."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entities.guests import reported_devices
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.permits import require


class ReportedDevices(Service):
    """What the guest agent reports."""

    kind = "reported_device"
    path = "reporteddevices"
    parent_kind = "vm"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return reported_devices(call.engine, parent)

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)


class NicReportedDevices(ReportedDevices):
    """What the guest agent reports for one NIC."""

    parent_kind = "nic"

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        vm = call.engine.get("vm", parent.parent)
        mac = parent.data.get("mac", {}).get("address")
        return [one for one in reported_devices(call.engine, vm) if one.data["mac"]["address"] == mac] if vm else []


CDROM_ID: Final = "00000000-0000-0000-0000-000000000000"


class Cdroms(Service):
    """A machine's one CD-ROM drive; an empty one has no file."""

    kind = "cdrom"
    path = "cdroms"
    parent_kind = "vm"

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        data: dict[str, Any] = {parent.kind: {"id": parent.id}}
        file = parent.inner.get("cdrom")
        if file:
            data["file"] = {"id": file}
        return [Entity("cdrom", CDROM_ID, data, {}, parent.id, volatile=True)]

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        return Reply(201, self._change(call, parent, body), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        assert parent is not None
        return Reply(200, self._change(call, parent, body), self)

    def _change(self, call: Call, parent: Entity, body: dict[str, Any]) -> Entity:
        require(call, "edit_vm_properties", parent)
        parent.inner["cdrom"] = str((body.get("file") or {}).get("id") or "")
        call.engine.touch(parent)
        return self.rows(call, parent)[0]

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        self._change(call, parent, {})
        return self.done(call, "Ejecting CD")


class TemplateCdroms(Cdroms):
    """A template's CD-ROM drive."""

    parent_kind = "template"
    writable = False


class Watchdogs(Service):
    """Watchdog devices."""

    kind = "watchdog"
    path = "watchdogs"
    parent_kind = "vm"
    mandatory = ("action", "model")
    permit = "edit_vm_properties"

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return {parent.kind: {"id": parent.id}} if parent else {}


class TemplateWatchdogs(Watchdogs):
    """Watchdog devices of templates."""

    parent_kind = "template"


class InstanceTypeWatchdogs(Watchdogs):
    """Watchdog devices of instance types."""

    parent_kind = "instance_type"


def empty(kind_: str, path_: str, parent: str) -> Service:
    """Return the service of a collection that has no members here."""

    class Empty(Service):
        """A collection that has no members here."""

        kind = kind_
        path = path_
        parent_kind = parent
        writable = False

        def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
            return []

    return Empty()


# (kind, path, parent kind): links that a client may follow, with nothing behind them.
_EMPTY: Final = (
    ("application", "applications", "vm"),
    ("session", "sessions", "vm"),
    ("numa_node", "numanodes", "vm"),
    ("host_device", "hostdevices", "vm"),
    ("network_filter_parameter", "networkfilterparameters", "nic"),
    ("affinity_group", "affinitygroups", "cluster"),
    ("iscsi_bond", "iscsibonds", "data_center"),
    ("qos", "qoss", "data_center"),
    ("numa_node", "numanodes", "host"),
    ("host_device", "devices", "host"),
    ("disk_snapshot", "disksnapshots", "storage_domain"),
    ("storage_connection", "storageconnections", "storage_domain"),
    ("agent", "fenceagents", "host"),
    ("hook", "hooks", "host"),
    ("external_network_provider_configuration", "externalnetworkproviderconfigurations", "host"),
    ("template", "templates", "storage_domain"),
    ("vm", "vms", "storage_domain"),
)

SERVICES = (
    ReportedDevices(), NicReportedDevices(), Cdroms(), TemplateCdroms(), Watchdogs(), TemplateWatchdogs(),
    InstanceTypeWatchdogs(), *(empty(*one) for one in _EMPTY),
)  # fmt: skip
