"""Images, from which instances are made."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import HEADERS, Page
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image, ImageChanges, ImageState


async def index(page: Page) -> Response:
    """The images that are searched for."""
    images = await page.services.captures.list(page.context)
    found = listed(
        page, images, lambda one: (one.name, one.id, one.description, one.version_name), lambda one: one.name
    )
    if page.live:
        return page.part("images_rows.html", listing=found)
    return page.show("images.html", listing=found)


async def show(page: Page) -> Response:
    """One image. One that was promised is found under the id of the promise."""
    image = await _one(page)
    if page.live and page.query("was") not in ("", image.state.value):
        # There is more to show and to do than the part tells.
        return Response(None, 204, {**HEADERS, "HX-Refresh": "true"})
    if page.live:
        return page.part("image_state.html", image=image, pace=_pace(image), reason=await _reason(page, image))
    return page.show("image.html", image=image, pace=_pace(image), reason=await _reason(page, image))


async def _one(page: Page) -> Image:
    try:
        return await page.services.captures.get(page.context, page.id)
    except Error as error:
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found("image", page.id) from None
        raise


async def _reason(page: Page, image: Image) -> str:
    if image.state is not ImageState.ERROR:
        return ""
    return await page.services.captures.reason(page.context, image.id)


def _pace(image: Image) -> int:
    return 2 if image.state is ImageState.PENDING else 10


async def _find(page: Page) -> Found:
    image = await _one(page)
    return Found(image.id, image.name, image)


async def _edit(page: Page, found: Found) -> None:
    changes = ImageChanges(name=page.field("name") or None, description=page.field("description"))
    await page.services.captures.edit(page.context, found.id, changes)


async def _delete(page: Page, found: Found) -> None:
    await page.services.captures.delete(page.context, found.id)


IMAGE: Final = Kind(
    "images",
    "machine_images",
    _find,
    {
        "edit": Deed(_edit, "edit", "The image was changed."),
        "delete": Deed(
            _delete,
            "delete",
            "The image {name} is being deleted.",
            "Delete",
            "Delete the image {name}? Nobody can make instances of it any more.",
            gone=True,
        ),
    },
)
