"""SSH keys."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, ErrorKind, not_found


async def index(page: Page) -> Response:
    """The caller's keys."""
    return await _index(page)


async def _index(page: Page, message: str = "", pem: str = "", name: str = "") -> Response:
    pairs = await page.services.key_pairs.list(page.context)
    return page.show(
        "keys.html",
        400 if message else 200,
        pairs=pairs,
        message=message,
        pem=pem,
        name=name,
        given=dict(page.fields) if message else {},
    )


async def create(page: Page) -> Response:
    """Keep a public key, or make a pair whose private half is shown this once."""
    name, public = page.field("name"), page.field("public_key")
    try:
        if public:
            await page.services.key_pairs.import_(page.context, name, public.encode())
            return page.go("keys", said=f"The key {name} was added.")
        _, private = await page.services.key_pairs.generate(page.context, name, page.field("type") or "ed25519")
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise
        return await _index(page, error.message)
    return await _index(page, pem=private.reveal(), name=name)


async def _find(page: Page) -> Found:
    for pair in await page.services.key_pairs.list(page.context):
        if pair.id == page.id:
            return Found(pair.id, pair.name, pair)
    raise not_found("key", page.id)


async def show(page: Page) -> Response:
    """A key has no page of its own."""
    await _find(page)
    return page.go("keys")


async def _delete(page: Page, found: Found) -> None:
    await page.services.key_pairs.delete(page.context, key_pair_id=found.id)


KEY: Final = Kind(
    "keys",
    "keys",
    _find,
    {
        "delete": Deed(
            _delete,
            "",
            "The key {name} was deleted.",
            "Delete",
            "Delete the key {name}? Instances that have it keep it.",
            gone=True,
        ),
    },
)
