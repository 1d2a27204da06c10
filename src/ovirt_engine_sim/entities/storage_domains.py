"""Storage domains, alone and inside their data center."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, has, resolve
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import incomplete, not_found, refused
from ovirt_engine_sim.permits import require


def domain_document(**changes: Any) -> dict[str, Any]:
    """Return the members of a storage domain."""
    return {
        "description": "", "comment": "", "backup": False, "block_size": 512, "committed": 0,
        "critical_space_action_blocker": 5, "discard_after_delete": False, "external_status": "ok", "master": False,
        "storage_format": "v5", "supports_discard": False, "supports_discard_zeroes_data": False, "type": "data",
        "warning_low_space_indicator": 10, "wipe_after_delete": False, **changes,
    }  # fmt: skip


def add_disk_profile(engine: Engine, domain: Entity) -> None:
    """Add the disk profile that every data domain has."""
    if domain.data["type"] == "data":
        data = {"name": domain.name, "storage_domain": {"id": domain.id}}
        engine.put(Entity("disk_profile", engine.new_id(), data))


_ISO_LINKS: Final = ("diskprofiles", "files", "disksnapshots", "storageconnections", "permissions")


class StorageDomains(Service):
    """The storagedomains collection; status is shown only when a domain is not attached."""

    kind = "storage_domain"
    path = "storagedomains"
    search = "storagedomains"
    permit = "manipulate_storage_domain"
    links: ClassVar[tuple[str, ...]] = (
        "diskprofiles",
        "disks",
        "disksnapshots",
        "storageconnections",
        "permissions",
        "templates",
        "vms",
    )
    actions: ClassVar[dict[str, str]] = {
        "isattached": "isattached",
        "reduceluns": "",
        "updateovfstore": "settle",
        "refreshluns": "settle",
    }
    unique_name = (
        "Cannot add Storage. The Storage Domain name is already in use, please choose a unique name and try again."
    )

    def links_of(self, entity: Entity) -> tuple[str, ...]:
        if entity.data.get("type") != "iso":
            return self.links
        return () if self.parent_kind else _ISO_LINKS

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        for member in ("type", "storage", "host.id|host.name"):
            if not has(body, member):
                raise incomplete("storage_domain", member)
        body.pop("host")
        domain = super().create(call, parent, body)
        domain.inner.update(data_center="", status="unattached")
        domain.data["status"] = "unattached"
        add_disk_profile(call.engine, domain)
        return domain

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return domain_document(available=1 << 40, used=1 << 30)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.inner.get("data_center"):
            raise refused(
                "Cannot remove Storage Domain. The Storage Domain is attached to a Data Center; detach it first."
            )
        for profile in call.engine.all("disk_profile"):
            if profile.ref("storage_domain") == entity.id:
                call.engine.drop(profile)

    def isattached(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Tell whether the domain is attached."""
        return self.done(call, "Checking storage domain", is_attached=bool(entity.inner.get("data_center")))

    def settle(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Actions that change nothing that can be seen here."""
        require(call, self.permit, entity)
        return self.done(call, f"Updating Storage Domain {entity.name}")


class AttachedStorageDomains(StorageDomains):
    """The storage domains of a data center, with their status there."""

    parent_kind = "data_center"
    search = ""
    links: ClassVar[tuple[str, ...]] = ("disks",)
    actions: ClassVar[dict[str, str]] = {"activate": "activate", "deactivate": "deactivate"}

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [one for one in call.engine.all("storage_domain") if one.inner.get("data_center") == parent.id]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        domain = super().find(call, None, identity)
        if parent is None or domain.inner.get("data_center") != parent.id:
            raise not_found()
        return domain

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        return {
            "status": entity.inner.get("status", "active"),
            "data_center": {"id": entity.inner.get("data_center", "")},
        }

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        domain = resolve(call.engine, "storage_domain", body)
        if domain.inner.get("data_center"):
            raise refused("Cannot attach Storage. Storage Domain is already attached to a Data Center.")
        first = not self.rows(call, parent)
        domain.inner.update(data_center=parent.id, status="active")
        domain.data.pop("status", None)
        domain.data.update(data_centers=[{"id": parent.id}], master=first and domain.data["type"] == "data")
        if first:
            parent.data["status"] = "up"
        call.engine.touch(domain, parent)
        return self.created(domain)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        require(call, self.permit, entity)
        if entity.inner.get("status") == "active":
            raise refused("Cannot detach Storage. The relevant Storage Domain's status is Active.")
        entity.inner.update(data_center="", status="unattached")
        entity.data.pop("data_centers", None)
        entity.data["status"] = "unattached"
        call.engine.touch(entity)
        return self.done(call, f"Detaching Storage Domain {entity.name}")

    def activate(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Make the domain active."""
        return self._switch(call, entity, "active")

    def deactivate(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Put the domain into maintenance."""
        return self._switch(call, entity, "maintenance")

    def _switch(self, call: Call, entity: Entity, status: str) -> Reply:
        require(call, self.permit, entity)
        entity.inner["status"] = status
        call.engine.touch(entity)
        return self.done(call, f"Changing Storage Domain {entity.name}")


SERVICES = (StorageDomains(), AttachedStorageDomains())
