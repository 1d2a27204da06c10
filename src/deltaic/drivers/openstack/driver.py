"""The OpenStack driver: one cloud behind the port."""

from __future__ import annotations

from msgspec import structs

from deltaic.driver import (
    ABSENT,
    Addresses,
    Consoles,
    DriverConfig,
    Events,
    Images,
    Instances,
    InstanceSnapshots,
    InstanceTypes,
    Interfaces,
    KeyPairs,
    Metrics,
    Networks,
    SecurityGroups,
    Snapshots,
    Volumes,
    Zones,
)
from deltaic.drivers.openstack import accounts
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.doctor import Doctor
from deltaic.drivers.openstack.instance_types import OpenstackInstanceTypes
from deltaic.drivers.openstack.signatures import Signatures
from deltaic.drivers.openstack.views import completed, read_view, write_view
from deltaic.drivers.openstack.zones import OpenstackZones
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.health import Check
from deltaic.model.signed_request import Grant, SignedRequest

#: One line per flag, in the order of `Capability`; what is not named is off.
CAPABILITY = Capability(
    zones_list=True,
    instance_types_list=True,
)


class OpenstackDriver:
    """One cloud, reached under one provider string. No I/O before the first verb."""

    def __init__(self, config: DriverConfig) -> None:
        self.name = config.name
        self._client = client = Client(config)
        self._signatures = Signatures(client)
        self._doctor = Doctor(client, self._signatures)
        signed = client.settings.service is not None
        self.capability: Capability = structs.replace(CAPABILITY, signed_requests=signed)
        self.zones: Zones = OpenstackZones(client)
        self.images: Images = ABSENT
        self.instance_types: InstanceTypes = OpenstackInstanceTypes(client)
        self.instances: Instances = ABSENT
        self.instance_snapshots: InstanceSnapshots = ABSENT
        self.volumes: Volumes = ABSENT
        self.snapshots: Snapshots = ABSENT
        self.networks: Networks = ABSENT
        self.interfaces: Interfaces = ABSENT
        self.metrics: Metrics = ABSENT
        self.events: Events = ABSENT
        self.key_pairs: KeyPairs = ABSENT
        self.security_groups: SecurityGroups = ABSENT
        self.addresses: Addresses = ABSENT
        self.consoles: Consoles = ABSENT

    def view(self, asked: str, configured: str = "") -> str:
        """`PROJECT[;DOMAIN]`, both by name."""
        return write_view(completed(read_view(asked), completed(read_view(configured), self._client.settings.view)))

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        """`NAME@DOMAIN`, and a scope in the project that a login `NAME+PROJECT` names."""
        configured = self._client.settings.view
        account, place = accounts.read_login(user, completed(read_view(scope.view), configured))
        return accounts.write_account(account), structs.replace(scope, view=write_view(completed(place, configured)))

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        """Have the identity service check a signature that one of its EC2 credentials made."""
        return await self._signatures.verify(context, claim)

    async def login(self, context: Context) -> str:
        """Check the credentials; return the identity service's id of the user."""
        return await self._client.user_id(context)

    async def doctor(self, context: Context) -> list[Check]:
        """Examine the cloud and the way to it."""
        return await self._doctor.examine(context)

    async def close(self) -> None:
        """Hang up. Tokens are left to expire: each is good for other sessions of the same person too."""
        await self._client.close()
