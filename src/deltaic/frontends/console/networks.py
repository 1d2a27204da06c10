"""Networks."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.page import Page


async def index(page: Page) -> Response:
    """All networks that instances can be on."""
    zones = {view.zone.id: view.zone.name for view in await page.services.zones.zones(page.context)}
    return page.show("networks.html", networks=await page.services.networks.list(page.context), zones=zones)
