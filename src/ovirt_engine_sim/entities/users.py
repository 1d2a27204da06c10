"""Users, groups and roles; permissions have a file of their own."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.entities.base import Service, has
from ovirt_engine_sim.entities.permissions import PERMISSION_SERVICES, drop_permissions
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault, incomplete, not_found, reference_not_found, refused
from ovirt_engine_sim.permits import ROLE_PERMITS, grants, require

ADMIN: Final = "admin@internal"
_ROLE_READ_ONLY: Final = "Cannot {verb} Role. Cannot modify a predefined role."


class Users(Service):
    """The users known to the engine; adding one takes it over from the directory that can log it in."""

    kind = "user"
    path = "users"
    search = "users"
    permit = "add_users_and_groups_from_directory"
    links = ("permissions", "roles", "sshpublickeys", "tags")
    hidden = frozenset({"password"})

    def check_mandatory(self, body: dict[str, Any]) -> None:
        if not has(body, "user_name") and not has(body, "principal"):
            raise incomplete("user", "userName")

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        from ovirt_engine_sim.loading import add_user

        login = self._login(body)
        known = next((one for one in call.engine.all("user") if one.inner.get("login") == login), None)
        if known is not None:
            return known
        if login not in call.engine.users:
            raise reference_not_found(f"User: {login[:100]}")
        return add_user(call.engine, login, call.engine.new_id(), login.rpartition("@")[0])

    @staticmethod
    def _login(body: dict[str, Any]) -> str:
        name = str(body.get("principal") or body.get("user_name"))
        domain = str((body.get("domain") or {}).get("name") or "")
        principal, _, profile = name.rpartition("@") if "@" in name else (name, "", domain)
        return f"{principal}@{profile.removesuffix('-authz') or 'internal'}"

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.inner.get("login") == ADMIN:
            raise refused("Cannot remove User. Cannot remove the internal admin user.")

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        reply = super().remove(call, parent, entity)
        drop_permissions(call.engine, "user", entity.id)
        return reply


class Groups(Service):
    """Groups of users; the group Everyone is always there."""

    kind = "group"
    path = "groups"
    search = "groups"
    permit = "add_users_and_groups_from_directory"
    links = ("permissions", "roles", "tags")

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        present = next(call.engine.named("group", body["name"]), None)
        if present is None:
            raise reference_not_found(f"Group: {body['name'][:100]}")
        return present

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.name == "Everyone":
            raise refused("Cannot remove Group. Cannot remove the built-in group Everyone.")


class Roles(Service):
    """Roles: predefined ones can not be changed, others hold the permits given to them."""

    kind = "role"
    path = "roles"
    permit = "manipulate_roles"
    links = ("permits",)
    readonly = frozenset({"permits", "mutable", "link", "actions"})
    unique_name = "Cannot add Role. The Role name already exists."

    def check_mandatory(self, body: dict[str, Any]) -> None:
        super().check_mandatory(body)
        if body.get("administrative") is None:
            raise incomplete("role", "administrative")

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return {"description": "", "mutable": True}

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        permits = [_permit(one) for one in body.get("permits") or ()]
        role = super().create(call, parent, body)
        role.inner["permits"] = permits
        role.data["permits"] = permits
        call.engine.touch(role)
        return role

    def omitted(self, call: Call) -> frozenset[str]:
        return frozenset({"permits"})

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        self._refuse_predefined(entity, "edit")
        return super().update(call, parent, entity, body)

    def check_remove(self, call: Call, entity: Entity) -> None:
        self._refuse_predefined(entity, "remove")
        if any(one.ref("role") == entity.id for one in call.engine.all("permission")):
            raise refused("Cannot remove Role. The role is assigned to a user.")

    @staticmethod
    def _refuse_predefined(role: Entity, verb: str) -> None:
        if not role.data.get("mutable"):
            raise refused(_ROLE_READ_ONLY.format(verb=verb))


KNOWN_PERMITS: Final = sorted({permit for permits in ROLE_PERMITS.values() for permit in permits} - {"*"})


def _permit(body: dict[str, Any]) -> dict[str, str]:
    """Return the permit that a body names by name or id; raises "Entity not found"."""
    name = str(body.get("name") or "")
    if not name and str(body.get("id") or "").isdecimal() and 1 <= int(body["id"]) <= len(KNOWN_PERMITS):
        name = KNOWN_PERMITS[int(body["id"]) - 1]
    if name not in KNOWN_PERMITS:
        raise reference_not_found((name or str(body.get("id")))[:100])
    return {"name": name}


class Permits(Service):
    """The permits of a role."""

    kind = "permit"
    path = "permits"
    parent_kind = "role"
    permit = "manipulate_roles"
    mandatory = ("id|name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [self._entity(parent, one["name"]) for one in parent.inner.get("permits", ())]

    @staticmethod
    def _entity(role: Entity, name: str) -> Entity:
        number = KNOWN_PERMITS.index(name) + 1 if name in KNOWN_PERMITS else 0
        data = {"name": name, "administrative": name.startswith("manipulate"), "role": {"id": role.id}}
        return Entity("permit", str(number), data, {}, role.id, volatile=True)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        for one in self.rows(call, parent):
            if one.id == identity:
                return one
        raise not_found()

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit)
        Roles._refuse_predefined(parent, "edit")
        self.check_mandatory(body)
        permit = _permit(body)
        if permit not in parent.inner["permits"]:
            parent.inner["permits"].append(permit)
            call.engine.touch(parent)
        return Reply(201, self._entity(parent, permit["name"]), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit)
        Roles._refuse_predefined(parent, "edit")
        parent.inner["permits"].remove({"name": entity.name})
        call.engine.touch(parent)
        return self.done(call, f"Detaching permit {entity.name} from role {parent.name}")


class UserRoles(Service):
    """The roles that a user has on the whole system."""

    kind = "role"
    path = "roles"
    parent_kind = "user"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        names = grants(call.engine, parent).get(("system", ""), set())
        return [one for one in call.engine.all("role") if one.name in names]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        for one in self.rows(call, parent):
            if one.id == identity:
                return one
        raise not_found()


class SshKeys(Service):
    """The public SSH keys of a user."""

    kind = "ssh_public_key"
    path = "sshpublickeys"
    parent_kind = "user"
    mandatory = ("content",)

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        self.check_user(call, parent)
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        for one in self.members(call, parent):
            if one.id == identity:
                return one
        raise not_found()

    def check_user(self, call: Call, parent: Entity | None) -> None:
        """Raise 403 unless the caller is that user or may manage users."""
        if parent is None or call.user.id != parent.id:
            require(call, "manipulate_users")

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        self.check_user(call, parent)
        self.check_mandatory(body)
        data = {"content": body["content"], "user": {"id": parent.id}}
        return self.created(call.engine.put(Entity(self.kind, call.engine.new_id(), data, {}, parent.id)))

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        self.check_user(call, parent)
        self.check_id(entity, body)
        if body.get("content"):
            entity.data["content"] = body["content"]
            call.engine.touch(entity)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        self.check_user(call, parent)
        call.engine.drop(entity)
        return self.done(call, "Removing SSH public key")


SERVICES = (Users(), Groups(), Roles(), Permits(), UserRoles(), SshKeys(), *PERMISSION_SERVICES)
