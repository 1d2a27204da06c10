"""Images: templates of the engine."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.model.errors import not_found


async def index(page: Page) -> Response:
    """All images."""
    return page.show("images.html", images=await page.services.images.list(page.context))


async def show(page: Page) -> Response:
    """One image."""
    wanted = page.request.path_params["id"]
    for one in await page.services.images.list(page.context):
        if one.id == wanted:
            return page.show("image.html", image=one)
    raise not_found("image", wanted)
