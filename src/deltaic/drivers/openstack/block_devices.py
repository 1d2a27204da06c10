"""The volumes of a new server. Source page: Compute API, "Create Server", block_device_mapping_v2."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.storage import GIB
from deltaic.drivers.openstack.wire_compute import Ref
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceSpec
from deltaic.model.volume import VolumeSpec, VolumeWish

_VOLUME_TYPE: Final = "2.67"


class BlockDevices:
    """Translates wishes for volumes. Compute picks the devices' names."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def source(self, context: Context, spec: InstanceSpec) -> dict[str, Any]:
        """What a server is made from: an image, a volume, and what else it gets."""
        if not spec.volumes:
            return {"imageRef": spec.image_id}
        boots = [wish for wish in spec.volumes if wish.boot]
        if len(boots) > 1:
            raise invalid("volumes", "A machine starts from one volume only", resource="instance")
        devices = [await self._device(context, wish) for wish in boots + [w for w in spec.volumes if not w.boot]]
        if boots:
            return {"block_device_mapping_v2": devices}
        return {"imageRef": spec.image_id, "block_device_mapping_v2": [_image(spec.image_id), *devices]}

    async def _device(self, context: Context, wish: VolumeWish) -> dict[str, Any]:
        device: dict[str, Any] = {
            "boot_index": 0 if wish.boot else -1,
            "destination_type": "volume",
            "delete_on_termination": wish.own,
        }
        if wish.spec is None:
            return {**device, "source_type": "volume", "uuid": wish.volume_id}
        return {**device, **await self._new(context, wish.spec)}

    async def _new(self, context: Context, spec: VolumeSpec) -> dict[str, Any]:
        size: dict[str, Any] = {"volume_size": -(-spec.size // GIB)} if spec.size else {}
        kind = self._client.settings.volume_type
        if kind and await self._client.supports(context, "compute", _VOLUME_TYPE):
            size["volume_type"] = kind
        if not spec.source_id:
            return {"source_type": "blank", **size}
        if await self._is_snapshot(context, spec.source_id):
            return {"source_type": "snapshot", "uuid": spec.source_id, **size}
        message = "On this cloud a new machine's volumes are made from snapshots; copy the volume first"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="volume", field="volumes")

    async def _is_snapshot(self, context: Context, source_id: str) -> bool:
        try:
            await self._client.read(context, "block-storage", f"snapshots/{segment(source_id)}", _Snapshot)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return False
        return True


class _Snapshot(Ref, frozen=True):
    """Any snapshot."""


def _image(image_id: str) -> dict[str, Any]:
    """The image beside volumes: without it compute looks for a volume to start from."""
    return {
        "boot_index": 0,
        "source_type": "image",
        "destination_type": "local",
        "uuid": image_id,
        "delete_on_termination": True,
    }
