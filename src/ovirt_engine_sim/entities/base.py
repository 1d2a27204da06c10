"""What all services share: look up, list, answer, change, and the table that finds a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.events import start_job
from ovirt_engine_sim.faults import Fault, immutable, incomplete, not_found, reference_not_found, refused
from ovirt_engine_sim.permits import require, visible

Action = Callable[[Call, Entity, dict[str, Any]], dict[str, Any] | None]


class Service:
    """A collection and its members. Subclasses set the class variables and override what differs.

    `actions` maps an action's name to the method name that does it; "" refuses it as not supported here.
    """

    kind: ClassVar[str]
    path: ClassVar[str]
    parent_kind: ClassVar[str] = ""
    type_name: ClassVar[str] = ""
    links: ClassVar[tuple[str, ...]] = ()
    actions: ClassVar[dict[str, str]] = {}
    search: ClassVar[str] = ""
    permit: ClassVar[str] = "manage_system"
    mandatory: ClassVar[tuple[str, ...]] = ("name",)
    readonly: ClassVar[frozenset[str]] = frozenset({"status", "link", "actions"})
    hidden: ClassVar[frozenset[str]] = frozenset()
    unique_name: ClassVar[str] = ""
    writable: ClassVar[bool] = True

    @property
    def document_type(self) -> str:
        """The name of the type its members are written as."""
        return self.type_name or self.kind

    # reading

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        """Return all members, before permissions and search."""
        return call.engine.children(self.kind, parent.id) if parent else call.engine.all(self.kind)

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        """Return the members the caller may see."""
        return visible(call, self.rows(call, parent))

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        """Return one member; raises the empty 404."""
        found = call.engine.child(self.kind, parent.id, identity) if parent else call.engine.get(self.kind, identity)
        if found is None or not visible(call, [found]):
            raise not_found()
        return found

    def href(self, parent_href: str, entity: Entity) -> str:
        """Return the href of a member below this collection."""
        return f"{parent_href}/{self.path}/{entity.id}"

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        """Return members computed for every answer; overriding makes the kind uncached."""
        return {}

    def derived(self, engine: Engine, entity: Entity) -> dict[str, Any]:
        """Return members that follow from the entity's own state; they are cached with it until it is touched."""
        return {}

    def shown(self, call: Call, entity: Entity) -> Entity:
        """Return what a GET of this entity shows instead of it."""
        return entity

    def special(self, call: Call, entity: Entity) -> Reply | None:
        """Return content in a media type of its own that the call asked for."""
        return None

    def omitted(self, call: Call) -> frozenset[str]:
        """Return members that this call does not show."""
        return self.hidden

    def links_of(self, entity: Entity) -> tuple[str, ...]:
        """Return the rels of an entity's links."""
        return self.links

    # writing

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        """Add a member: 201."""
        if not self.writable:
            raise Fault(405)
        require(call, self.permit, *([parent] if parent else []))
        self.check_mandatory(body)
        entity = self.create(call, parent, body)
        return self.created(entity)

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        """Make the entity of a checked body."""
        self.check_name(call.engine, body.get("name"), parent)
        data = {name: value for name, value in body.items() if name not in ("id", "href", *self.readonly)}
        self.resolve_refs(call.engine, data)
        entity = Entity(
            self.kind, call.engine.new_id(), {**self.defaults(call, parent), **data}, {}, parent.id if parent else ""
        )
        return call.engine.put(entity)  # fmt: skip

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        """Return the members a new entity starts with."""
        return {"description": "", "comment": ""}

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        """Change a member: 200."""
        if not self.writable:
            raise Fault(405)
        require(call, self.permit, entity)
        self.check_id(entity, body)
        if body.get("name") not in (None, entity.name):
            self.check_name(call.engine, body["name"], parent)
        self.resolve_refs(call.engine, body)
        merge(entity.data, {name: value for name, value in body.items() if name not in ("id", "href", *self.readonly)})
        call.engine.touch(entity)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        """Remove a member: 200 with an action."""
        if not self.writable:
            raise Fault(405)
        require(call, self.permit, entity)
        self.check_remove(call, entity)
        call.engine.drop(entity)
        return self.done(call, f"Removing {self.kind.replace('_', ' ').title()} {entity.name}")

    def check_remove(self, call: Call, entity: Entity) -> None:
        """Raise when the entity is in use."""

    # checks and answers

    def check_mandatory(self, body: dict[str, Any]) -> None:
        """Raise "Incomplete parameters" for the first mandatory member that is missing."""
        for member in self.mandatory:
            if not has(body, member):
                raise incomplete(self.document_type, member)

    def check_name(self, engine: Engine, name: str | None, parent: Entity | None) -> None:
        """Raise when the name is taken and names are unique in this collection."""
        if self.unique_name and name and any(self.same_scope(one, parent) for one in engine.named(self.kind, name)):
            raise refused(self.unique_name)

    def same_scope(self, entity: Entity, parent: Entity | None) -> bool:
        """Return whether names must differ from this entity's."""
        return entity.parent == (parent.id if parent else "")

    @staticmethod
    def check_id(entity: Entity, body: dict[str, Any]) -> None:
        """Raise for a PUT that changes the id."""
        if body.get("id") not in (None, entity.id):
            raise immutable("id")

    def resolve_refs(self, engine: Engine, body: dict[str, Any]) -> None:
        """Turn references by name into references by id; raises when one is unknown."""
        for member, kind in REFERENCES.items():
            value = body.get(member)
            if isinstance(value, dict):
                body[member] = {"id": resolve(engine, kind, value).id}

    def created(self, entity: Entity, tasks: bool = False, base: str = "") -> Reply:
        """Return the answer to an add: 201, or 202 with a creation status when storage tasks run."""
        return Reply(202 if tasks else 201, entity, self, base, {"creation_status": "in_progress"} if tasks else {})

    def done(self, call: Call, description: str, **members: Any) -> Reply:
        """Return a completed action with a finished job."""
        job = start_job(call.engine, call.correlation_id, description, call.user.id, finished=True)
        return Reply(200, action={"status": "complete", "job": {"id": job.id}, **members})


