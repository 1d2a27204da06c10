"""The oVirt driver's harness: the simulated engine in this process, over real HTTP, its world that of the talk.

Administrators see everything, so the two users who are kept apart are plain ones in the user's view.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from deltaic.conformance import Harness, Login, Provision, Site
from deltaic.driver import DriverFactory
from deltaic.drivers.ovirt import DRIVER
from deltaic.model.secret import Secret
from deltaic.settings import CloudTable
from ovirt_engine_sim.clock import RealClock
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import Inventory, derived_id, seed_inventory
from ovirt_engine_sim.records import Cluster, Permission, User
from ovirt_engine_sim.server import running

PASSWORD = "deltaic"
ADMINISTRATOR = "admin@internal"
PLAIN = ("ann@internal", "ben@internal")
BARCELONA = "barcelona"
DESKTOP = "77ea7521-3017-4ee9-bcdf-d566178991c6"
SERVERS = "77d52ef6-11e3-11e2-be8c-87a6485627fe"

#: What the engine's durations are multiplied by.
HURRY = 0.02

#: Fault -> what the engine is ordered to do.
ORDERS: dict[Provision, dict[str, Any]] = {
    Provision.FAIL_CREATION: {"do": "fail_creation", "match": {"method": "POST", "path": "vms"}},
    Provision.SLOW: {"do": "slow", "seconds": 3.0},
    Provision.LOST_ANSWER: {"do": "drop", "when": "after", "match": {"method": "POST", "path": "vms"}},
    Provision.END_SESSIONS: {"do": "expire_tokens"},
    Provision.RESTART: {"do": "restart"},
}

#: What of the engine has a name by which leftovers are recognised.
NAMED = ("vm", "disk", "template", "network", "snapshot")


def _inventory() -> Inventory:
    """The world of the talk, with a second cluster in Barcelona and two plain users: one per cluster."""
    found = seed_inventory()
    role = next(one.id for one in found.roles if one.name == "PowerUserRole")
    center = next(one.id for one in found.data_centers if one.name == BARCELONA)
    desktops = Cluster(name="bcn-desktops", data_center=center, id=derived_id("clusters", "bcn-desktops"))
    found.clusters.append(desktops)
    for name, kind, place in zip(PLAIN, ("data_center", "cluster"), (center, desktops.id), strict=True):
        user = User(name=name, id=derived_id("users", name))
        found.users.append(user)
        found.permissions.append(
            Permission(role=role, user=user.id, object_type=kind, object=place, id=derived_id("permissions", name))
        )
    return found


class OvirtHarness(Harness):
    """One engine that lives as long as the suite runs."""

    factory: DriverFactory = DRIVER

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        users = dict.fromkeys((ADMINISTRATOR, *PLAIN), PASSWORD)
        self._engine = Engine(_inventory(), clock=RealClock(HURRY), users=users)

    async def open(self) -> Site:
        """Serve the engine."""
        server = await self._stack.enter_async_context(running(self._engine))
        return Site(
            cloud=CloudTable(driver="ovirt", provider=f"{server.url};{BARCELONA}"),
            user=Login(ADMINISTRATOR, Secret(PASSWORD)),
            apart=tuple(Login(name, Secret(PASSWORD), "USER") for name in PLAIN),
            data_center=BARCELONA,
            other_data_center="Default",
            image_id=DESKTOP,
            zone_id=SERVERS,
            pause=0.01,
            patience=30.0,
            provisions=frozenset(ORDERS) | {Provision.GATEWAY, Provision.CALLS},
        )

    async def close(self) -> None:
        """Stop the engine."""
        await self._stack.aclose()

    async def leftovers(self, prefix: str) -> Sequence[str]:
        """Everything whose name, or what the gateway keeps in its comment or description, has the prefix."""
        members = ("name", "alias", "comment", "description")
        return [
            f"{kind} {entity.data.get('name') or entity.data.get('alias')}"
            for kind in NAMED
            for entity in self._engine.all(kind)
            if any(prefix in str(entity.data.get(member, "")) for member in members)
        ]

    async def cause(self, fault: Provision) -> None:
        """Order it."""
        self._engine.faults.order(ORDERS[fault])

    async def heal(self) -> None:
        """Cancel the orders."""
        self._engine.faults.clear()

    async def calls(self) -> int:
        """What the engine counted."""
        return self._engine.calls
