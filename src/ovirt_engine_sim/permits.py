"""Who may do what: roles, permits, and which objects a user sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import forbidden

SYSTEM: Final = "system"
EVERYBODY: Final = "*"
# The built-in group that every user belongs to.
EVERYONE: Final = "eee00000-0000-0000-0000-123456789eee"
_USE: Final = frozenset({"login", "vm_basic_operations", "connect_to_vm"})
_OWN: Final = _USE | {
    "create_vm", "edit_vm_properties", "delete_vm", "create_disk", "edit_disk_properties", "delete_disk",
    "attach_disk", "configure_vm_network", "configure_vm_storage", "manipulate_vm_snapshots", "create_template",
    "edit_template_properties", "delete_template", "run_vm", "change_vm_custom_properties", "reboot_vm", "stop_vm",
}  # fmt: skip
_NETWORK: Final = frozenset(
    {"create_storage_pool_network", "configure_storage_pool_network", "configure_network_vnic_profile"}
)

ROLE_PERMITS: Final[dict[str, frozenset[str]]] = {
    "SuperUser": frozenset({EVERYBODY}),
    "UserRole": _USE | {"run_vm", "reboot_vm", "stop_vm"},
    "UserVmManager": _OWN - {"create_vm", "create_disk", "create_template"},
    "PowerUserRole": _OWN,
    "ClusterAdmin": _OWN | {"edit_cluster_configuration", "manipulate_host", "tag_management"},
    "DataCenterAdmin": _OWN | _NETWORK | {"edit_storage_pool_configuration", "manipulate_host", "tag_management"},
    "StorageAdmin": _USE
    | {"create_disk", "edit_disk_properties", "delete_disk", "attach_disk", "manipulate_storage_domain"},
    "HostAdmin": _USE | {"manipulate_host"},
    "NetworkAdmin": _USE | _NETWORK,
    "VnicProfileUser": frozenset({"configure_vm_network"}),
}

# Where a permission on an object also comes from: (member or parent, kind), nearest first.
_ABOVE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "vm": (("cluster", "cluster"),),
    "template": (("cluster", "cluster"),),
    "cluster": (("data_center", "data_center"),),
    "host": (("cluster", "cluster"),),
    "network": (("data_center", "data_center"),),
    "vnic_profile": (("network", "network"),),
    "storage_domain": (("_data_center", "data_center"),),
    "disk": (("_vm", "vm"), ("_vm", "template"), ("_domain", "storage_domain")),
    "quota": (("data_center", "data_center"),),
    "nic": (("_parent", "vm"), ("_parent", "template")),
    "snapshot": (("_parent", "vm"),),
    "disk_attachment": (("_parent", "vm"), ("_parent", "template")),
}

# Kinds that any user may look at.
_PUBLIC: Final = frozenset({"instance_type", "tag", "role", "user", "network_filter", "operating_system_info", "icon",
                            "domain", "cluster_level", "mac_pool", "cpu_profile", "disk_profile"})  # fmt: skip


def ancestors(engine: Engine, entity: Entity) -> Iterator[tuple[str, str]]:
    """Yield (kind, id) of the entity and of everything above it that a permission may be set on."""
    yield entity.kind, entity.id
    for member, kind in _ABOVE.get(entity.kind, ()):
        for identity in _above(engine, entity, member):
            above = engine.get(kind, identity)
            if above is not None:
                yield from ancestors(engine, above)


def _above(engine: Engine, entity: Entity, member: str) -> list[str]:
    if member == "_parent":
        return [entity.parent]
    if member == "_data_center":
        return [str(entity.inner.get("data_center", ""))]
    if member == "_domain":
        return [one["id"] for one in entity.data.get("storage_domains", [])]
    if member == "_vm":
        return [one.parent for one in engine.indexed("disk_attachment", "disk", entity.id)]
    return [entity.ref(member)]


def grants(engine: Engine, user: Entity) -> dict[tuple[str, str], set[str]]:
    """Return the user's role names by (kind, id) of the object; the system is ("system", "")."""
    found: dict[tuple[str, str], set[str]] = {}
    for permission in engine.all("permission"):
        if permission.ref("user") == user.id or permission.ref("group") == EVERYONE:
            role = engine.get("role", permission.ref("role"))
            found.setdefault((permission.inner["kind"], permission.inner["object"]), set()).add(
                role.name if role else ""
            )
    return found


def _permits(engine: Engine, role: str) -> frozenset[str]:
    if role in ROLE_PERMITS:
        return ROLE_PERMITS[role]
    entity = next(engine.named("role", role), None)
    return frozenset(one["name"] for one in entity.data.get("permits", ())) if entity else frozenset()


def is_admin(engine: Engine, user: Entity) -> bool:
    """Return whether the user has an administrative role on anything."""
    roles = {name for names in grants(engine, user).values() for name in names}
    return any(role.data.get("administrative") for role in engine.all("role") if role.name in roles)


def may_log_in(engine: Engine, user: Entity) -> bool:
    """Return whether the user has a role, on anything, that lets it in."""
    roles = {name for names in grants(engine, user).values() for name in names}
    return any({EVERYBODY, "login"} & _permits(engine, role) for role in roles)


def allowed(engine: Engine, user: Entity, permit: str, *targets: Entity) -> bool:
    """Return whether the user has a permit on one of the targets or what is above them, or on the system."""
    held = grants(engine, user)
    places = [(SYSTEM, "")] + [place for target in targets for place in ancestors(engine, target)]
    for place in places:
        for role in held.get(place, ()):
            permits = _permits(engine, role)
            if EVERYBODY in permits or permit in permits:
                return True
    return False


def require(call: Call, permit: str, *targets: Entity) -> None:
    """Raise Fault 403 unless the caller has the permit."""
    if not allowed(call.engine, call.user, permit, *targets):
        raise forbidden()


def visible(call: Call, entities: list[Entity]) -> list[Entity]:
    """Return what the caller sees: everything, or in filtered mode what permissions reach."""
    if not call.filtered or not entities or entities[0].kind in _PUBLIC:
        return entities
    held = grants(call.engine, call.user)
    if (SYSTEM, "") in held:
        return entities
    below = _containers(call.engine, held)
    return [
        one
        for one in entities
        if one.inner.get("everyone")
        or (one.kind, one.id) in below
        or any(place in held for place in ancestors(call.engine, one))
    ]


def _containers(engine: Engine, held: dict[tuple[str, str], set[str]]) -> set[tuple[str, str]]:
    """Return what holds permitted objects: a user of a VM also sees its cluster and data center."""
    return {
        place
        for kind, identity in held
        if (entity := engine.get(kind, identity)) is not None
        for place in ancestors(engine, entity)
        # The right to use a network shows the network, not the data center it is in.
        if not (kind == "vnic_profile" and place[0] == "data_center")
    }
