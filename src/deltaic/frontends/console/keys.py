"""SSH keys."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, not_found


async def index(page: Page) -> Response:
    """The caller's keys."""
    return await _index(page)


async def _index(page: Page, message: str = "", pem: str = "", name: str = "") -> Response:
    pairs = await page.services.key_pairs.list(page.context)
    return page.show("keys.html", 400 if message else 200, pairs=pairs, message=message, pem=pem, name=name)


async def create(page: Page) -> Response:
    """Keep a public key, or make a pair whose private half is shown this once."""
    name, public = page.field("name"), page.field("public_key")
    try:
        if public:
            await page.services.key_pairs.import_(page.context, name, public.encode())
            return page.go("keys")
        _, private = await page.services.key_pairs.generate(page.context, name, page.field("type") or "ed25519")
    except Error as error:
        return await _index(page, error.message)
    return await _index(page, pem=private.reveal(), name=name)


async def delete(page: Page) -> Response:
    """Forget a key."""
    wanted = page.request.path_params["id"]
    if await page.services.key_pairs.delete(page.context, key_pair_id=wanted) is None:
        raise not_found("key", wanted)
    return page.go("keys")
