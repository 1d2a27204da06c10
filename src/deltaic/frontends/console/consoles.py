"""Consoles of instances: the page of the cloud that has one, and what it printed."""

from __future__ import annotations

from starlette.responses import Response

from deltaic.frontends.console.deeds import Found
from deltaic.frontends.console.instance import find_view
from deltaic.frontends.console.instances import row
from deltaic.frontends.console.page import Page


async def lead(page: Page, found: Found) -> Response:
    """A link to the cloud's own page with the console, to be opened beside this one.

    The address is a secret, so it is no answer to a GET.
    """
    url = await page.services.instances.console_url(page.context, found.id)
    return page.show("instance_console.html", row=row(found.thing), url=url)


async def output(page: Page) -> Response:
    """What the serial console printed."""
    view = await find_view(page)
    printed = await page.services.instances.console_output(page.context, view.instance.id)
    return page.show("instance_output.html", row=row(view), output=printed.decode("utf-8", "replace"))
