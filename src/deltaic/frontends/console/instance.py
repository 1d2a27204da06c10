"""One instance: what it is, what it does, and what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.instances import row
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.instance import InstanceState
from deltaic.model.metric import Metric
from deltaic.services.views import InstanceView

#: Events of one instance that are shown.
_EVENTS: Final = 20


async def show(page: Page) -> Response:
    """The page of an instance, or the part of it that changes."""
    view = await _view(page)
    if page.live:
        return page.show("instance_live.html", row=row(view), metrics=await _metrics(page, view))
    wanted = view.instance.id
    volumes, networks, images, events, metrics = await asyncio.gather(
        page.services.volumes.list(page.context),
        page.services.networks.list(page.context),
        page.services.images.list(page.context),
        page.services.events.of_instance(page.context, wanted),
        _metrics(page, view),
    )
    held = {disk.disk_id for disk in view.instance.disks}
    return page.show(
        "instance.html",
        row=row(view),
        volumes=[one for one in volumes if one.id in held],
        networks={one.id: one.name for one in networks},
        image=next((one for one in images if one.id == view.instance.image_id), None),
        events=events.events[:_EVENTS],
        metrics=metrics,
    )


async def act(page: Page) -> Response:
    """Do something with an instance."""
    verb = page.request.path_params["verb"]
    view = await _view(page)
    action = ACTIONS.get(verb)
    if action is None:
        raise invalid("verb", "An instance can't do that")
    await action(page, view.instance.id)
    return page.go("instances") if verb == "delete" else page.go("instances", view.instance.id)


async def _start(page: Page, wanted: str) -> object:
    return await page.services.instances.start(page.context, [wanted])


async def _stop(page: Page, wanted: str) -> object:
    return await page.services.instances.stop(page.context, [wanted])


async def _force(page: Page, wanted: str) -> object:
    return await page.services.instances.stop(page.context, [wanted], force=True)


async def _suspend(page: Page, wanted: str) -> object:
    return await page.services.instances.stop(page.context, [wanted], hibernate=True)


async def _reboot(page: Page, wanted: str) -> object:
    return await page.services.instances.reboot(page.context, [wanted])


async def _delete(page: Page, wanted: str) -> object:
    return await page.services.instances.terminate(page.context, [wanted])


ACTIONS: Final[dict[str, Callable[[Page, str], Awaitable[object]]]] = {
    "start": _start,
    "stop": _stop,
    "force-stop": _force,
    "suspend": _suspend,
    "reboot": _reboot,
    "delete": _delete,
}


async def _view(page: Page) -> InstanceView:
    wanted = page.request.path_params["id"]
    try:
        found = await page.services.instances.list(page.context, ids=[wanted])
    except Error as error:
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found("instance", wanted) from None
        raise
    if not found or found[0].instance.state in HIDDEN:
        raise not_found("instance", wanted)
    return found[0]


async def _metrics(page: Page, view: InstanceView) -> list[Metric]:
    """What is measured while it runs."""
    if view.instance.state is not InstanceState.RUNNING or not page.capability.metrics_read:
        return []
    return list(await page.services.metrics.of_instance(page.context, view.instance.id))