# Reference members of bodies and the kind they name.
REFERENCES: Final[dict[str, str]] = {
    "cluster": "cluster", "data_center": "data_center", "template": "template", "vnic_profile": "vnic_profile",
    "network": "network", "mac_pool": "mac_pool", "quota": "quota", "instance_type": "instance_type",
    "storage_domain": "storage_domain", "network_filter": "network_filter", "cpu_profile": "cpu_profile",
    "disk_profile": "disk_profile", "scheduling_policy": "scheduling_policy",
}  # fmt: skip


def has(body: dict[str, Any], member: str) -> bool:
    """Return whether a dotted member, or one of several joined by "|", is set."""
    for alternative in member.split("|"):
        value: Any = body
        for step in alternative.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value not in (None, "", []):
            return True
    return False


def resolve(engine: Engine, kind: str, reference: dict[str, Any], **scope: str) -> Entity:
    """Return the entity that a reference names by id, href or name; raises "Entity not found"."""
    identity = reference.get("id") or str(reference.get("href") or "").rsplit("/", 1)[-1]
    if identity:
        found = engine.get(kind, str(identity))
        if found is None:
            raise reference_not_found(str(identity)[:100])
        return found
    name = str(reference.get("name") or reference.get("user_name") or "")
    candidates = [one for one in engine.named(kind, name) if all(one.ref(k) == v for k, v in scope.items())]
    if not candidates:
        raise reference_not_found(name[:100])
    return max(candidates, key=lambda one: int(one.data.get("version", {}).get("version_number", 0))
               if kind == "template" else 0)  # fmt: skip


def find_row(service: Service, call: Call, parent: Entity | None, identity: str) -> Entity:
    """Return a computed row by id; raises the empty 404."""
    found = next((one for one in service.members(call, parent) if one.id == identity), None)
    if found is None:
        raise not_found()
    return found
