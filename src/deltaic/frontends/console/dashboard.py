"""The data center at a glance."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console import jobs
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN, LOOKS, Look
from deltaic.model.event import Event
from deltaic.model.storage_domain import StorageDomain
from deltaic.services.views import InstanceView
from deltaic.services.zones import ZoneView

#: Events shown.
_EVENTS = 8


class ZoneSummary(Struct, frozen=True):
    """A zone and what is in it: numbers of machines, processors and bytes of memory of those that run."""

    view: ZoneView
    machines: int
    running: int
    cpus: int
    memory: int


async def show(page: Page) -> Response:
    """The dashboard."""
    services, context = page.services, page.context
    views, zones, domains, events, running = await asyncio.gather(
        page.instances(details=False),
        services.zones.zones(context),
        _domains(page),
        _events(page),
        jobs.running(page),
    )
    shown = [view for view in views if view.instance.state not in HIDDEN]
    give = page.part if page.live else page.show
    return give(
        "dashboard_now.html" if page.live else "dashboard.html",
        zones=[_summary(zone, shown) for zone in zones],
        looks=_counts(shown),
        total=len(shown),
        domains=domains,
        events=events[:_EVENTS],
        running=running,
        pace=10 if len(shown) <= 500 else 30,
    )


async def _events(page: Page) -> Sequence[Event]:
    return (await page.services.events.of_scope(page.context)).events if page.capability.events_list else ()


async def _domains(page: Page) -> Sequence[StorageDomain]:
    return await page.services.volumes.storage_domains(page.context) if page.capability.volumes_create else ()


def _summary(zone: ZoneView, views: Sequence[InstanceView]) -> ZoneSummary:
    own = [view.instance for view in views if view.instance.zone_id == zone.zone.id]
    running = [one for one in own if LOOKS[one.state] is Look.RUNNING]
    return ZoneSummary(
        zone, len(own), len(running), sum(one.cpus for one in running), sum(one.memory for one in running)
    )


def _counts(views: Sequence[InstanceView]) -> list[tuple[str, int]]:
    counted = Counter(LOOKS[view.instance.state] for view in views)
    return [(look.value, counted[look]) for look in Look if counted[look]]
