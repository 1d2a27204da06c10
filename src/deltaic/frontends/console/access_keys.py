"""Access keys for AWS tools."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.model.access_key import AccessKey
from deltaic.model.errors import Error


async def index(page: Page) -> Response:
    """The caller's access keys."""
    return await _index(page)


async def _index(page: Page, message: str = "", made: AccessKey | None = None) -> Response:
    keys = await page.services.access_keys.list(page.context)
    secret = made.secret_key.reveal() if made else ""
    return page.show(
        "access_keys.html", 400 if message else 200, keys=keys, message=message, made=made, secret=secret,
        endpoint=page.endpoint,
    )  # fmt: skip


async def create(page: Page) -> Response:
    """Make one and show its secret, this once."""
    try:
        made = await page.services.access_keys.create(page.context, page.field("description"))
    except Error as error:
        return await _index(page, error.message)
    return await _index(page, made=made)


async def revoke(page: Page) -> Response:
    """End one."""
    await page.services.access_keys.revoke(page.context, page.request.path_params["id"])
    return page.go("access_keys")
