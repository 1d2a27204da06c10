"""A flow that runs in this process: its milestones without a detour through the journal."""

from __future__ import annotations

import asyncio

from deltaic.operations.outcome import Outcome


class Run:
    """What waiters in this process can know of a flow at once."""

    def __init__(self) -> None:
        self.task: asyncio.Task[object] | None = None
        self._milestones: dict[str, Outcome] = {}
        self._ended = False
        self._end: Outcome | None = None
        self._changed = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether the body is done; the journal may still be writing."""
        return self._ended

    @property
    def completed(self) -> bool:
        """Whether the body came to the flow's end; otherwise it was not begun here, or let go of unfinished."""
        return self._end is not None

    async def written(self) -> None:
        """Wait until the journal has the end of an ended flow."""
        if self.task is not None:
            await asyncio.wait([self.task])
        await asyncio.sleep(0)

    def reach(self, milestone: str, outcome: Outcome) -> None:
        """Tell a milestone; the first telling counts."""
        self._milestones.setdefault(milestone, outcome)
        self._wake()

    def finish(self, outcome: Outcome | None) -> None:
        """Tell the flow's end; None when this process lets go of it unfinished."""
        self._ended = True
        self._end = outcome
        self._wake()

    async def milestone(self, milestone: str) -> Outcome | None:
        """Wait for a milestone or the end: the milestone's outcome, a failed flow's, else None."""
        while True:
            if milestone in self._milestones:
                return self._milestones[milestone]
            if self._ended:
                return self._end if self._end is not None and self._end.failure is not None else None
            await self._changed.wait()

    async def end(self) -> Outcome | None:
        """Wait for the end; None when this process let go of the flow."""
        while not self._ended:
            await self._changed.wait()
        return self._end

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
