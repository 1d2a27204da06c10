"""Access keys for AWS tools."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.page import Page
from deltaic.model.access_key import AccessKey
from deltaic.model.errors import Error, ErrorKind, not_found


async def index(page: Page) -> Response:
    """The caller's access keys."""
    return await _index(page)


async def _index(page: Page, message: str = "", made: AccessKey | None = None) -> Response:
    keys = await page.services.access_keys.list(page.context)
    return page.show(
        "access_keys.html",
        400 if message else 200,
        keys=keys,
        message=message,
        made=made,
        secret=made.secret_key.reveal() if made else "",
        endpoint=page.endpoint,
    )


async def create(page: Page) -> Response:
    """Make one and show its secret, this once."""
    try:
        made = await page.services.access_keys.create(page.context, page.field("description"))
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise
        return await _index(page, error.message)
    return await _index(page, made=made)


async def _find(page: Page) -> Found:
    for key in await page.services.access_keys.list(page.context):
        if key.id == page.id:
            return Found(key.id, key.id, key)
    raise not_found("access_key", page.id)


async def show(page: Page) -> Response:
    """An access key has no page of its own."""
    await _find(page)
    return page.go("access_keys")


async def _revoke(page: Page, found: Found) -> None:
    await page.services.access_keys.revoke(page.context, found.id)


ACCESS_KEY: Final = Kind(
    "access_keys",
    "access_keys",
    _find,
    {
        "revoke": Deed(
            _revoke,
            "",
            "The access key {name} was revoked.",
            "Revoke",
            "Revoke the access key {name}? Tools that use it are refused within seconds.",
            gone=True,
        ),
    },
)
