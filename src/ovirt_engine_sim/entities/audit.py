"""Events, jobs and steps."""

from __future__ import annotations

from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import finish_job, start_job, write
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.permits import is_admin, require


class Events(Service):
    """The audit log, newest first; `from` gives what came after an id."""

    kind = "event"
    path = "events"
    search = "events"
    permit = "audit_log_management"
    mandatory = ("description", "severity", "origin", "custom_id")
    actions = {"undelete": ""}

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        found = call.engine.all("event")
        since = call.number("from")
        if since is not None:
            found = [one for one in found if int(one.id) > since]
        if not is_admin(call.engine, call.user):
            found = [one for one in found if one.ref("user") == call.user.id]
        return found[::-1]

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        return self.rows(call, parent)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        require(call, self.permit)
        self.check_mandatory(body)
        kept = ("description", "severity", "origin", "custom_id", "custom_data", "flood_rate", "correlation_id")
        data = {name: body[name] for name in kept if name in body}
        for kind in ("vm", "host", "template", "cluster", "data_center", "storage_domain", "user"):
            reference = body.get(kind)
            target = call.engine.get(kind, reference.get("id", "")) if isinstance(reference, dict) else None
            if target is not None:
                data[kind] = {"id": target.id, "name": target.name}
        if any(one.data.get("custom_id") == data["custom_id"] and one.data.get("origin") == data["origin"]
               for one in call.engine.all("event")):  # fmt: skip
            raise refused("Cannot add External Event. An event with the same custom id and origin exists.")
        return self.created(write(call.engine, {"code": 9000, **data}))

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise refused("Cannot edit an event.", status=405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        require(call, self.permit)
        call.engine.drop(entity)
        return Reply(200, action={"status": "complete"})


class Jobs(Service):
    """Jobs: gone ten minutes after they finished."""

    kind = "job"
    path = "jobs"
    search = "jobs"
    links = ("steps",)
    actions = {"clear": "clear", "end": "end"}

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        """Users see the jobs that they began."""
        found = self.rows(call, parent)
        return [job for job in found if job.ref("owner") == call.user.id] if call.filtered else found

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        require(call, self.permit)
        job = start_job(call.engine, call.correlation_id, str(body.get("description", "")), call.user.id)
        job.data.update(external=True, auto_cleared=bool(body.get("auto_cleared", True)))
        return self.created(job)

    def clear(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Forget the job."""
        require(call, self.permit)
        call.engine.drop(entity)
        return Reply(200, action={"status": "complete"})

    def end(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """End an external job."""
        require(call, self.permit)
        finish_job(call.engine, entity.id, failed=body.get("succeeded") is False)
        return Reply(200, action={"status": "complete"})


class Steps(Service):
    """The steps of a job."""

    kind = "step"
    path = "steps"
    parent_kind = "job"
    links = ("statistics",)
    writable = False

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        return self.rows(call, parent)


SERVICES = (Events(), Jobs(), Steps())
