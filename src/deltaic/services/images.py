"""Images: what instances are made from."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.image import Image
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all


class ImageService:
    """The verbs on images."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Image]:
        """The images usable in the scope; NOT_FOUND names those of `ids` that are not."""
        images = await self._clouds.of(context).images.list(context, ids=ids)
        require_all("image", ids, images)
        return images

    async def get(self, context: Context, image_id: str) -> Image:
        """One image, or NOT_FOUND."""
        return (await self.list(context, ids=[image_id]))[0]
