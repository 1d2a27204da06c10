"""Files of storage domains: the images that a CD-ROM drive can hold."""

from __future__ import annotations

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entity import Entity


class Files(Service):
    """The ISO images of a domain; a file's id is its name."""

    kind = "file"
    path = "files"
    parent_kind = "storage_domain"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        names: list[str] = parent.inner.get("files", [])
        owner = {"id": parent.id}
        return [
            Entity("file", name, {"name": name, "storage_domain": owner}, {}, parent.id, volatile=True)
            for name in names
        ]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)


SERVICES = (Files(),)
