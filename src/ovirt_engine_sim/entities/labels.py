"""Affinity labels and affinity groups: what ties VMs and hosts together."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, find_row, resolve
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault, not_found, refused
from ovirt_engine_sim.permits import require

_MEMBERS: Final = ("vms", "hosts")
_KINDS: Final = {"vms": "vm", "hosts": "host"}


def references(engine: Engine, entity: Entity, member: str) -> list[dict[str, str]]:
    """Return a label's or group's members of one sort as references; what is gone is left out."""
    found = (engine.get(_KINDS[member], identity) for identity in entity.inner.get(member, ()))
    return [{"id": one.id} for one in found if one is not None]


class _Holder(Service):
    """Something that holds VMs and hosts in `inner["vms"]` and `inner["hosts"]`."""

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        found = {member: references(call.engine, entity, member) for member in _MEMBERS}
        return {member: rows for member, rows in found.items() if rows}

    def hold(self, engine: Engine, entity: Entity, body: dict[str, Any]) -> None:
        """Take the members that a body names."""
        for member in _MEMBERS:
            if body.get(member) is not None:
                kind = _KINDS[member]
                entity.inner[member] = [resolve(engine, kind, one).id for one in body[member]]

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        entity = super().create(call, parent, {k: v for k, v in body.items() if k not in _MEMBERS})
        self.hold(call.engine, entity, body)
        call.engine.touch(entity)
        return entity

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        reply = super().update(call, parent, entity, {k: v for k, v in body.items() if k not in _MEMBERS})
        self.hold(call.engine, entity, body)
        call.engine.touch(entity)
        return reply


class Labels(_Holder):
    """Affinity labels of the engine."""

    kind = "affinity_label"
    path = "affinitylabels"
    permit = "tag_management"
    unique_name = "Cannot create Affinity Label. Affinity Label with such name already exists."
    links = ("hosts", "vms")
    readonly = frozenset({"read_only", "has_implicit_affinity_group", "link", "actions"})

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return {"has_implicit_affinity_group": False, "read_only": False}

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.data.get("read_only"):
            raise refused("Cannot remove Affinity Label. Affinity Label is read only.")


class _LabelsOfMember(Service):
    """The affinity labels that one VM or host carries."""

    kind = "affinity_label"
    path = "affinitylabels"
    permit = "tag_management"
    member = ""
    mandatory = ("id|name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        labels = call.engine.all("affinity_label")
        return [one for one in labels if parent.id in one.inner.get(self.member, ())]

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        # Who sees the owner sees these.
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        self.check_mandatory(body)
        label = resolve(call.engine, "affinity_label", body)
        held = label.inner.setdefault(self.member, [])
        if parent.id not in held:
            held.append(parent.id)
            call.engine.touch(label)
        return Reply(201, label, self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        entity.inner[self.member].remove(parent.id)
        call.engine.touch(entity)
        return self.done(call, f"Removing Affinity Label {entity.name} from {parent.name}")


class LabelsOfVm(_LabelsOfMember):
    """The affinity labels of a VM."""

    parent_kind = "vm"
    member = "vms"


class LabelsOfHost(_LabelsOfMember):
    """The affinity labels of a host."""

    parent_kind = "host"
    member = "hosts"


class _Members(Service):
    """The VMs or hosts of one label or group; adding names one by id or name."""

    permit = "tag_management"
    mandatory = ("id|name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        found = (call.engine.get(self.kind, one) for one in parent.inner.get(self.path, ()))
        return [one for one in found if one is not None]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        for one in self.rows(call, parent):
            if one.id == identity:
                return one
        raise not_found()

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        self.check_mandatory(body)
        one = resolve(call.engine, self.kind, body)
        held = parent.inner.setdefault(self.path, [])
        if one.id not in held:
            held.append(one.id)
            call.engine.touch(parent)
        return Reply(201, one, self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        parent.inner[self.path].remove(entity.id)
        call.engine.touch(parent)
        return self.done(call, f"Removing {entity.name} from {parent.name}")


class VmsOfLabel(_Members):
    """The VMs of an affinity label."""

    kind = "vm"
    path = "vms"
    parent_kind = "affinity_label"


class HostsOfLabel(_Members):
    """The hosts of an affinity label."""

    kind = "host"
    path = "hosts"
    parent_kind = "affinity_label"


class Groups(_Holder):
    """Affinity groups of a cluster."""

    kind = "affinity_group"
    path = "affinitygroups"
    parent_kind = "cluster"
    permit = "edit_cluster_configuration"
    unique_name = "Cannot add Affinity Group. Affinity Group name already exists."
    links = ("hosts", "vms", "hostlabels", "vmlabels")
    readonly = frozenset({"broken", "cluster", "link", "actions"})

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        assert parent is not None
        rule = {"enabled": False, "enforcing": False, "positive": False}
        return {
            "description": "", "broken": False, "enforcing": False, "positive": False, "priority": 1.0,
            "hosts_rule": dict(rule), "vms_rule": dict(rule), "cluster": {"id": parent.id},
        }  # fmt: skip


class VmsOfGroup(_Members):
    """The VMs of an affinity group."""

    kind = "vm"
    path = "vms"
    parent_kind = "affinity_group"
    permit = "edit_cluster_configuration"


class HostsOfGroup(_Members):
    """The hosts of an affinity group."""

    kind = "host"
    path = "hosts"
    parent_kind = "affinity_group"
    permit = "edit_cluster_configuration"


class _LabelsOfGroup(Service):
    """The labels of an affinity group; this engine keeps none."""

    kind = "affinity_label"
    parent_kind = "affinity_group"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        return []


class VmLabelsOfGroup(_LabelsOfGroup):
    """The VM labels of an affinity group."""

    path = "vmlabels"


class HostLabelsOfGroup(_LabelsOfGroup):
    """The host labels of an affinity group."""

    path = "hostlabels"


SERVICES = (
    Labels(), LabelsOfVm(), LabelsOfHost(), VmsOfLabel(), HostsOfLabel(), Groups(), VmsOfGroup(), HostsOfGroup(),
    VmLabelsOfGroup(), HostLabelsOfGroup(),
)  # fmt: skip
