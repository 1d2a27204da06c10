"""Volumes: disks, attached or floating."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from deltaic.model.annotation import Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceState
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeAttachment, VolumeChanges, VolumeSpec, VolumeState
from deltaic.services.client_tokens import ClientTokens
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all
from deltaic.services.tags import check_tags
from deltaic.services.zones import ZoneService

CREATE: Final = "volume-create"
DELETE: Final = "volume-delete"
ATTACH: Final = "volume-attach"
DETACH: Final = "volume-detach"

#: States that do not pass by themselves, and in which a machine takes no disk.
_TAKE_NONE: Final = frozenset(
    {InstanceState.SUSPENDED, InstanceState.PAUSED, InstanceState.PAUSED_BY_ERROR, InstanceState.ERROR}
)


class VolumeService:
    """The verbs on volumes. What goes on after the answer is a durable flow, and already shown as done."""

    def __init__(self, clouds: Clouds, flows: FlowStarter, zones: ZoneService, tokens: ClientTokens) -> None:
        self._clouds = clouds
        self._flows = flows
        self._zones = zones
        self._tokens = tokens

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Volume]:
        """The disks of the scope; NOT_FOUND names those of `ids` that are not there.

        Those that are being removed are DELETING; attachments are those that are asked for.
        """
        # Before the volumes: what ends in between shows in them.
        under_way = await self._flows.under_way(DELETE, ATTACH, DETACH)
        volumes = await self._clouds.of(context).volumes.list(context, ids=ids)
        require_all("volume", ids, volumes)
        return [_expected(volume, under_way) for volume in volumes] if under_way else volumes

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        """Where volumes can be made in the scope, the one with the most room first."""
        return await self._clouds.of(context).volumes.storage_domains(context)

    async def create(
        self,
        context: Context,
        spec: VolumeSpec,
        tags: Mapping[str, str] | None = None,
        *,
        client_token: str = "",
        fingerprint: str = "",
    ) -> Volume:
        """Make a volume and return it as soon as the cloud accepted it; `spec.marker` may be left empty.

        With `spec.instance_id` it is a disk of that machine, attached once it is made. A repeated `client_token`
        returns the same volume as it was accepted; with another `fingerprint` of all arguments it is refused.
        INVALID, NOT_FOUND and UNSUPPORTED name the field.
        """
        check_tags(tags or {})
        check_spec(spec)
        if spec.instance_id:
            state = await self._check_machine(context, spec.instance_id)
            if state in _TAKE_NONE:
                message = f"A machine in the state {state} takes no disk"
                raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=spec.instance_id)
        if not (spec.source_id or spec.storage_domain_id or spec.data_center_id or context.scope.data_center):
            spec = replace(spec, data_center_id=await self._zones.home(context))

        async def make(marker: str) -> bytes:
            marked = replace(spec, marker=spec.marker or marker, created_at=int(time.time()))
            flow_id = f"{CREATE}:{marked.marker}"
            await self._flows.start(context, CREATE, flow_id, {"spec": marked, "tags": dict(tags or {})})
            return await self._flows.accepted(context, flow_id)

        made = await self._tokens.once(context, CREATE, client_token, fingerprint, make)
        return msgspec.json.decode(made, type=Volume)

    async def modify(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        """Change members at once; INVALID for a smaller size, BUSY while the volume is locked."""
        await self._clouds.of(context).volumes.update(context, volume_id, changes)

    async def delete(self, context: Context, volume_id: str) -> None:
        """Remove a volume, or a machine's own disk. A lock is waited for after the answer.

        IN_USE while a volume is attached, to a machine that is down as well; a disk of a running machine.
        """
        for volume in await self.list(context, [volume_id]):
            if volume.independent and volume.attachments:
                message = f"The volume '{volume_id}' is attached to a machine"
                raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=volume_id)
            await self._flows.until_known_by(context, CREATE, volume.made)
        flow_id = f"{DELETE}:{volume_id}"
        await self._flows.start(context, DELETE, flow_id, {"noun": "volume", "id": volume_id})
        await self._flows.accepted(context, flow_id)

    async def attach(
        self, context: Context, volume_id: str, instance_id: str, *, device: str = "", boot: bool = False
    ) -> Volume:
        """Attach a volume; nothing happens when it is attached there already. Locks are waited for after the answer.

        IN_USE when another machine has it and it can't be shared; CONFLICT when the machine takes no volume.
        """
        volume = (await self.list(context, [volume_id]))[0]
        await self._check_machine(context, instance_id)
        if volume.state is VolumeState.DELETING:
            raise Error(ErrorKind.CONFLICT, "The volume is being removed", resource="volume", resource_id=volume_id)
        given = {"volume_id": volume_id, "instance_id": instance_id, "device": device, "boot": boot}
        await self._plug(context, ATTACH, given)
        if any(one.instance_id == instance_id for one in volume.attachments):
            return volume
        return _attached(volume, instance_id, device)

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        """Detach a volume; nothing happens when it is not attached there. Locks are waited for after the answer."""
        await self.list(context, [volume_id])
        await self._plug(context, DETACH, {"volume_id": volume_id, "instance_id": instance_id})

    async def _plug(self, context: Context, flow: str, given: Mapping[str, object]) -> None:
        await self._let_pass(context, DETACH if flow == ATTACH else ATTACH, given)
        # Each request its own flow: what was attached, detached and is attached again is none of the first one's.
        flow_id = f"{flow}:{given['volume_id']}:{given['instance_id']}:{secrets.token_hex(8)}"
        await self._flows.start(context, flow, flow_id, given)
        await self._flows.accepted(context, flow_id)

    async def _let_pass(self, context: Context, flow: str, given: Mapping[str, object]) -> None:
        """Wait for the opposite that was asked for before and still waits for a lock: the last word must win."""
        prefix = f"{flow}:{given['volume_id']}:{given['instance_id']}:"
        for flow_id in sorted(await self._flows.under_way(flow)):
            if flow_id.startswith(prefix) and not await self._flows.over(flow_id, context.remaining() / 2):
                message = "The volume is still being attached or detached there"
                raise Error(ErrorKind.BUSY, message, resource="volume", resource_id=str(given["volume_id"]))

    async def _check_machine(self, context: Context, instance_id: str) -> InstanceState:
        instance = await self._clouds.of(context).instances.get(context, instance_id, details=False)
        if instance.annotation.want is Want.TERMINATED or instance_id in await self._flows.removals():
            message = f"The machine '{instance_id}' is being removed"
            raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=instance_id)
        return instance.state


def check_spec(spec: VolumeSpec) -> None:
    """Refuse what no cloud can make."""
    if spec.size < 0 or (not spec.size and not spec.source_id):
        raise invalid("size", "The size of a volume must be above 0", resource="volume")


def _expected(volume: Volume, under_way: frozenset[str]) -> Volume:
    """A volume as it will be once what is under way is done."""
    if f"{DELETE}:{volume.id}" in under_way:
        volume = replace(volume, state=VolumeState.DELETING)
    for flow_id in under_way:
        flow, _, rest = flow_id.partition(":")
        volume_id, _, rest = rest.partition(":")
        if volume_id != volume.id or flow not in (ATTACH, DETACH):
            continue
        instance_id = rest.partition(":")[0]
        if flow == DETACH:
            left = tuple(one for one in volume.attachments if one.instance_id != instance_id)
            gone = tuple(one for one in volume.attachments if one.instance_id == instance_id)
            volume = replace(volume, attachments=left, leaving=volume.leaving + gone, kept=True)
        elif all(one.instance_id != instance_id for one in volume.attachments):
            volume = _attached(volume, instance_id)
    return volume


def _attached(volume: Volume, instance_id: str, device: str = "") -> Volume:
    new = VolumeAttachment(instance_id, device, active=False, pending=True)
    return replace(volume, attachments=(*volume.attachments, new), kept=True)
