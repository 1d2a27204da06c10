"""Launching instances: validation, idempotency, and one durable flow per machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.image import ImageState
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.model.network import Network
from deltaic.model.nic import NicChanges, NicConfiguration
from deltaic.model.volume import VolumeWish
from deltaic.ports.store import IdempotencyRecord, Store
from deltaic.services.accepted import AcceptedLately
from deltaic.services.fixed_addresses import FixedAddresses
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds, now
from deltaic.services.images import ImageService
from deltaic.services.instance_types import InstanceTypeService, InstanceTypeView
from deltaic.services.key_pairs import KeyPairService
from deltaic.services.lookup import require_all
from deltaic.services.names import instance_name, launch_id, reservation_id
from deltaic.services.networks import NetworkService, default_network
from deltaic.services.volumes import check_spec
from deltaic.services.zones import ZoneService, ZoneView

#: One request makes at most so many machines; more would outlast every client's patience.
MAX_COUNT = 100
USER_DATA_BYTES = 16 * 1024


class LaunchRequest(Struct, frozen=True):
    """What a caller wants launched. Ids are native; empty leaves the choice to the image or the cloud.

    `fingerprint` is a hash of all the request's arguments: the same `client_token` with another fingerprint is
    refused. `user_data` are at most 16 KiB. Without `network_ids` a machine gets its image's interfaces or, when
    the image has none, one in the default network; `nic_configurations` tell the guest how to set them up, in order,
    and `nic_changes` what becomes of them before the first start.
    `subnet_ids` say where in its network each interface gets its address, `security_group_ids` are those of all.
    `memory` (bytes) and `cpus` stand for a size without a name.
    `boot_devices` are tried in their order (`hd`, `cdrom`, `network`).
    `architecture` is that of a zone; empty takes any. `user_name`, `password` and `authorized_keys` (lines of OpenSSH)
    are what the guest is told at its first start; the password is in no representation of the request.
    """

    image_id: str
    min_count: int = 1
    max_count: int = 1
    zone: str = ""
    instance_type: str = ""
    memory: int = 0
    cpus: int = 0
    user_data: bytes = b""
    key_name: str = ""
    tags: dict[str, str] = {}
    disk_tags: dict[str, str] = {}
    nic_tags: dict[str, str] = {}
    name: str = ""
    description: str = ""
    client_token: str = ""
    fingerprint: str = ""
    network_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    nic_configurations: tuple[NicConfiguration, ...] = ()
    nic_changes: tuple[NicChanges, ...] = ()
    traits: dict[str, str] = {}
    volumes: tuple[VolumeWish, ...] = ()
    delete_protected: bool = False
    boot_devices: tuple[str, ...] = ()
    monitored: bool = False
    start: bool = True
    paused: bool = False
    architecture: str = ""
    user_name: str = ""
    password: str = ""
    authorized_keys: tuple[str, ...] = ()
    dry_run: bool = False

    def __repr__(self) -> str:
        return f"LaunchRequest(image_id={self.image_id!r}, name={self.name!r}, max_count={self.max_count})"


class LaunchService:
    """Makes machines exactly once, whatever dies in between."""

    def __init__(
        self,
        clouds: Clouds,
        store: Store,
        flows: FlowStarter,
        zones: ZoneService,
        images: ImageService,
        instance_types: InstanceTypeService,
        key_pairs: KeyPairService,
        networks: NetworkService,
    ) -> None:
        self._clouds = clouds
        self._store = store
        self._flows = flows
        self.accepted = AcceptedLately(flows)
        self._zones = zones
        self._images = images
        self._instance_types = instance_types
        self._key_pairs = key_pairs
        self._networks = networks
        self._addresses = FixedAddresses(clouds)

    async def launch(self, context: Context, request: LaunchRequest) -> list[Instance]:
        """Launch and return the machines as soon as the cloud accepted them.

        A repeated client token returns the same machines in the state they were accepted in; the caller reads
        their current state. INVALID, NOT_FOUND and UNSUPPORTED name the field.
        """
        # A token belongs to its region, as AWS's do: elsewhere the same one asks for other machines.
        owner = context.client_token_scope
        record = await self._claim(owner, request) if request.client_token and not request.dry_run else None
        if record is not None and record.result:
            return msgspec.json.decode(record.result, type=list[Instance])
        launch = launch_id(owner, request.client_token, record.created_at.isoformat() if record else "")
        try:
            specs = await self._specs(context, request, launch)
            if request.dry_run:
                return []
            async with self._addresses.held(context, launch, specs):
                made = await self._start(context, request, specs)
        except Error as error:
            # When time is up the launch goes on: whoever repeats the token shall meet it, not begin another one.
            if record is not None and error.kind is not ErrorKind.TIMEOUT:
                await self._store.idempotency.release(record)
            raise
        if record is not None:
            await self._store.idempotency.finish(owner, request.client_token, msgspec.json.encode(made))
        return made

    async def _claim(self, owner: str, request: LaunchRequest) -> IdempotencyRecord:
        mine = IdempotencyRecord(owner, request.client_token, request.fingerprint, now())
        record = await self._store.idempotency.claim(mine)
        if record.fingerprint != request.fingerprint:
            raise Error(
                ErrorKind.IDEMPOTENCY_MISMATCH,
                "The client token was used before with other arguments",
                field="client_token",
            )
        return record

    async def _specs(self, context: Context, request: LaunchRequest, launch: str) -> list[InstanceSpec]:
        _check_counts(request)
        if request.paused and not self._clouds.of(context).capability.instances_start_paused:
            raise Error(ErrorKind.UNSUPPORTED, "This cloud starts no machine paused", field="initial_state")
        image = await self._images.get(context, request.image_id)
        if image.state is not ImageState.AVAILABLE:
            raise Error(
                ErrorKind.CONFLICT, f"The image '{image.id}' is {image.state}", resource="image", resource_id=image.id
            )
        zone = await self._zone(context, request, image.zone_id, image.data_center_ids)
        size = await self._size(context, request.instance_type)
        keys = (await self._key_pairs.get(context, request.key_name)).public_key if request.key_name else ""
        if request.network_ids:
            await self._networks.list(context, ids=request.network_ids)
        else:
            networks = await self._default_network(context, image.id, zone)
            request = msgspec.structs.replace(request, network_ids=networks)
        if request.nic_configurations:
            request = await self._every_interface(context, request)
        await self._check_volumes(context, request, launch)
        annotation = Annotation(
            tags=request.tags,
            key_name=request.key_name,
            want=_wanted(request),
            reservation=reservation_id(launch),
            client_token=request.client_token,
            instance_type=request.instance_type,
            owner=context.principal.user,
            launched_at=int(time.time()),
            monitored=request.monitored,
            traits=request.traits,
        )
        return [self._spec(request, launch, index, zone, size, keys, annotation) for index in range(request.max_count)]

    def _spec(
        self,
        request: LaunchRequest,
        launch: str,
        index: int,
        zone: ZoneView,
        size: InstanceTypeView | None,
        public_key: str,
        annotation: Annotation,
    ) -> InstanceSpec:
        name = instance_name(request.name, launch, index, request.max_count)
        return InstanceSpec(
            name=name,
            image_id=request.image_id,
            zone_id=zone.zone.id,
            description=request.description,
            instance_type_id=size.type.id if size else "",
            kind=size.kind if size else "",
            memory=request.memory,
            cpus=request.cpus,
            host_name=name.replace("_", "-").replace(".", "-"),
            user_data=request.user_data,
            authorized_keys=((public_key,) if public_key else ()) + request.authorized_keys,
            user_name=request.user_name,
            password=request.password,
            network_ids=request.network_ids,
            subnet_ids=request.subnet_ids,
            security_group_ids=request.security_group_ids,
            nic_configurations=request.nic_configurations,
            nic_changes=request.nic_changes,
            delete_protected=request.delete_protected,
            boot_devices=request.boot_devices,
            disk_tags=request.disk_tags,
            nic_tags=request.nic_tags,
            volumes=request.volumes,
            annotation=msgspec.structs.replace(annotation, launch=f"{launch}:{index}", launch_index=index),
        )

    async def data_center(self, context: Context, request: LaunchRequest) -> str:
        """The id of the data center in which a launch would make its machines; INVALID, NOT_FOUND as the launch."""
        image = await self._images.get(context, request.image_id)
        return (await self._zone(context, request, image.zone_id, image.data_center_ids)).zone.data_center_id

    async def _zone(
        self, context: Context, request: LaunchRequest, image_zone: str, data_centers: Sequence[str]
    ) -> ZoneView:
        if request.zone:
            zone = await self._zones.resolve(context, request.zone)
            if data_centers and zone.zone.data_center_id not in data_centers:
                raise invalid("zone", f"The image is not available in the zone '{request.zone}'", resource="zone")
            _check_architecture(request, [zone])
            return zone
        zones = await self._zones.zones(context)
        usable = [view for view in zones if not data_centers or view.zone.data_center_id in data_centers]
        if not usable:
            raise not_found("zone", image_zone or "any")
        usable = _check_architecture(request, usable)
        return next((view for view in usable if view.zone.id == image_zone), usable[0])

    async def _check_volumes(self, context: Context, request: LaunchRequest, launch: str) -> None:
        """Refuse volumes that can't be had before anything is made; a repeated launch may have its own already."""
        for wish in request.volumes:
            if wish.spec is not None:
                check_spec(wish.spec)
        wanted = [wish.volume_id for wish in request.volumes if wish.spec is None]
        if not wanted:
            return
        found = await self._clouds.of(context).volumes.list(context, ids=wanted)
        require_all("volume", wanted, found)
        own: frozenset[str] = frozenset()
        if any(volume.attachments for volume in found):
            made = await self._clouds.of(context).instances.find_launch(context, f"{launch}:0")
            own = frozenset(instance.id for instance in made)
        for volume in found:
            taken = any(one.instance_id not in own for one in volume.attachments)
            if not volume.shareable and (taken or request.max_count > 1 or wanted.count(volume.id) > 1):
                message = f"The volume '{volume.id}' can be attached to one machine only"
                raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=volume.id, field="volumes")

    async def _default_network(self, context: Context, image_id: str, zone: ZoneView) -> tuple[str, ...]:
        """The default network for an image that brings no interface: clients expect every machine to have one."""
        driver = self._clouds.of(context)
        if not driver.capability.instances_create_with_networks or await driver.images.interfaces(context, image_id):
            return ()
        found = default_network(
            [one for one in await self._networks.list(context) if _reaches(one, zone)], zone.zone.data_center_id
        )
        return (found.id,) if found else ()

    async def _every_interface(self, context: Context, request: LaunchRequest) -> LaunchRequest:
        """The request with a line for each interface: guests leave alone what they are told nothing about."""
        given = request.nic_configurations
        if request.max_count > 1 and any(one.address for one in given):
            raise invalid("nic_configurations", "Several machines can't have the same fixed address")
        brought = await self._clouds.of(context).images.interfaces(context, request.image_id)
        missing = max(len(request.network_ids), brought) - len(given)
        return msgspec.structs.replace(request, nic_configurations=given + (NicConfiguration(),) * missing)

    async def _size(self, context: Context, name: str) -> InstanceTypeView | None:
        return await self._instance_types.resolve(context, name) if name else None

    async def _start(self, context: Context, request: LaunchRequest, specs: Sequence[InstanceSpec]) -> list[Instance]:
        results = await asyncio.gather(*(self._start_one(context, spec) for spec in specs), return_exceptions=True)
        made = [result for result in results if isinstance(result, Instance)]
        failed = [result for result in results if isinstance(result, BaseException)]
        for fault in failed:
            if isinstance(fault, Error) and fault.kind is ErrorKind.TIMEOUT:
                raise fault  # it may yet come true, so the others are not undone
        if len(made) >= request.min_count:
            return made
        for instance in made:
            await self._flows.start(context, "terminate", f"terminate:{instance.id}", {"id": instance.id})
        raise failed[0]

    async def _start_one(self, context: Context, spec: InstanceSpec) -> Instance:
        flow_id = f"launch:{spec.annotation.launch}"
        await self._flows.start(context, "launch", flow_id, spec)
        made = msgspec.json.decode(await self._flows.accepted(context, flow_id), type=Instance)
        self.accepted.add(context, made)
        return made


