"""Operations in this process and nowhere else: flows run as tasks, milestones and results are kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.outcome import Outcome, failed, read
from deltaic.operations.run import Run
from deltaic.operations.status import ended
from deltaic.operations.step import JournalStep
from deltaic.ports.operations import Flow, FlowInput, FlowStatus
from tests.fakes.operations import FAST, MemoryJournal


class InlineOperations:
    """The port `Operations`; `started` lists (flow, id) in order."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.attempts: dict[str, list[FlowStatus]] = {}
        self._flows: dict[str, Flow] = {}
        self._journals: dict[str, MemoryJournal] = {}
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}

    def register(self, flows: Mapping[str, Flow]) -> None:
        self._flows.update(flows)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def start(self, flow: str, flow_id: str, given: FlowInput) -> None:
        if flow_id in self._tasks and not self._tasks[flow_id].done():
            return
        self.started.append((flow, flow_id))
        self.attempts.setdefault(flow_id, []).append(
            FlowStatus(flow_id, flow, "running", attempt=f"{len(self.started)}", began=datetime.now(UTC))
        )
        journal = self._journals[flow_id] = MemoryJournal()
        self._tasks[flow_id] = asyncio.create_task(self._run(flow, flow_id, given, journal))

    async def passed(self, flow: str, flow_id: str) -> str:
        before = [one.attempt for one in self.attempts.get(flow_id, []) if one.state != "running"]
        return before[-1] if before else ""

    async def milestone(self, flow_id: str, milestone: str, timeout: float) -> bytes:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                while milestone not in self._journals[flow_id].events:
                    if self._tasks[flow_id].done():
                        return (await self._tasks[flow_id]).get()
                    await asyncio.sleep(0)
        except TimeoutError:
            raise Error(ErrorKind.TIMEOUT, "The operation takes too long") from None
        return read(self._journals[flow_id].events[milestone]).get()

    async def result(self, flow_id: str, timeout: float) -> bytes:  # noqa: ASYNC109
        async with asyncio.timeout(timeout):
            return (await asyncio.shield(self._tasks[flow_id])).get()

    async def under_way(self, *flows: str) -> frozenset[str]:
        return frozenset(key for key, task in self._tasks.items() if not task.done())

    async def unfinished(self) -> list[FlowStatus]:
        return [FlowStatus(key, key.partition(":")[0], "running") for key, t in self._tasks.items() if not t.done()]

    async def settle(self) -> None:
        """Wait until every flow has ended."""
        await asyncio.gather(*self._tasks.values())

    async def statuses(self, flow_ids: Collection[str]) -> dict[str, tuple[FlowStatus, ...]]:
        return {flow_id: tuple(self.attempts[flow_id]) for flow_id in flow_ids if flow_id in self.attempts}

    async def _run(self, flow: str, flow_id: str, given: FlowInput, journal: MemoryJournal) -> Outcome:
        attempts = self.attempts[flow_id]
        place = len(attempts) - 1
        try:
            outcome = Outcome(await self._flows[flow](JournalStep(flow_id, journal, Run(), FAST), given))
        except Error as error:
            outcome = failed(error)
        attempts[place] = ended(attempts[place], outcome, datetime.now(UTC))
        return outcome
