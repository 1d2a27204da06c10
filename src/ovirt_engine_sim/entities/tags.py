"""Tags: one tree for the whole engine, and the tags of VMs, hosts, users, groups and templates."""

from __future__ import annotations

import re
from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, resolve
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from ovirt_engine_sim.faults import Fault, not_found, refused
from ovirt_engine_sim.permits import require, visible

ROOT: Final = "00000000-0000-0000-0000-000000000000"
TAGGED: Final = ("vm", "host", "user", "group", "template")
_NAME: Final = re.compile(r"[\w.-]{1,50}")
_TAKEN: Final = "The specified Tag name already exists."
_BAD_NAME: Final = (
    "Can not {verb} Tag. The given name contains special characters or is longer than 50. "
    "Only lower-case and upper-case letters, numbers, '_', '-', '.' are allowed."
)


def subtree(engine: Engine, tag: Entity) -> list[Entity]:
    """Return a tag and all tags below it, parents first."""
    found, below = [tag], [tag]
    while below:
        parents = {one.id for one in below}
        below = [one for one in engine.all("tag") if one.ref("parent") in parents and one not in found]
        found += below
    return found


class Tags(Service):
    """The tag tree; names are unique over the whole engine, the root can be neither changed nor removed."""

    kind = "tag"
    path = "tags"
    permit = "tag_management"
    unique_name = _TAKEN

    def same_scope(self, entity: Entity, parent: Entity | None) -> bool:
        return True

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        self._check(call, body, "create")
        self.check_name(call.engine, body["name"], None)
        above = self._parent(call, body) or ROOT
        data = {"name": body["name"], "description": body.get("description") or "", "parent": {"id": above}}
        tag = call.engine.put(Entity("tag", call.engine.new_id(), data))
        record(call.engine, 909, call.correlation_id, name=tag.name, user=call.user)
        return tag

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        self._refuse_root(entity, "update")
        self._check(call, {"name": entity.name, **body}, "update")
        require(call, self.permit)
        self.check_id(entity, body)
        if body.get("name") not in (None, entity.name):
            self.check_name(call.engine, body["name"], None)
        above = self._parent(call, body)
        if above in {one.id for one in subtree(call.engine, entity)}:
            raise refused("Cannot move Tag. A Tag cannot be moved below itself.")
        for member in ("name", "description"):
            if body.get(member) is not None:
                entity.data[member] = body[member]
        if above:
            entity.data["parent"] = {"id": above}
        call.engine.touch(entity)
        return Reply(200, entity, self)

    def check_remove(self, call: Call, entity: Entity) -> None:
        self._refuse_root(entity, "remove")

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        require(call, self.permit)
        self.check_remove(call, entity)
        for tag in subtree(call.engine, entity):
            _detach_everywhere(call.engine, tag.id)
            call.engine.drop(tag)
        return self.done(call, f"Removing Tag {entity.name}")

    @staticmethod
    def _refuse_root(entity: Entity, verb: str) -> None:
        if entity.id == ROOT:
            raise refused(f"Cannot {verb} Tag. The root Tag cannot be changed or removed.", status=400)

    @staticmethod
    def _check(call: Call, body: dict[str, Any], verb: str) -> None:
        if not _NAME.fullmatch(str(body.get("name") or "")):
            raise refused(_BAD_NAME.format(verb=verb), status=400)

    @staticmethod
    def _parent(call: Call, body: dict[str, Any]) -> str:
        reference = body.get("parent")
        if not isinstance(reference, dict):
            return ""
        return resolve(call.engine, "tag", reference.get("tag") or reference).id


def _detach_everywhere(engine: Engine, tag: str) -> None:
    for kind in TAGGED:
        for entity in engine.all(kind):
            if tag in entity.inner.get("tags", ()):
                entity.inner["tags"].remove(tag)
                engine.touch(entity)


class AssignedTags(Service):
    """The tags of one object; adding names a tag by id or name, an assigned one stays assigned once."""

    kind = "tag"
    path = "tags"
    permit = "tag_management"
    mandatory = ("id|name",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        found = [call.engine.get("tag", identity) for identity in parent.inner.get("tags", ())]
        return [self._shown(tag, parent) for tag in found if tag is not None]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        assert parent is not None
        for tag in visible(call, self.rows(call, parent)):
            if tag.id == identity:
                return tag
        raise not_found()

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        self.check_mandatory(body)
        tag = resolve(call.engine, "tag", body)
        assigned = parent.inner.setdefault("tags", [])
        if tag.id not in assigned:
            assigned.append(tag.id)
            call.engine.touch(parent)
        return Reply(201, self._shown(tag, parent), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        parent.inner["tags"].remove(entity.id)
        call.engine.touch(parent)
        return self.done(call, f"Detaching Tag {entity.name} from {parent.name}")

    def _shown(self, tag: Entity, owner: Entity) -> Entity:
        return Entity("tag", tag.id, {**tag.data, self.parent_kind: {"id": owner.id}}, {}, owner.id, volatile=True)


class VmTags(AssignedTags):
    """The tags of a VM."""

    parent_kind = "vm"


class HostTags(AssignedTags):
    """The tags of a host."""

    parent_kind = "host"


class UserTags(AssignedTags):
    """The tags of a user."""

    parent_kind = "user"


class GroupTags(AssignedTags):
    """The tags of a group."""

    parent_kind = "group"


class TemplateTags(AssignedTags):
    """The tags of a template."""

    parent_kind = "template"


SERVICES = (Tags(), VmTags(), HostTags(), UserTags(), GroupTags(), TemplateTags())