def _check_architecture(request: LaunchRequest, zones: Sequence[ZoneView]) -> list[ZoneView]:
    """The zones of the architecture that is asked for; INVALID when there is none."""
    fitting = [view for view in zones if request.architecture in ("", view.zone.architecture)]
    if not fitting:
        known = ", ".join(sorted({view.zone.architecture for view in zones}))
        raise invalid("architecture", f"The architecture here is {known}, not {request.architecture}", resource="zone")
    return fitting


def _reaches(network: Network, zone: ZoneView) -> bool:
    return network.pluggable and (not network.zone_ids or zone.zone.id in network.zone_ids)


def _wanted(request: LaunchRequest) -> Want:
    if not request.start:
        return Want.STOPPED
    return Want.PAUSED if request.paused else Want.RUNNING


def _check_counts(request: LaunchRequest) -> None:
    if not 1 <= request.min_count <= request.max_count:
        raise invalid("min_count", "The smallest number of instances must be between 1 and the largest")
    if request.max_count > MAX_COUNT:
        raise Error(
            ErrorKind.QUOTA,
            f"At most {MAX_COUNT} instances are launched by one request",
            resource="instance",
            field="max_count",
        )
    if len(request.user_data) > USER_DATA_BYTES:
        raise invalid("user_data", f"User data is limited to {USER_DATA_BYTES} bytes")
