"""MAC address pools."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.macs import mac_to_int

_BAD_RANGE: Final = "Cannot {verb} MAC Pool. Malformed MAC address range: {first}-{last}."


def pool_users(engine: Engine, pool: str) -> list[str]:
    """Return the names of the clusters and data centers that draw from a pool."""
    holders = [*engine.all("cluster"), *engine.all("data_center")]
    return [one.name for one in holders if one.ref("mac_pool") == pool]


class MacPools(Service):
    """The pools; the default one can not be removed, neither can one in use."""

    kind = "mac_pool"
    path = "macpools"
    permit = "manipulate_mac_pool"
    links = ("permissions",)
    readonly = frozenset({"default_pool", "link", "actions"})
    unique_name = "Cannot add MAC Pool. The MAC Pool name is already in use."

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return {"description": "", "allow_duplicates": False, "default_pool": False, "ranges": []}

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        self._check_ranges(body, "add")
        return super().create(call, parent, body)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        self._check_ranges(body, "edit")
        return super().update(call, parent, entity, body)

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.data.get("default_pool"):
            raise refused("Cannot remove MAC Pool. Default MAC Pool cannot be removed.")
        users = pool_users(call.engine, entity.id)
        if users:
            raise refused(f"Cannot remove MAC Pool. MAC Pool is in use by: {', '.join(users)}.")

    @staticmethod
    def _check_ranges(body: dict[str, Any], verb: str) -> None:
        for one in body.get("ranges") or ():
            first, last = str(one.get("from") or ""), str(one.get("to") or "")
            try:
                ordered = mac_to_int(first) <= mac_to_int(last)
            except ValueError:
                ordered = False
            if not ordered:
                raise refused(_BAD_RANGE.format(verb=verb, first=first[:20], last=last[:20]), status=400)


SERVICES = (MacPools(),)
