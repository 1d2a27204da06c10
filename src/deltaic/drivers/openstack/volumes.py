"""Block storage's volumes."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from deltaic.drivers.openstack.attachments import Attacher
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.disk_mark import (
    FOREIGN,
    DiskMark,
    DiskMetadata,
    made_by,
    mark_items,
    mark_of,
    members,
    require_text,
    texts_of,
)
from deltaic.drivers.openstack.disks import DiskReader, Inventory
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.metadata import tags_of
from deltaic.drivers.openstack.snapshots import SnapshotReader
from deltaic.drivers.openstack.storage import GIB, SERVICE, Storage, gibibytes
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.volume_states import (
    LEAVING,
    LEAVING_SNAPSHOTS,
    ON_THE_WAY,
    require_rest,
    require_snapshot_rest,
    require_sound,
    volume_state,
)
from deltaic.drivers.openstack.wire_storage import Attachment, Server, Volume, VolumeAnswer
from deltaic.model import volume as neutral
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import VolumeAttachment, VolumeChanges, VolumeSpec

#: Since this microversion a volume grows while it is in use.
GROWS_IN_USE: Final = "3.42"


class OpenstackVolumes:
    """Volumes of the project. Source page: Block Storage API v3, "Volumes"."""

    def __init__(
        self, client: Client, reader: DiskReader, snapshots: SnapshotReader, attacher: Attacher, storage: Storage
    ) -> None:
        self._client = client
        self._reader = reader
        self._snapshots = snapshots
        self._attacher = attacher
        self._storage = storage
        self._metadata = DiskMetadata(client, "volume")

    # -- reads -------------------------------------------------------------------------------------------------------

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[neutral.Volume]:
        """List the project's volumes by name, with their attachments."""
        region = await self._client.region(context)
        inventory = await self._reader.read(context, ids)
        found = [_listed(one, inventory, region) for one in inventory.volumes]
        return sorted(found, key=lambda one: (one.name, one.id))

    async def get(self, context: Context, volume_id: str) -> neutral.Volume:
        """Read one volume without its attachments."""
        return volume_of(await self._reader.one(context, volume_id), await self._client.region(context))

    async def find_marked(self, context: Context, marker: str) -> Sequence[neutral.Volume]:
        """Find the volumes that this marker made."""
        region = await self._client.region(context)
        return [volume_of(one, region) for one in await self._reader.marked(context, made_by(marker))]

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        """The volume types."""
        return await self._storage.domains(context)

    # -- verbs -------------------------------------------------------------------------------------------------------

    async def create(self, context: Context, spec: VolumeSpec) -> neutral.Volume:
        """Make an empty volume, or one from a volume or snapshot, which the cloud makes as large as it is told."""
        if spec.format:
            raise invalid("format", "The cloud chooses the format of its volumes itself", resource="volume")
        require_text("volume", name=spec.name, description=spec.description)
        made = made_by(spec.marker)
        found = next(iter(await self._reader.marked(context, made)), None)
        if found is None:
            body = {"volume": await self._body(context, spec, made)}
            subject = Subject("volume", spec.name)
            found = (await self._client.create(context, SERVICE, "volumes", body, VolumeAnswer, subject=subject)).volume
        return volume_of(found, await self._client.region(context))

    async def finish(self, context: Context, volume_id: str, spec: VolumeSpec) -> neutral.Volume:
        """Have the volume marked as bootable where it is to be; all else was said at its creation."""
        found = await self._reader.one(context, volume_id)
        if spec.bootable and not found.bootable and found.status == "available":
            body = {"os-set_bootable": {"bootable": True}}
            await self._act(context, volume_id, body)
            found = structs.replace(found, bootable=True)
        return volume_of(found, await self._client.region(context))

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        """Change members. Where its user says that it is in a machine is not kept: compute tells where it is."""
        found = await self._reader.one(context, volume_id)
        size = _grown(found, changes)
        require_text("volume", name=changes.name, description=changes.description)
        body = texts_of(found, changes)
        if body:
            await self._client.update(
                context, SERVICE, f"volumes/{segment(volume_id)}", {"volume": body}, VolumeAnswer,
                subject=Subject("volume", volume_id),
            )  # fmt: skip
        if changes.tags is not None:
            await self._metadata.tag(context, found.id, found.metadata, changes.tags)
        if size:
            await self._extend(context, found, size)

    async def delete(self, context: Context, volume_id: str) -> None:
        """Remove a volume; the cloud keeps one that has snapshots."""
        found = await self._reader.one(context, volume_id)
        if found.status == "deleting":
            return
        if found.status != LEAVING:
            _require_unattached(found)
        require_rest(found)
        try:
            await self._remove(context, volume_id)
        except Error as error:
            if error.kind not in (ErrorKind.IN_USE, ErrorKind.CONFLICT):
                raise
            await self._explain(context, volume_id)
            # The reason is gone by now, or one that the cloud does not show: then it is refused in the cloud's words.
            await self._remove(context, volume_id)

    async def attach(
        self, context: Context, volume_id: str, instance_id: str, *, device: str = "", boot: bool = False,
        active: bool = True, own: bool = False,
    ) -> None:  # fmt: skip
        """Attach a volume; compute chooses where."""
        if boot:
            message = "A machine starts from the volume that it was made with"
            raise Error(ErrorKind.UNSUPPORTED, message, resource="volume", resource_id=volume_id, field="boot")
        volume = await self._reader.one(context, volume_id)
        await self._attacher.attach(context, volume, instance_id, own=own)

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        """Detach a volume."""
        await self._attacher.detach(context, await self._reader.one(context, volume_id), instance_id)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _body(self, context: Context, spec: VolumeSpec, made: str) -> dict[str, Any]:
        smallest, source = await self._source(context, spec.source_id) if spec.source_id else (0, {})
        size = gibibytes(spec.size) if spec.size or not source else smallest
        if size < smallest:
            raise invalid("size", f"The copy needs at least {smallest} GiB", resource="volume")
        return members(
            size=size,
            name=spec.name,
            description=spec.description,
            # A copy is where its source is unless somebody says so.
            volume_type=spec.storage_domain_id if source else self._storage.chosen(spec.storage_domain_id),
            availability_zone=await self._storage.zone(context, spec.zone_id),
            metadata=mark_items(DiskMark(made=made, machine=spec.instance_id)),
            **source,
        )

    async def _source(self, context: Context, source_id: str) -> tuple[int, dict[str, str]]:
        """The size of a volume or snapshot and the member that names it as the source."""
        snapshot = await self._snapshots.or_none(context, source_id)
        if snapshot is not None:
            require_snapshot_rest(snapshot)
            return snapshot.size, {"snapshot_id": snapshot.id}
        try:
            volume = await self._reader.one(context, source_id)
        except Error as error:
            error.field = error.field or "source_id"
            raise
        require_rest(volume)
        require_sound(volume)
        return volume.size, {"source_volid": volume.id}

    async def _extend(self, context: Context, found: Volume, size: int) -> None:
        require_rest(found)
        if found.attachments and not await self._client.supports(context, SERVICE, GROWS_IN_USE):
            message = "This cloud's volumes grow only while they are not attached"
            raise Error(ErrorKind.CONFLICT, message, resource="volume", resource_id=found.id)
        await self._act(context, found.id, {"os-extend": {"new_size": size}})

    async def _act(self, context: Context, volume_id: str, body: dict[str, Any]) -> None:
        path, subject = f"volumes/{segment(volume_id)}/action", Subject("volume", volume_id)
        await self._client.act(context, SERVICE, path, body, subject=subject)

    async def _remove(self, context: Context, volume_id: str) -> None:
        path, subject = f"volumes/{segment(volume_id)}", Subject("volume", volume_id)
        await self._client.remove(context, SERVICE, path, subject=subject)

    async def _explain(self, context: Context, volume_id: str) -> None:
        """Say why a volume is kept; the cloud names all the reasons that there could be. Nothing for none to be seen.

        IN_USE for what stays, BUSY for what passes: a snapshot keeps its volume until its removal is done.
        """
        snapshots = await self._snapshots.of_volume(context, volume_id)
        staying = [one.id for one in snapshots if one.status not in LEAVING_SNAPSHOTS]
        if staying:
            names = ", ".join(staying[:5])
            message = f"The volume '{volume_id}' has snapshots, which need it; remove them first: {names}"
            raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=volume_id)
        found = await self._reader.one(context, volume_id)
        require_rest(found)
        _require_unattached(found)
        if snapshots:
            message = f"The volume '{volume_id}' has snapshots that are being removed"
            raise Error(ErrorKind.BUSY, message, resource="volume", resource_id=volume_id)


