"""Many reads of single machines at the same time become few searches.

Flows ask for their machines one by one, again and again. What is asked for while a search is on its way goes into
the next one, so nobody waits for others to come, and nobody gets an answer that was read before he asked.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Sequence

from msgspec import structs

from deltaic.drivers.ovirt import wire
from deltaic.model.context import Context, Principal
from deltaic.model.errors import Error, ErrorKind

LOAD_SECONDS = 30.0

Read = Callable[[Context, Sequence[str]], Awaitable[Sequence[wire.Vm]]]
Key = tuple[Principal, str]
Answer = asyncio.Future[wire.Vm | None]


class Batch:
    """Reads machines by id, those of one principal together."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._waiting: dict[Key, dict[str, Answer]] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def get(self, context: Context, vm_id: str) -> wire.Vm | None:
        """The machine, or None; at most one search per principal is on its way."""
        key = (context.principal, context.scope.view)
        waiting = self._waiting.setdefault(key, {})
        answer = waiting.get(vm_id)
        if answer is None:
            answer = waiting[vm_id] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(_looked_at)
        if key not in self._running:
            self._running[key] = asyncio.ensure_future(self._work(key, context))
        try:
            async with asyncio.timeout(context.remaining()):
                return await asyncio.shield(answer)
        except TimeoutError:
            raise Error(ErrorKind.TIMEOUT, "The engine did not answer in time") from None

    async def close(self) -> None:
        """Stop reading."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _work(self, key: Key, context: Context) -> None:
        answers: dict[str, Answer] = {}
        try:
            while answers := self._waiting.pop(key, {}):
                await self._answer(context, answers)
        finally:
            del self._running[key]
            for answer in (*answers.values(), *self._waiting.pop(key, {}).values()):
                answer.cancel()

    async def _answer(self, context: Context, answers: dict[str, Answer]) -> None:
        unhurried = structs.replace(context, deadline=time.monotonic() + LOAD_SECONDS)
        try:
            found = {vm.id: vm for vm in await self._read(unhurried, list(answers))}
        except Exception as fault:
            # Each gets an exception of their own: tracebacks grow where they are shared.
            for answer in answers.values():
                answer.set_exception(copy.copy(fault))
            return
        for vm_id, answer in answers.items():
            answer.set_result(found.get(vm_id))


def _looked_at(answer: Answer) -> None:
    """Every caller may have left: then nobody else looks at the failure."""
    if not answer.cancelled():
        answer.exception()
