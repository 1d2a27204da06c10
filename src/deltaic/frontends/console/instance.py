"""One instance: what it is, what it does, and what it is measured at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.history import Point
from deltaic.frontends.console.instances import Row, row
from deltaic.frontends.console.jobs import of_instance
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN, LOOKS, Look
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.event import Event
from deltaic.model.job import Job
from deltaic.model.metric import UNITS, Measure, Unit
from deltaic.model.volume import Volume
from deltaic.services.instance_snapshots import InstanceSnapshotView
from deltaic.services.views import InstanceView

#: Events of one instance that are shown.
_EVENTS: Final = 20
#: More volumes than this are no menu: they are attached on their own pages.
_MENU: Final = 200


class Figure(Struct, frozen=True):
    """A measure as it is drawn. `top` is the end of its scale, 0 for the largest value."""

    measure: Measure
    unit: Unit
    value: float
    points: Sequence[Point]
    top: float = 0.0


async def show(page: Page) -> Response:
    """The page of an instance, or one of the parts of it that change."""
    try:
        view = await find_view(page)
    except Error as error:
        if page.live and error.kind is ErrorKind.NOT_FOUND:
            return page.go("instances", said="The instance is gone.")
        raise
    part = PARTS.get(page.query("part"), _state) if page.live else None
    return await (part or _whole)(page, view)


async def find_view(page: Page) -> InstanceView:
    """The instance of the address."""
    try:
        found = await page.services.instances.list(page.context, ids=[page.id])
    except Error as error:
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found("instance", page.id) from None
        raise
    if not found or found[0].instance.state in HIDDEN:
        raise not_found("instance", page.id)
    return found[0]


async def _whole(page: Page, view: InstanceView) -> Response:
    (volumes, networks, images, groups), (events, figures, snapshots, jobs) = await asyncio.gather(
        asyncio.gather(
            page.volumes(),
            page.services.networks.list(page.context),
            page.services.images.list(page.context),
            _groups(page),
        ),
        asyncio.gather(
            _events(page, view),
            _figures_of(page, view),
            _snapshots(page, view),
            of_instance(page, view.instance.id),
        ),
    )
    center = view.instance.data_center_id
    free = [
        one
        for one in volumes
        if (one.shareable or (one.kept and not one.attachments)) and one.data_center_id in ("", center)
    ]
    return page.show(
        "instance.html",
        row=row(view),
        volumes=_own(view, volumes),
        free=sorted(free, key=lambda one: one.name.casefold())[:_MENU],
        networks={one.id: one.name for one in networks},
        groups=groups,
        image=next((one for one in images if one.id == view.instance.image_id), None),
        events=events[:_EVENTS],
        figures=figures,
        snapshots=snapshots,
        jobs=jobs,
        pace=_pace(row(view), jobs),
    )


async def _state(page: Page, view: InstanceView) -> Response:
    jobs = await of_instance(page, view.instance.id)
    return page.part("instance_state.html", row=row(view), jobs=jobs, pace=_pace(row(view), jobs))


async def _measured(page: Page, view: InstanceView) -> Response:
    return page.part("instance_figures.html", row=row(view), figures=await _figures_of(page, view))


async def _parts(page: Page, view: InstanceView) -> Response:
    volumes, networks, snapshots, groups = await asyncio.gather(
        page.volumes(),
        page.services.networks.list(page.context),
        _snapshots(page, view),
        _groups(page),
    )
    return page.part(
        "instance_parts.html",
        row=row(view),
        volumes=_own(view, volumes),
        networks={one.id: one.name for one in networks},
        snapshots=snapshots,
        groups=groups,
        outside=True,
    )


PARTS: Final = {"state": _state, "figures": _measured, "parts": _parts}


async def screen(page: Page) -> Response:
    """What the console of an instance shows now."""
    view = await find_view(page)
    picture = await page.services.instances.screenshot(page.context, view.instance.id)
    show = page.part if page.live else page.show
    template = "instance_picture.html" if page.live else "instance_screen.html"
    return show(template, row=row(view), picture=picture)


def _own(view: InstanceView, volumes: Sequence[Volume]) -> list[Volume]:
    held = {disk.disk_id for disk in view.instance.disks}
    wanted = view.instance.id
    return [one for one in volumes if one.id in held or any(each.instance_id == wanted for each in one.attachments)]


async def _events(page: Page, view: InstanceView) -> Sequence[Event]:
    if not page.capability.events_list:
        return ()
    return (await page.services.events.of_instance(page.context, view.instance.id)).events


async def _groups(page: Page) -> dict[str, str]:
    """The names of the security groups, where there are such."""
    if not page.capability.security_groups_list:
        return {}
    return {one.id: one.name for one in await page.services.security_groups.list(page.context)}


async def _snapshots(page: Page, view: InstanceView) -> Sequence[InstanceSnapshotView]:
    if not page.capability.instance_snapshots_list:
        return ()
    return await page.services.instance_snapshots.list(page.context, view.instance.id)


async def _figures_of(page: Page, view: InstanceView) -> list[Figure]:
    """What is measured while it runs, and was while somebody looked."""
    if LOOKS[view.instance.state] is not Look.RUNNING or not page.capability.metrics_read:
        return []
    metrics = await page.services.metrics.of_instance(page.context, view.instance.id)
    known = page.histories.add(page.context.owner, view.instance.id, metrics)
    tops = {Measure.CPU_USAGE: 100.0, Measure.MEMORY_USED: float(view.instance.memory)}
    return [
        Figure(metric.name, UNITS[metric.name], metric.value, known[metric.name], tops.get(metric.name, 0.0))
        for metric in sorted(metrics, key=lambda metric: list(Measure).index(metric.name))
    ]


def _pace(shown: Row, jobs: Sequence[Job]) -> int:
    """Seconds until a browser asks for the state again."""
    return 4 if shown.settled and not jobs else 1