def _require_unattached(volume: Volume) -> None:
    if volume.attachments:
        message = f"The volume '{volume.id}' is attached to a machine"
        raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=volume.id)


def volume_of(volume: Volume, region: str) -> neutral.Volume:
    """The neutral form of a volume, without its attachments."""
    mark = mark_of(volume.metadata)
    return neutral.Volume(
        id=volume.id,
        name=volume.name or "",
        state=volume_state(volume),
        size=volume.size * GIB,
        description=volume.description or "",
        bootable=volume.bootable,
        shareable=volume.multiattach,
        storage_domain_id=volume.volume_type or "",
        data_center_id=region,
        created_at=moment(volume.created_at),
        tags=tags_of(volume.metadata, FOREIGN),
        kept=not mark.machine,
        instance_id=mark.machine,
        source_id=volume.snapshot_id or volume.source_volid or "",
        zone_id=volume.availability_zone or "",
        made=mark.made,
    )


def _listed(volume: Volume, inventory: Inventory, region: str) -> neutral.Volume:
    found = volume_of(volume, region)
    plugged = tuple(_attachment(plug, inventory) for plug in volume.attachments)
    # Which of several is taken away, block storage does not tell.
    leaving = plugged if volume.status == LEAVING and len(plugged) == 1 else ()
    there = {plug.server_id for plug in volume.attachments}
    # What compute has accepted block storage tells only when it is done; a volume that left compute lists for a moment.
    coming = tuple(
        VolumeAttachment(server.id, active=False, pending=True)
        for server in inventory.servers.values()
        if volume.status in ON_THE_WAY
        and server.id not in there
        and any(plug.id == volume.id for plug in server.volumes)
    )
    owners = [
        server.id
        for server in inventory.servers.values()
        for plug in server.volumes
        if plug.id == volume.id and plug.own
    ]
    attachments = () if leaving else plugged + coming
    # What is taken away stands for itself as soon as its mark is gone, whatever compute still says.
    attached = bool(attachments)
    return structs.replace(
        found,
        attachments=attachments,
        leaving=leaving,
        kept=not owners if attached else found.kept,
        instance_id=next(iter(owners), "") if attached else found.instance_id,
    )


def _attachment(plug: Attachment, inventory: Inventory) -> VolumeAttachment:
    server = inventory.servers.get(plug.server_id)
    return VolumeAttachment(
        instance_id=plug.server_id,
        device=plug.device or "",
        boot=server is not None and _boots(server, plug.device or ""),
        attached_at=moment(plug.attached_at),
    )


def _boots(server: Server, device: str) -> bool:
    """Whether a server without an image starts from its volume there: a plain user is told no more than the name."""
    first = device.endswith(("/vda", "/sda", "/xvda", "/hda"))
    return not server.image and (first or len(server.volumes) == 1)


def _grown(found: Volume, changes: VolumeChanges) -> int:
    """The new size in GiB; 0 when it stays as it is."""
    if changes.size is None:
        return 0
    size = gibibytes(changes.size)
    if size < found.size:
        raise invalid("size", "A volume can't become smaller", resource="volume")
    return size if size > found.size else 0
