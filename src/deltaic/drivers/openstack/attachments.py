"""Attaching volumes to servers and detaching them. Source page: Compute API, "Servers with volume attachments"."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.disk_mark import MACHINE, DiskMetadata, mark_of
from deltaic.drivers.openstack.disks import DiskReader
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.volume_states import LEAVING, is_free, require_rest, require_sound
from deltaic.drivers.openstack.wire_storage import Volume
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found

#: Since this microversion an attachment can say that the volume goes with the server.
OWN: Final = "2.79"


class Attacher:
    """Both ways safe to repeat."""

    def __init__(self, client: Client, reader: DiskReader) -> None:
        self._client = client
        self._reader = reader
        self._metadata = DiskMetadata(client, "volume")

    async def attach(self, context: Context, volume: Volume, instance_id: str, *, own: bool) -> None:
        """Attach a volume that is free; as a server's own one it goes with it.

        BUSY while another server, or this one after a detachment, lets go of it.
        """
        if await self._has(context, volume, instance_id):
            return
        _check_free(volume)
        await self._claim(context, volume, instance_id, own)
        plug: dict[str, Any] = {"volumeId": volume.id}
        if own and await self._client.supports(context, "compute", OWN):
            plug["delete_on_termination"] = True
        path, subject = f"servers/{segment(instance_id)}/os-volume_attachments", Subject("instance", instance_id)
        try:
            await self._client.act(context, "compute", path, {"volumeAttachment": plug}, subject=subject)
        except Error as error:
            if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.QUOTA):
                raise _about(error, volume, instance_id) from None
            now = await self._reader.one(context, volume.id)
            # Somebody was faster with the same wish.
            if await self._has(context, now, instance_id):
                return
            if error.kind is ErrorKind.IN_USE and is_free(now):
                raise _changing_hands(now) from None
            raise _about(error, volume, instance_id) from None

    async def detach(self, context: Context, volume: Volume, instance_id: str) -> None:
        """Detach a volume, which then is nobody's own."""
        if mark_of(volume.metadata).machine:
            await self._metadata.remove(context, volume.id, MACHINE)
        path = f"servers/{segment(instance_id)}/os-volume_attachments/{segment(volume.id)}"
        try:
            await self._client.remove(context, "compute", path, subject=Subject("instance", instance_id))
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND or volume.status == LEAVING:
                return
            require_rest(volume)
            if error.kind in (ErrorKind.INVALID, ErrorKind.CONFLICT) and is_free(volume):
                raise _changing_hands(volume) from None
            if error.kind in (ErrorKind.INVALID, ErrorKind.FORBIDDEN) and "root device" in error.message:
                raise Error(ErrorKind.CONFLICT, error.message, resource="volume", resource_id=volume.id) from None
            raise _about(error, volume, instance_id) from None

    async def _has(self, context: Context, volume: Volume, instance_id: str) -> bool:
        """Whether a server has the volume, or compute has accepted that it will.

        BUSY while it is being detached, and while compute has a record of a volume that block storage says is free:
        compute writes it before the one attachment and drops it after the other, so the volume comes or has gone.
        """
        if volume.status == LEAVING:
            require_rest(volume)
        if any(plug.server_id == instance_id for plug in volume.attachments):
            return True
        path = f"servers/{segment(instance_id)}/os-volume_attachments/{segment(volume.id)}"
        try:
            await self._client.call(context, "compute", "GET", path)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return False
        if is_free(volume):
            raise _changing_hands(volume)
        return True

    async def _claim(self, context: Context, volume: Volume, instance_id: str, own: bool) -> None:
        """Make the volume's mark say whose it will be, before it is."""
        machine = mark_of(volume.metadata).machine
        if own and machine != instance_id:
            # Somebody took it for something else since it was made.
            message = f"The volume '{volume.id}' does not belong to the machine any more"
            raise Error(ErrorKind.CONFLICT, message, resource="volume", resource_id=volume.id)
        if machine and not own:
            await self._metadata.remove(context, volume.id, MACHINE)


def _check_free(volume: Volume) -> None:
    if volume.attachments and not volume.multiattach:
        message = f"The volume '{volume.id}' is attached to another machine"
        raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=volume.id)
    require_rest(volume)
    require_sound(volume)


def _changing_hands(volume: Volume) -> Error:
    message = "The cloud is still taking the volume from a machine, or giving it to one"
    return Error(ErrorKind.BUSY, message, resource="volume", resource_id=volume.id)


def _about(error: Error, volume: Volume, instance_id: str) -> Error:
    """The error, told of what it is about: the server, or the volume."""
    if error.kind is ErrorKind.NOT_FOUND:
        return not_found("instance", instance_id)
    if error.kind in (ErrorKind.CONFLICT, ErrorKind.BUSY):
        return error
    return Error(error.kind, error.message, resource="volume", resource_id=volume.id, context=error.context)
