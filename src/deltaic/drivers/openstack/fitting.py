"""The size of a server whose caller named none: the smallest flavor that the image fits into."""

from __future__ import annotations

from msgspec import Struct

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.instance_types import smallest_first
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.storage import GIB
from deltaic.drivers.openstack.wire_compute import Flavor
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec


class ImageNeeds(Struct, frozen=True):
    """What an image asks for: `min_ram` in MiB, `min_disk` in GiB.

    `size` are the file's bytes, `virtual_size` the disk's. Source page: Image API v2, "Show image".
    """

    min_ram: int | None = 0
    min_disk: int | None = 0
    size: int | None = 0
    virtual_size: int | None = 0


class Fitting:
    """Chooses flavors."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def smallest(self, context: Context, spec: InstanceSpec) -> str:
        """The id of the smallest flavor that the image fits into; INVALID when there is none."""
        subject = Subject("image", spec.image_id)
        path = f"images/{segment(spec.image_id)}"
        image = await self._client.read(context, "image", path, ImageNeeds, subject=subject)
        from_volume = any(wish.boot for wish in spec.volumes)
        flavors = sorted(await self._lookups.flavors(context), key=smallest_first)
        for flavor in flavors:
            if fits(flavor, image, from_volume=from_volume):
                return flavor.id
        message = "No size is large enough for the image; name an instance type"
        raise Error(ErrorKind.INVALID, message, resource="instance_type", field="instance_type_id")


def fits(flavor: Flavor, image: ImageNeeds, *, from_volume: bool) -> bool:
    """Whether an image can be started in a flavor. Most clouds let nobody start an image without a disk for it."""
    if flavor.disabled or flavor.ram < (image.min_ram or 0):
        return False
    needed = max(image.min_disk or 0, -(-(image.virtual_size or image.size or 0) // GIB), 1)
    return from_volume or flavor.disk >= needed
