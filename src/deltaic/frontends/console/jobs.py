"""What is under way for the caller, and what became of what they asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.model.job import Job

#: Finished jobs that are shown.
_FINISHED: Final = 50

#: What jobs are about, by the first part of their target: the path of its page, and a word for it.
_ABOUT: Final = {
    "machines": ("instances", "instance"),
    "volumes": ("storage_volumes", "volume"),
    "volume_images": ("storage_snapshots", "snapshot"),
    "machine_images": ("images", "image"),
    "networks": ("networks", "network"),
}


class Line(Struct, frozen=True):
    """A job as a line of a table: what it does, and the page of what it does it to, if there is one."""

    job: Job
    title: str
    path: str = ""


async def index(page: Page) -> Response:
    """The jobs of the caller, the newest first."""
    jobs = sorted(await page.services.jobs.list(page.context), key=lambda job: job.created_at, reverse=True)
    own = [job for job in jobs if not job.parent]
    running = [line(job) for job in own if not job.final]
    if page.live and page.query("part") == "running":
        return page.part("jobs_running.html", running=running)
    finished = [line(job) for job in own if job.final][:_FINISHED]
    if page.live:
        return page.part("jobs_rows.html", running=running, finished=finished)
    return page.show("jobs.html", running=running, finished=finished)


async def running(page: Page) -> list[Line]:
    """What is under way."""
    return [line(job) for job in await page.services.jobs.list(page.context) if not (job.final or job.parent)]


async def of_instance(page: Page, instance_id: str) -> Sequence[Job]:
    """What is under way for one instance."""
    wanted = f"machines/{instance_id}"
    return [
        job
        for job in await page.services.jobs.list(page.context)
        if not job.final and (job.target == wanted or wanted in job.affected)
    ]


def line(job: Job) -> Line:
    """A job's line."""
    address = next((one for one in (job.target, *job.affected) if "/" in one), job.target)
    what, _, where = address.partition("/")
    path, word = _ABOUT.get(what, ("", what.replace("_", " ").removesuffix("s")))
    place = "" if "/" in where or not where or not path else f"{path}/{where}"
    return Line(job, job.name or f"{job.action} {word} {where[:8]}".strip().capitalize(), place)
