"""Permissions: a role of a user or group on an object or on the whole system."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, find_row, resolve
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import Fault, incomplete, not_found, refused
from ovirt_engine_sim.permits import require

PERMIT: Final = "manipulate_permissions"
SYSTEM: Final = "system"
SUPER_USER: Final = "00000000-0000-0000-0000-000000000001"
# Kinds of objects that a permission names in a member of its own.
OBJECTS: Final = ("vm", "template", "cluster", "data_center", "host", "storage_domain", "disk", "vm_pool")
# Kinds that have a permissions collection.
HOLDERS: Final = (
    "vm", "template", "cluster", "data_center", "host", "storage_domain", "disk", "network", "vnic_profile",
    "mac_pool", "instance_type", "quota", "cpu_profile", "disk_profile",
)  # fmt: skip


def drop_permissions(engine: Engine, member: str, identity: str) -> None:
    """Remove every permission of a user or group, or (member "object") on an object."""
    for one in engine.all("permission"):
        held = one.inner.get("object") if member == "object" else one.ref(member)
        if held == identity:
            engine.drop(one)


def grant(call: Call, kind: str, identity: str, body: dict[str, Any]) -> Entity:
    """Give the role that a body names to its user or group; the same permission is given once."""
    if not isinstance(body.get("role"), dict):
        raise incomplete("permission", "role.id|name")
    principal = "user" if isinstance(body.get("user"), dict) else "group"
    if not isinstance(body.get(principal), dict):
        raise incomplete("permission", "user|group.id")
    role = resolve(call.engine, "role", body["role"])
    receiver = _receiver(call.engine, principal, body[principal])
    for one in call.engine.all("permission"):
        same = (one.inner["kind"], one.inner["object"]) == (kind, identity)
        if same and one.ref("role") == role.id and one.ref(principal) == receiver.id:
            raise refused("Cannot add Permission. Permission already exists.")
    data: dict[str, Any] = {"role": {"id": role.id}, principal: {"id": receiver.id}}
    if kind in OBJECTS:
        data[kind] = {"id": identity}
    permission = call.engine.put(Entity("permission", call.engine.new_id(), data, {"kind": kind, "object": identity}))
    _record(call, 850, permission)
    return permission


def _receiver(engine: Engine, principal: str, reference: dict[str, Any]) -> Entity:
    name = reference.get("user_name") or reference.get("name")
    if principal == "user" and name and not reference.get("id"):
        for one in engine.all("user"):
            if name in (one.data.get("user_name"), one.inner.get("login")):
                return one
    return resolve(engine, principal, reference)


def _record(call: Call, code: int, permission: Entity) -> None:
    role = call.engine.get("role", permission.ref("role"))
    receiver = call.engine.get("user", permission.ref("user")) or call.engine.get("group", permission.ref("group"))
    kind, identity = permission.inner["kind"], permission.inner["object"]
    target = call.engine.get(kind, identity)
    about = {
        "name": str(receiver.data.get("user_name") or receiver.name) if receiver else "",
        "role": role.name if role else "",
        "object": f"{kind.replace('_', ' ')} {target.name}" if target else "System",
        "user": call.user,
    }
    record(call.engine, code, call.correlation_id, **about)


class SystemPermissions(Service):
    """The permissions on the whole system."""

    kind = "permission"
    path = "permissions"
    permit = PERMIT

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        return [one for one in call.engine.all("permission") if one.inner["kind"] == SYSTEM]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        found = call.engine.get("permission", identity)
        if found is None:
            raise not_found()
        return found

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        require(call, self.permit)
        return Reply(201, grant(call, SYSTEM, "", body), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.inner["kind"] != SYSTEM or entity.ref("role") != SUPER_USER:
            return
        others = [one for one in self.rows(call, None) if one.ref("role") == SUPER_USER and one is not entity]
        if not others:
            raise refused("Cannot remove Permission. Cannot remove the last user with the SuperUser role.")

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        _record(call, 851, entity)
        return super().remove(call, None, entity)


class ObjectPermissions(SystemPermissions):
    """The permissions on one object."""

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        return self.rows(call, parent)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        wanted = (self.parent_kind, parent.id)
        return [one for one in call.engine.all("permission") if (one.inner["kind"], one.inner["object"]) == wanted]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        return Reply(201, grant(call, self.parent_kind, parent.id, body), self)


class PrincipalPermissions(ObjectPermissions):
    """The permissions that one user or group has; adding one names the object, or else it is the system."""

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [one for one in call.engine.all("permission") if one.ref(self.parent_kind) == parent.id]

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        kind = next((one for one in OBJECTS if isinstance(body.get(one), dict)), SYSTEM)
        target = resolve(call.engine, kind, body[kind]) if kind != SYSTEM else None
        require(call, self.permit, *([target] if target else []))
        given = {"role": body.get("role"), self.parent_kind: {"id": parent.id}}
        return Reply(201, grant(call, kind, target.id if target else "", given), self)


def _service(base: type[ObjectPermissions], owner: str) -> Service:
    """Return the permissions service of one kind of owner."""
    made: Service = type(f"{base.__name__}Of{owner.title()}", (base,), {"parent_kind": owner})()
    return made


PERMISSION_SERVICES: Final[tuple[Service, ...]] = (
    SystemPermissions(),
    *(_service(ObjectPermissions, kind) for kind in HOLDERS),
    *(_service(PrincipalPermissions, kind) for kind in ("user", "group")),
)
