"""How search fields find related entities; relations that need a whole table are indexed once."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity


class Reader:
    """Finds what an entity refers to and what refers to it; made anew for each search."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def refer(self, entity: Entity, member: str, kind: str = "") -> list[Entity]:
        """Return the entity that a reference member names, as a list of one or none."""
        found = self.engine.get(kind or member, entity.ref(member))
        return [found] if found else []

    def name_of(self, entity: Entity, member: str) -> str | None:
        """Return the name of what a reference member names."""
        found = self.refer(entity, member)
        return found[0].name if found else None

    def center(self, entity: Entity) -> list[Entity]:
        """Return the data center of whatever lives in a cluster."""
        return [center for cluster in self.refer(entity, "cluster") for center in self.refer(cluster, "data_center")]

    def having(self, kind: str, member: str, identity: str) -> list[Entity]:
        """Return the entities of a kind whose member refers to an id."""
        return self._index[kind, member].get(identity, [])

    @cached_property
    def _index(self) -> _Index:
        return _Index(self.engine)

    @cached_property
    def machines_of_disk(self) -> dict[str, list[Entity]]:
        """VMs and templates by the id of a disk attached to them: the engine counts both as VMs of a disk."""
        found: dict[str, list[Entity]] = defaultdict(list)
        for attachment in self.engine.all("disk_attachment"):
            for kind in ("vm", "template"):
                machine = self.engine.get(kind, attachment.parent)
                if machine is not None:
                    found[attachment.id].append(machine)
        return found

    def domains(self, machine: Entity) -> list[Entity]:
        """Return the storage domains of a machine's disks."""
        disks = [self.engine.get("disk", one.id) for one in self.engine.children("disk_attachment", machine.id)]
        return [domain for disk in disks if disk is not None for domain in self.domains_of_disk(disk)]

    def domains_of_disk(self, disk: Entity) -> list[Entity]:
        """Return the storage domains that hold a disk."""
        found = [self.engine.get("storage_domain", str(one.get("id"))) for one in disk.data.get("storage_domains", ())]
        return [domain for domain in found if domain is not None]

    def domains_of_center(self, center: Entity) -> list[Entity]:
        """Return the storage domains attached to a data center."""
        return [one for one in self.engine.all("storage_domain") if one.inner.get("data_center") == center.id]

    def clusters_of(self, center: Entity) -> list[Entity]:
        """Return the clusters of a data center."""
        return self.having("cluster", "data_center", center.id)

    def center_of_domain(self, domain: Entity) -> list[Entity]:
        """Return the data center a storage domain is attached to."""
        found = self.engine.get("data_center", str(domain.inner.get("data_center") or ""))
        return [found] if found else []

    def permitted_users(self, entity: Entity) -> list[Entity]:
        """Return the users with a permission on the entity itself."""
        found = [
            self.engine.get("user", one.ref("user"))
            for one in self.engine.all("permission")
            if one.inner.get("object") == entity.id
        ]
        return [user for user in found if user is not None]

    def permitted_vms(self, user: Entity) -> list[Entity]:
        """Return the VMs that a user has a permission on."""
        permissions = self.having("permission", "user", user.id)
        found = [self.engine.get("vm", str(one.inner.get("object") or "")) for one in permissions]
        return [vm for vm in found if vm is not None]


class _Index(dict[tuple[str, str], dict[str, list[Entity]]]):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine

    def __missing__(self, key: tuple[str, str]) -> dict[str, list[Entity]]:
        kind, member = key
        found: dict[str, list[Entity]] = defaultdict(list)
        for entity in self.engine.all(kind):
            found[entity.ref(member)].append(entity)
        self[key] = found
        return found


def tags_of(engine: Engine, entity: Entity) -> list[str]:
    """Return the names of an entity's tags and of all tags above them."""
    found: list[str] = []
    for identity in entity.inner.get("tags", ()):
        tag = engine.get("tag", identity)
        while tag is not None and tag.name not in found:
            found.append(tag.name)
            tag = engine.get("tag", tag.ref("parent"))
    return found
