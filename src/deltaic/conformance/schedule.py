"""Several cases at once, where they do not disturb each other; their results are had one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from deltaic.conformance.case import Case, Provision
from deltaic.conformance.harness import Harness
from deltaic.conformance.runner import Result, Run, running

#: What befalls nobody else who uses the cloud at the time, and counts nothing of what others do.
_HARMLESS = frozenset({Provision.TWO_USERS, Provision.SECOND_DATA_CENTER, Provision.GATEWAY, Provision.USER_DATA})
_DISTURBING = frozenset(Provision) - _HARMLESS


class Schedule:
    """Begins the cases in their order, at most `at_once` at a time, and those alone that disturb others.

    `tell` hears of each result at once. To be closed.
    """

    def __init__(
        self, run: Run, cases: Sequence[Case], at_once: int, tell: Callable[[Result], None] = lambda _: None
    ) -> None:
        self._run = run
        self._cases = list(cases)
        self._at_once = at_once
        self._tell = tell
        loop = asyncio.get_running_loop()
        self._results: dict[str, asyncio.Future[Result]] = {case.name: loop.create_future() for case in cases}
        self._dispatcher = asyncio.create_task(self._dispatch())

    async def result(self, case: Case) -> Result:
        """What came of a case, once it is over."""
        return await self._results[case.name]

    async def close(self) -> None:
        """Begin no other case; those that run are ended, and take away what they made."""
        self._dispatcher.cancel()
        await asyncio.gather(self._dispatcher, return_exceptions=True)

    async def _dispatch(self) -> None:
        running: set[asyncio.Task[None]] = set()
        try:
            for case in self._cases:
                alone = bool(_DISTURBING.intersection(case.provisions))
                while len(running) > (0 if alone else self._at_once - 1):
                    _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                running.add(asyncio.create_task(self._try(case)))
                if alone:
                    await asyncio.wait(running)
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _try(self, case: Case) -> None:
        future = self._results[case.name]
        try:
            result = await self._run.result(case)
        except BaseException as fault:
            if not future.done():
                future.cancel() if isinstance(fault, asyncio.CancelledError) else future.set_exception(fault)
            raise
        future.set_result(result)
        self._tell(result)


async def run(
    harness: Harness, cases: Sequence[Case], tell: Callable[[Result], None] = lambda _: None, at_once: int = 1
) -> list[Result]:
    """Run all these cases on the harness's cloud."""
    async with running(harness) as ready:
        schedule = Schedule(ready, cases, at_once, tell)
        try:
            return [await schedule.result(case) for case in cases]
        finally:
            await schedule.close()
