"""The oVirt driver: one engine behind the port."""

from __future__ import annotations

from typing import Final

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
from deltaic.drivers.http.tls import normal_fingerprint
from deltaic.drivers.ovirt import config as provider_strings
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.attachments import Attacher
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.disk_making import DiskMaker
from deltaic.drivers.ovirt.disks import DiskReader
from deltaic.drivers.ovirt.doctor import Doctor
from deltaic.drivers.ovirt.events import OvirtEvents
from deltaic.drivers.ovirt.images import OvirtImages
from deltaic.drivers.ovirt.instance_snapshots import OvirtInstanceSnapshots
from deltaic.drivers.ovirt.instance_types import OvirtInstanceTypes
from deltaic.drivers.ovirt.instances import OvirtInstances
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.machines import Machines
from deltaic.drivers.ovirt.metrics import OvirtMetrics
from deltaic.drivers.ovirt.networks import OvirtNetworks
from deltaic.drivers.ovirt.nics import OvirtInterfaces
from deltaic.drivers.ovirt.snapshots import OvirtSnapshots
from deltaic.drivers.ovirt.storage import Storage
from deltaic.drivers.ovirt.volumes import OvirtVolumes
from deltaic.drivers.ovirt.zones import OvirtZones
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import invalid, unsupported
from deltaic.model.health import Check
from deltaic.model.signed_request import Grant, SignedRequest

CAPABILITY = Capability(
    zones_list=True,
    images_list=True,
    images_create=True,
    images_delete=True,
    instance_types_list=True,
    instances_list=True,
    instances_list_with_runs=True,
    instances_create=True,
    instances_create_with_user_data=True,
    instances_user_data=True,
    instances_create_with_authorized_keys=True,
    instances_create_with_instance_type=True,
    instances_create_with_size=True,
    instances_create_with_image_size=True,
    instances_create_with_networks=True,
    instances_create_with_snapshot=True,
    instances_create_with_nic_configurations=True,
    instances_create_with_boot_devices=True,
    instances_update=True,
    instances_start=True,
    instances_start_paused=True,
    instances_stop=True,
    instances_stop_with_force=True,
    instances_reboot=True,
    instances_suspend=True,
    instances_delete=True,
    instances_screenshot=True,
    instances_console=True,
    instance_snapshots_list=True,
    instance_snapshots_create=True,
    instance_snapshots_create_with_memory=True,
    instance_snapshots_restore=True,
    instance_snapshots_delete=True,
    instances_limit_user_data_bytes=16 * 1024,
    instances_limit_name_length=64,
    volumes_list=True,
    volumes_create=True,
    volumes_create_with_source=True,
    volumes_create_with_shareable=True,
    volumes_update=True,
    volumes_delete=True,
    volumes_attach=True,
    snapshots_list=True,
    snapshots_create=True,
    snapshots_update=True,
    snapshots_delete=True,
    networks_list=True,
    networks_create=True,
    networks_update=True,
    networks_delete=True,
    interfaces_create=True,
    interfaces_update=True,
    interfaces_delete=True,
    metrics_read=True,
    metrics_read_volume=True,
    events_list=True,
)


#: What is written as a whole: a disk's description with its mark, a machine's comment with the interfaces that it is
#: still owed, and by the engine itself, which reads an object and puts the members of a change in, all that it updates.
REWRITES: Final[Rewrites] = {
    "images.update": (),
    "instances.start": (),
    "instances.update": (),
    "interfaces.create": (),
    "interfaces.delete": (),
    "interfaces.update": (),
    "networks.update": (),
    "snapshots.update": (),
    "volumes.attach": (),
    "volumes.detach": (),
    "volumes.update": (),
}


class OvirtDriver:
    """One engine, reached under one provider string. No I/O before the first verb."""

    capability: Capability = CAPABILITY
    rewrites: Rewrites = REWRITES

    def __init__(self, config: DriverConfig) -> None:
        if config.options:
            raise invalid("options", f"The oVirt driver knows no option '{sorted(config.options)[0]}'")
        if config.ca_fingerprint:
            normal_fingerprint(config.ca_fingerprint)
        self.name = config.name
        self._client = Client(config)
        lookups = Lookups(self._client)
        self._machines = machines = Machines(self._client, lookups)
        details = Details(self._client, machines)
        self.zones: Zones = OvirtZones(lookups)
        self.images: Images = OvirtImages(self._client, lookups, machines)
        self.instance_types: InstanceTypes = OvirtInstanceTypes(self._client)
        storage = Storage(self._client, lookups)
        attacher = Attacher(self._client, machines, details)
        reader = DiskReader(self._client, lookups, details, storage)
        maker = DiskMaker(self._client, reader, storage)
        instances = OvirtInstances(self._client, lookups, machines, details, attacher)
        self.instances: Instances = instances
        self.interfaces: Interfaces = OvirtInterfaces(self._client, lookups, machines, details, instances.plan)
        self.instance_snapshots: InstanceSnapshots = OvirtInstanceSnapshots(self._client, lookups, machines)
        self.volumes: Volumes = OvirtVolumes(self._client, reader, maker, attacher, storage)
        self.snapshots: Snapshots = OvirtSnapshots(self._client, lookups, reader, maker)
        self.networks: Networks = OvirtNetworks(self._client, lookups)
        self.metrics: Metrics = OvirtMetrics(self._client, lookups)
        self.events: Events = OvirtEvents(self._client, lookups)
        self.key_pairs: KeyPairs = ABSENT
        self.security_groups: SecurityGroups = ABSENT
        self.addresses: Addresses = ABSENT
        self.consoles: Consoles = ABSENT
        self._doctor = Doctor(self._client, lookups)

    def view(self, asked: str, configured: str = "") -> str:
        """`USER` for the caller's own objects only, else nothing."""
        return provider_strings.view(asked, configured)

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        """A login `user@profile` has one form only."""
        return user, scope

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        """Engines issue no keys that sign requests."""
        raise unsupported("verify")

    async def login(self, context: Context) -> str:
        """Check the credentials; return the engine's id of the user."""
        root = await self._client.read(context, "", wire.Api)
        return root.authenticated_user.id or context.principal.user

    async def doctor(self, context: Context) -> list[Check]:
        """Examine the engine and the way to it."""
        return await self._doctor.examine(context)

    async def close(self) -> None:
        """Log out and hang up."""
        await self._machines.close()
        await self._client.close()
