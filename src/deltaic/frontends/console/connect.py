"""How tools are pointed at this gateway."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.page import Page


async def show(page: Page) -> Response:
    """Profiles for each kind of client, with the address that this browser uses."""
    regions = await page.services.zones.regions(page.context)
    chosen = page.context.scope.data_center
    region = next((one for one in regions if chosen in (one.data_center.id, one.data_center.name)), None)
    name = region.name if region else (regions[0].name if regions else "us-east-1")
    return page.show("connect.html", endpoint=page.endpoint, region=name)
