"""What happened: the cloud's own log."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page


async def index(page: Page) -> Response:
    """The events that are searched for, the newest first."""
    events = (await page.services.events.of_scope(page.context)).events if page.capability.events_list else ()
    found = listed(page, events, lambda one: (one.text, one.user, one.instance_name, one.severity))
    if page.live:
        return page.part("events_rows.html", listing=found)
    return page.show("events_page.html", listing=found)
