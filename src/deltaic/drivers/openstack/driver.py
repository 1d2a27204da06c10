"""The OpenStack driver: one cloud behind the port."""

from __future__ import annotations

from typing import Final

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
    Rewrites,
    SecurityGroups,
    Snapshots,
    Volumes,
    Zones,
)
from deltaic.drivers.openstack import accounts
from deltaic.drivers.openstack.addresses import OpenstackAddresses
from deltaic.drivers.openstack.attachments import Attacher
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.console import OpenstackConsoles
from deltaic.drivers.openstack.disks import DiskReader
from deltaic.drivers.openstack.doctor import Doctor
from deltaic.drivers.openstack.images import OpenstackImages
from deltaic.drivers.openstack.instance_types import OpenstackInstanceTypes
from deltaic.drivers.openstack.instances import OpenstackInstances
from deltaic.drivers.openstack.key_pairs import OpenstackKeyPairs
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.machines import Machines
from deltaic.drivers.openstack.networks import OpenstackNetworks
from deltaic.drivers.openstack.nics import OpenstackInterfaces
from deltaic.drivers.openstack.security_groups import OpenstackSecurityGroups
from deltaic.drivers.openstack.signatures import Signatures
from deltaic.drivers.openstack.snapshots import OpenstackSnapshots, SnapshotReader
from deltaic.drivers.openstack.storage import Storage
from deltaic.drivers.openstack.views import completed, read_view, write_view
from deltaic.drivers.openstack.volumes import OpenstackVolumes
from deltaic.drivers.openstack.zones import OpenstackZones
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.health import Check
from deltaic.model.signed_request import Grant, SignedRequest

#: One line per flag, in the order of `Capability`; what is not named is off.
CAPABILITY = Capability(
    zones_list=True,
    images_list=True,
    images_create=True,
    images_create_from_running=True,
    images_delete=True,
    instance_types_list=True,
    instances_list=True,
    instances_create=True,
    instances_create_with_user_data=True,
    instances_create_with_authorized_keys=True,
    instances_create_with_instance_type=True,
    instances_create_with_networks=True,
    instances_create_with_nic_configurations=True,
    instances_create_with_security_groups=True,
    instances_create_with_volumes=True,
    instances_create_runs=True,
    instances_update=True,
    instances_start=True,
    instances_stop=True,
    instances_stop_with_force=True,
    instances_reboot=True,
    instances_suspend=True,
    instances_delete=True,
    instances_delete_running=True,
    instances_console_output=True,
    instances_console_url=True,
    instances_limit_user_data_bytes=16 * 1024,
    instances_limit_name_length=255,
    volumes_list=True,
    volumes_create=True,
    volumes_create_with_source=True,
    volumes_update=True,
    volumes_update_with_tags=True,
    volumes_delete=True,
    volumes_attach=True,
    snapshots_list=True,
    snapshots_create=True,
    snapshots_update=True,
    snapshots_update_with_tags=True,
    snapshots_delete=True,
    networks_list=True,
    networks_create=True,
    networks_create_with_subnets=True,
    networks_update=True,
    networks_delete=True,
    interfaces_create=True,
    interfaces_update=True,
    interfaces_delete=True,
    key_pairs_list=True,
    key_pairs_create=True,
    key_pairs_delete=True,
    security_groups_list=True,
    security_groups_create=True,
    security_groups_update=True,
    security_groups_delete=True,
    addresses_list=True,
    addresses_create=True,
    addresses_update=True,
    addresses_associate=True,
    addresses_delete=True,
)


#: What is written as a whole: compute and block storage write all items of metadata back as they read them, and what
#: was taken away meanwhile (a volume's mark, when it is attached or detached) is there again; the image service writes
#: all properties of an image, whatever is changed; of tags of the network service the new ones replace those read.
REWRITES: Final[Rewrites] = {
    "addresses.update": ("tags",),
    "images.update": (),
    "instances.update": ("annotation", "delete_protected"),
    "security_groups.update": ("tags",),
    "snapshots.update": ("bootable", "tags"),
    "volumes.attach": (),
    "volumes.detach": (),
    "volumes.update": ("tags",),
}


class OpenstackDriver:
    """One cloud, reached under one provider string. No I/O before the first verb."""

    rewrites: Rewrites = REWRITES

    def __init__(self, config: DriverConfig) -> None:
        self.name = config.name
        self._client = client = Client(config)
        self._signatures = Signatures(client)
        self._doctor = Doctor(client, self._signatures)
        disks, snapshots = DiskReader(client), SnapshotReader(client)
        lookups = Lookups(client)
        signed = client.settings.service is not None
        self.capability: Capability = structs.replace(CAPABILITY, signed_requests=signed)
        self.zones: Zones = OpenstackZones(client)
        self.images: Images = OpenstackImages(client)
        self.instance_types: InstanceTypes = OpenstackInstanceTypes(client)
        self.instances: Instances = OpenstackInstances(client, lookups, Machines(client, lookups))
        self.instance_snapshots: InstanceSnapshots = ABSENT
        self.volumes: Volumes = OpenstackVolumes(client, disks, snapshots, Attacher(client, disks), Storage(client))
        self.snapshots: Snapshots = OpenstackSnapshots(client, snapshots, disks)
        self.networks: Networks = OpenstackNetworks(client)
        self.interfaces: Interfaces = OpenstackInterfaces(client)
        self.metrics: Metrics = ABSENT
        self.events: Events = ABSENT
        self.key_pairs: KeyPairs = OpenstackKeyPairs(client)
        self.security_groups: SecurityGroups = OpenstackSecurityGroups(client)
        self.addresses: Addresses = OpenstackAddresses(client)
        self.consoles: Consoles = OpenstackConsoles(client)

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
