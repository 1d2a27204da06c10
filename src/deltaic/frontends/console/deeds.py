"""What can be done with a thing: a table of deeds per kind, each asked about first where it can't be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.services.jobs import JobChanges

log = structlog.get_logger("deltaic.console")

#: Errors that are no answer to the person who asked: they get a page of their own.
NOT_TOLD: Final = frozenset({ErrorKind.UNAUTHENTICATED, ErrorKind.INTERNAL})


@dataclass(frozen=True, slots=True)
class Found:
    """A thing by its id, as people call it, and as the services know it."""

    id: str
    name: str
    thing: Any


class Deed(Struct, frozen=True):
    """`do` does it. `said` is what the next page says, `question` what is asked before; {name} stands for the thing.

    `verb` is the job's, `word` what the button of the question says. The browser goes `back` to the list, or to the
    thing's own page. `carried` are parameters of the question that the deed needs.
    """

    do: Callable[[Page, Found], Awaitable[Response | None]]
    verb: str
    said: str
    word: str = ""
    question: str = ""
    gone: bool = False
    carried: tuple[str, ...] = ()


class Kind(Struct, frozen=True):
    """Things of a kind: where their pages are, what jobs call them, how one is found, what can be done with it."""

    path: str
    target: str
    find: Callable[[Page], Awaitable[Found]]
    deeds: Mapping[str, Deed]


def asking(kind: Kind) -> Callable[[Page], Awaitable[Response]]:
    """The page that asks before something is done that can't be taken back."""

    async def ask(page: Page) -> Response:
        verb, deed = _deed(page, kind)
        if not deed.question:
            return page.go(kind.path, page.id)
        found = await kind.find(page)
        return page.show(
            "confirm.html",
            question=deed.question.format(name=found.name),
            word=deed.word,
            action=page.to(kind.path, found.id, verb),
            back=page.to(kind.path, found.id),
            carried={name: page.query(name) for name in deed.carried},
        )

    return ask


def doing(kind: Kind) -> Callable[[Page], Awaitable[Response]]:
    """Do it, and say what came of it."""

    async def act(page: Page) -> Response:
        _, deed = _deed(page, kind)
        found = await kind.find(page)
        said = deed.said.format(name=found.name)
        try:
            async with working(page, deed.verb, f"{kind.target}/{found.id}", said) as worker:
                answer = await deed.do(worker, found)
        except Error as error:
            if error.kind in NOT_TOLD:
                raise
            return page.go(kind.path, found.id, said=error.message, problem=True)
        if answer is not None:
            return answer
        return page.go(kind.path, said=said) if deed.gone else page.go(kind.path, found.id, said=said)

    return act


@asynccontextmanager
async def working(page: Page, verb: str, target: str, title: str, made: Sequence[str] = ()) -> AsyncIterator[Page]:
    """Begin a job of that verb on something, called `title`, and end it as the request ends; no verb, no job.

    `made` are the ids of what a collection got by it, known when it ends.
    """
    if not verb:
        yield page
        return
    jobs = page.services.jobs
    context = await jobs.begin(page.context, verb, target)
    try:
        yield page.working_for(context)
    except Exception as fault:
        error = fault if isinstance(fault, Error) else Error(ErrorKind.INTERNAL, "The request failed")
        await _noted(jobs.fail(context, error))
        raise
    except BaseException:
        jobs.drop(context)
        raise
    await _noted(
        _settled(page, context.job, jobs.settle(context, tuple(f"{target}/{one}" for one in made) or (target,)), title)
    )


async def _settled(page: Page, job: str, settling: Awaitable[None], title: str) -> None:
    await settling
    await page.services.jobs.edit(page.context, job, JobChanges(name=title))


async def _noted(writing: Awaitable[object]) -> None:
    """What the cloud did stands, whatever becomes of the job."""
    try:
        await writing
    except Error as error:
        log.warning("job not written", error=error.message)


def _deed(page: Page, kind: Kind) -> tuple[str, Deed]:
    verb = str(page.request.path_params["verb"])
    deed = kind.deeds.get(verb)
    if deed is None:
        raise not_found("page", verb[:50])
    return verb, deed
