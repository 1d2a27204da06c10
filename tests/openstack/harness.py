"""The OpenStack driver's harness: two projects of a real control plane, and a wire that can fail."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from contextlib import ExitStack

from deltaic.conformance import Harness, Login, Provision, Site
from deltaic.driver import DriverFactory
from deltaic.drivers.registry import find
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.settings import CloudTable
from tests.openstack.support.common import service_login
from tests.openstack.support.gateway import options
from tests.openstack.support.lab import ControlPlane, control_plane
from tests.openstack.support.leftovers import leftovers
from tests.openstack.support.tenant import Tenant, tenant
from tests.openstack.transport import Transport, transport

#: More disk than all hosts have: the API accepts a server of it, and the scheduler finds no host.
TOO_LARGE = "conformance.too-large"
TOO_LARGE_DISK = 10_000_000
TOO_LARGE_MEMORY = 40_960

#: A revocation holds for what was issued in the same second, too.
REVOKED_SECONDS = 1.1

PROVISIONS = frozenset(
    {
        Provision.GATEWAY,
        Provision.CALLS,
        Provision.SLOW,
        Provision.LOST_ANSWER,
        Provision.FAIL_CREATION,
        Provision.END_SESSIONS,
        Provision.USER_DATA,
    }
)


class OpenstackHarness(Harness):
    """A control plane that this run starts, or the one that the environment names."""

    def __init__(self, plane: ControlPlane | None = None) -> None:
        self.factory: DriverFactory = find("openstack")
        self._plane = plane
        self._stack = ExitStack()
        self._wire: Transport | None = None
        self._tenants: list[Tenant] = []
        self._too_large = ""

    async def open(self) -> Site:
        """Make two projects."""
        return await asyncio.to_thread(self._open)

    def _open(self) -> Site:
        plane = self._plane = self._plane or self._stack.enter_context(control_plane())
        self._wire = self._stack.enter_context(transport())
        self._tenants = [self._stack.enter_context(tenant(plane, "conformance")) for _ in range(2)]
        mine, other = self._tenants
        self._too_large = self._flavor(plane, mine)
        _make_room(plane, mine)
        login = service_login(plane.administrator())
        return Site(
            cloud=CloudTable(driver="openstack", provider=mine.provider, options=options(login)),
            user=_login(mine),
            apart=(_login(mine), _login(other)),
            data_center=plane.region,
            image_id=mine.image_id,
            instance_type_id=mine.flavors["m1.tiny"],
            network_id=mine.network_id,
            pause=0.3,
            patience=180.0,
            provisions=PROVISIONS,
        )

    async def close(self) -> None:
        """Remove the projects; what is left in them is an error."""
        await asyncio.to_thread(self._stack.close)

    async def leftovers(self, prefix: str) -> Sequence[str]:
        """Whatever the projects hold beyond what they began with, by any name."""
        found = [await asyncio.to_thread(leftovers, one.cloud, one.project_id, one.made) for one in self._tenants]
        return [each for one in found for each in one]

    async def cause(self, fault: Provision) -> None:
        """On the wire, or at the identity service."""
        assert self._wire is not None
        match fault:
            case Provision.SLOW:
                self._wire.slow = True
            case Provision.LOST_ANSWER:
                self._wire.lose_creation = True
            case Provision.FAIL_CREATION:
                self._wire.flavor = self._too_large
            case Provision.END_SESSIONS:
                await asyncio.to_thread(self._end_sessions)
            case _:
                raise NotImplementedError(fault)

    async def heal(self) -> None:
        """The wire is well."""
        if self._wire is not None:
            self._wire.heal()

    async def user_data(self, instance_id: str) -> bytes:
        """As the administrator sees it."""
        assert self._plane is not None
        server = await asyncio.to_thread(self._plane.administrator().compute.get_server, instance_id)
        return base64.b64decode(server.user_data or "")

    async def calls(self) -> int:
        """What went over the wire from this process."""
        assert self._wire is not None
        return self._wire.calls

    def _end_sessions(self) -> None:
        """Keystone revokes the tokens of a user who is switched off."""
        assert self._plane is not None
        identity = self._plane.administrator().identity
        for enabled in (False, True):
            identity.update_user(self._tenants[0].user_id, is_enabled=enabled)
        time.sleep(REVOKED_SECONDS)

    def _flavor(self, plane: ControlPlane, mine: Tenant) -> str:
        compute = plane.administrator().compute
        name = f"{TOO_LARGE}-{mine.name}"
        flavor = compute.create_flavor(name=name, ram=TOO_LARGE_MEMORY, vcpus=1, disk=TOO_LARGE_DISK, is_public=False)
        self._stack.callback(compute.delete_flavor, flavor)
        compute.flavor_add_tenant_access(flavor, mine.project_id)
        return str(flavor.id)


def _login(one: Tenant) -> Login:
    return Login(one.user, Secret(one.password), Provider.parse(one.provider).view)


def _make_room(plane: ControlPlane, one: Tenant) -> None:
    """Several cases run at once; a new project may have ten servers and as many volumes."""
    admin = plane.administrator()
    admin.compute.update_quota_set(one.project_id, instances=60, cores=120, ram=1 << 20)
    admin.block_storage.update_quota_set(one.project_id, volumes=60, snapshots=60, gigabytes=2000)
