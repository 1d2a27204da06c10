"""Durable operations on DBOS: on SQLite in the state folder, or on PostgreSQL by URL."""

from __future__ import annotations

import asyncio
import importlib
import math
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.elsewhere import Elsewhere, public_id
from deltaic.operations.given import Sealer, read_back, written
from deltaic.operations.lock import StateLock, kept_node_name, sqlite_url, state_folder
from deltaic.operations.nodes import SILENCE_SECONDS, Nodes, with_short_transactions
from deltaic.operations.outcome import Outcome, failed, read
from deltaic.operations.pace import Pace
from deltaic.operations.run import Run
from deltaic.operations.status import status_of
from deltaic.operations.step import JournalLostError, JournalStep
from deltaic.operations.waiting import end_of, in_doubt, looks, lost, too_late
from deltaic.ports.operations import Flow, FlowInput, FlowStatus

if TYPE_CHECKING:
    from deltaic.operations.dbos_journal import DbosJournal, Entry

log = structlog.get_logger(__name__)

#: Ended flows are kept so long (client tokens live 24 hours).
KEEP_DAYS = 3
HOUSEKEEPING_SECONDS = 600.0
#: Flows whose id is used again for the next time: a machine is started, stopped and tagged more than once.
RENEWABLE = frozenset({"start", "stop", "tag"})
#: The node of an SQLite journal, whose folder only one process can use, whatever it calls itself.
ONLY_NODE = "local"
#: Flows in one question to the journal.
_ASKED_AT_ONCE = 100


class DbosOperations:
    """The port `Operations`. One per process (DBOS allows no more), used from one event loop.

    `location` is the state folder or a database URL. `node` names this gateway: flows are taken up again by the
    node that started them, on PostgreSQL also by any other once the node has been silent for `silence` seconds.
    A flow's later attempts are kept under `<id>~2`, `<id>~3` ...; callers only ever see the first form.
    `folder` is this gateway's own, also beside a database URL: no other process may use it, and it keeps the name of
    a node that was given none. With a `sealer`, what flows were given is sealed in the journal.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        node: str = "",
        folder: Path | None = None,
        pace: Pace | None = None,
        most_flows: int = 2000,
        renewable: frozenset[str] = RENEWABLE,
        silence: float = SILENCE_SECONDS,
        sealer: Sealer | None = None,
    ) -> None:
        self._location = location
        self._node = node or ONLY_NODE if folder is None else node
        self._folder = state_folder(str(location)) or folder
        self._pace = pace or Pace()
        self._most_flows = most_flows
        self._renewable = renewable
        self._silence = silence
        self._sealer = sealer
        self._flows: dict[str, Flow] = {}
        self._runs: dict[str, Run] = {}
        self._interrupted: set[str] = set()
        self._left: frozenset[str] = frozenset()
        self._beginnings: set[asyncio.Task[None]] = set()
        self._journal: DbosJournal | None = None
        self._lock: StateLock | None = None
        self._housekeeping: list[asyncio.Task[None]] = []
        self._elsewhere: Elsewhere | None = None
        self._nodes: Nodes | None = None
        self._closing = False

    def register(self, flows: Mapping[str, Flow]) -> None:
        """Name the flows; before `open`."""
        self._flows.update(flows)

    async def open(self) -> None:
        """Start, and take up every unfinished flow of this node.

        CONFLICT when another process uses the same state folder.
        """
        module = await asyncio.to_thread(importlib.import_module, "deltaic.operations.dbos_journal")
        url = str(self._location)
        if self._folder is not None:
            self._lock = StateLock(self._folder)
        if (own := state_folder(url)) is not None:
            url, self._node = sqlite_url(own), ONLY_NODE
        else:
            url = with_short_transactions(url, self._silence / 2)
            if self._folder is not None:
                self._node = self._node or kept_node_name(self._folder)
        self._closing = False
        self._nodes = Nodes(url, self._node, self._silence)
        try:
            self._journal = module.DbosJournal(url, self._node, list(self._flows), self._body)
            await self._begin_anew(self._node)
            self._elsewhere = Elsewhere(self._journal) if own is None else None
            self._left = await self._still_left()
        except BaseException:
            await self.close()
            raise
        # By itself: what there is to do for others may take longer than they wait for this node.
        works = [self._keep_house(self._nodes), self._nodes.keep_beating()]
        self._housekeeping = [asyncio.create_task(each) for each in works]

    async def close(self) -> None:
        """Stop taking work, within 10 seconds; unfinished flows go on at the next `open`."""
        self._closing = True
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        tasks += self._housekeeping
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=3.0)
        if self._journal is not None:
            await self._journal.close(5.0)
            self._journal = None
        if self._lock is not None:
            self._lock.release()

    async def start(self, flow: str, flow_id: str, given: FlowInput) -> None:
        """Start a flow; the same id again is the same flow and starts nothing. A failed flow is begun anew."""
        if flow not in self._flows:
            raise Error(ErrorKind.INTERNAL, f"There is no flow '{flow}'")
        if not await self._over(flow_id):
            return
        if len(self._runs) >= self._most_flows:
            raise Error(ErrorKind.RATE_LIMITED, "Too many operations are under way; try again later")
        run = self._runs[flow_id] = Run()
        # A request that is given up in between must not leave a flow written down but not running.
        begun = asyncio.create_task(self._begin(flow, flow_id, given, run))
        self._beginnings.add(begun)
        begun.add_done_callback(self._beginnings.discard)
        await asyncio.shield(begun)

    async def passed(self, flow: str, flow_id: str) -> str:
        """The newest attempt at a flow that a start now would not join; empty when there is none."""
        await self._over(flow_id)
        with in_doubt():
            attempts = await self._open_journal.attempts([flow_id])
        if attempts and self._counts(flow, attempts[-1]):
            attempts.pop()
        return attempts[-1].id if attempts else ""

    async def _over(self, flow_id: str) -> bool:
        """Whether no run of this process is at a flow; the journal has the end of one that ended."""
        while (known := self._runs.get(flow_id)) is not None and known.completed:
            await known.written()
        return known is None or known.ended

    async def _begin(self, flow: str, flow_id: str, given: FlowInput, run: Run) -> None:
        started = False
        try:
            with in_doubt():
                entry_id = await self._fresh_id(flow, flow_id)
                if entry_id:
                    # Another node may have been faster; its run tells this one nothing, the journal does.
                    started = await self._open_journal.start(entry_id, flow, written(given, flow_id, self._sealer))
        finally:
            # It may have been taken up in between, as what an earlier process left.
            if not started and run.task is None:
                run.finish(None)
                self._forget(flow_id, run)

    async def milestone(self, flow_id: str, milestone: str, timeout: float) -> bytes:  # noqa: ASYNC109
        """Wait for a milestone's value. Raises the flow's `Error` when it failed first, TIMEOUT when time is up."""
        try:
            async with asyncio.timeout(timeout):
                with in_doubt():
                    return (await self._reached(flow_id, milestone)).get()
        except TimeoutError:
            raise too_late(f"'{milestone}' of the operation is not reached yet") from None

    async def result(self, flow_id: str, timeout: float) -> bytes:  # noqa: ASYNC109
        """Wait for a flow's end and its bytes, or raise its `Error`; TIMEOUT when time is up."""
        try:
            async with asyncio.timeout(timeout):
                with in_doubt():
                    return (await self._ended(flow_id)).get()
        except TimeoutError:
            raise too_late("The operation has not ended yet") from None

    def active(self) -> frozenset[str]:
        """The ids of the flows that run in this process, those that it has still to take up included."""
        return self._left | frozenset(flow_id for flow_id, run in self._runs.items() if not run.ended)

    async def under_way(self, *flows: str) -> frozenset[str]:
        """The ids of unfinished flows: all of this process, and those of these names on other nodes."""
        if self._elsewhere is None:
            return self.active()
        with in_doubt():
            return self.active() | await self._elsewhere.of(flows)

    async def unfinished(self) -> list[FlowStatus]:
        """The flows that are still running, on every node."""
        with in_doubt():
            entries = await self._open_journal.unfinished()
        return [FlowStatus(public_id(entry.id), entry.flow, "running") for entry in entries]

    async def statuses(self, flow_ids: Collection[str]) -> dict[str, tuple[FlowStatus, ...]]:
        """Every attempt at these flows that is still known, oldest first; flows that are not known are left out."""
        wanted = sorted(set(flow_ids))
        found: dict[str, tuple[FlowStatus, ...]] = {}
        with in_doubt():
            for at in range(0, len(wanted), _ASKED_AT_ONCE):
                for entry in await self._open_journal.attempts(wanted[at : at + _ASKED_AT_ONCE]):
                    status = status_of(entry)
                    found[status.id] = (*found.get(status.id, ()), status)
        return found

    @property
    def _open_journal(self) -> DbosJournal:
        if self._journal is None or self._closing:
            raise Error(ErrorKind.UNAVAILABLE, "The gateway is shutting down")
        return self._journal

    async def _body(self, flow: str, entry_id: str, text: str) -> str:
        flow_id = public_id(entry_id)
        run = self._runs.get(flow_id)
        if run is None or run.ended or run.task is not None:
            # An earlier run that lost the flow may still be waiting for the end that this one writes.
            run = self._runs[flow_id] = Run()
        self._interrupted.discard(entry_id)
        self._left -= {flow_id}
        run.task = asyncio.current_task()
        if run.task is not None:
            run.task.add_done_callback(lambda _: self._forget(flow_id, run))
        outcome: Outcome | None = None
        try:
            journal = self._journal
            if journal is None or self._closing:
                raise asyncio.CancelledError
            step = JournalStep(flow_id, journal, run, self._pace, self._lease())
            outcome = await self._outcome(flow, step, text)
        except JournalLostError as lost:
            log.warning("flow interrupted: the journal is out of reach", flow_id=flow_id, error=str(lost))
            if self._runs.get(flow_id) is run:
                self._interrupted.add(entry_id)
            raise asyncio.CancelledError from None
        finally:
            run.finish(outcome)
        if outcome.failure is not None:
            raise journal.failure(outcome.text())
        return outcome.text()

    def _lease(self) -> Callable[[], float]:
        return self._nodes.lease() if self._nodes is not None else lambda: math.inf

    async def _outcome(self, flow: str, step: JournalStep, text: str) -> Outcome:
        try:
            given = read_back(text, step.flow_id, self._sealer)
            return Outcome(await self._flows[flow](step, given))
        except Error as error:
            log.warning("flow failed", flow_id=step.flow_id, kind=error.kind.value, error=error.message)
            return failed(error)
        except Exception:
            log.exception("flow broke", flow_id=step.flow_id)
            return failed(Error(ErrorKind.INTERNAL, "An internal error has occurred", operation=flow))

    def _forget(self, flow_id: str, run: Run) -> None:
        if self._runs.get(flow_id) is run:
            del self._runs[flow_id]

    async def _fresh_id(self, flow: str, flow_id: str) -> str:
        """The journal id of a new attempt; empty when the latest one still counts."""
        entry = await self._open_journal.latest(flow_id)
        if entry is None:
            return flow_id
        if self._counts(flow, entry):
            return ""
        return _next(entry.id)

    def _counts(self, flow: str, entry: Entry) -> bool:
        """Whether an attempt makes another one needless."""
        return entry.status in ("PENDING", "ENQUEUED") or (entry.status == "SUCCESS" and flow not in self._renewable)

    async def _reached(self, flow_id: str, milestone: str) -> Outcome:
        for pause in looks():
            if flow_id in self._runs:
                outcome = await self._runs[flow_id].milestone(milestone)
                if outcome is not None:
                    return outcome
            if self._closing:
                raise too_late("The gateway stops; another one, or the next start, goes on with the operation")
            entry = await self._open_journal.latest(flow_id)
            text = await self._open_journal.event(entry.id, milestone) if entry else None
            if text is not None:
                return read(text)
            if entry is None or entry.status not in ("PENDING", "ENQUEUED"):
                outcome = end_of(flow_id, entry)
                return outcome if outcome.failure else failed(lost(flow_id))
            await asyncio.sleep(pause)
        raise AssertionError("looks never end")

    async def _ended(self, flow_id: str) -> Outcome:
        for pause in looks():
            if flow_id in self._runs:
                outcome = await self._runs[flow_id].end()
                if outcome is not None:
                    return outcome
            if self._closing:
                raise too_late("The gateway stops; another one, or the next start, goes on with the operation")
            entry = await self._open_journal.latest(flow_id)
            if entry is None or entry.status not in ("PENDING", "ENQUEUED"):
                return end_of(flow_id, entry)
            await asyncio.sleep(pause)
        raise AssertionError("looks never end")

    async def _keep_house(self, nodes: Nodes) -> None:
        """Show that this node lives, take over from dead ones, and drop old flows."""
        since_sweep = HOUSEKEEPING_SECONDS
        try:
            while True:
                try:
                    await self._take_over(nodes)
                    await self._resume()
                    await self._look_after_left()
                    if since_sweep >= HOUSEKEEPING_SECONDS:
                        before = (datetime.now(UTC) - timedelta(days=KEEP_DAYS)).isoformat()
                        since_sweep = 0.0 if await self._open_journal.forget(before) == 0 else since_sweep
                except Exception as fault:
                    log.warning("housekeeping failed", error=type(fault).__name__)
                since_sweep += nodes.interval
                await asyncio.sleep(nodes.interval)
        finally:
            await nodes.close()

    async def _resume(self) -> None:
        """Go on with what a journal that did not answer has interrupted, as far as no other node did."""
        for entry_id in sorted(self._interrupted):
            await self._open_journal.resume(entry_id, self._node)
            self._interrupted.discard(entry_id)

    async def _still_left(self) -> frozenset[str]:
        """What an earlier process left unfinished in this one's own journal, and that is not taken up yet."""
        if self._elsewhere is not None:
            return frozenset()
        return frozenset(public_id(entry.id) for entry in await self._open_journal.unfinished()) - self._runs.keys()

    async def _look_after_left(self) -> None:
        """Stop waiting for flows that DBOS does not take up any more."""
        if self._left:
            left = await self._still_left()
            self._left &= left

    async def _begin_anew(self, node: str) -> None:
        """Begin again what another version left: it has other steps, but each looks for what was done before."""
        for left in await self._open_journal.outdated(node):
            if left.flow in self._flows:
                await self._open_journal.start(_next(left.id), left.flow, left.given)
            await self._open_journal.abandon(left.id)
            log.warning("flow of another version begun anew", flow_id=public_id(left.id))

    async def _take_over(self, nodes: Nodes) -> None:
        for silent in await nodes.beat():
            taken = await self._open_journal.take_over(silent)
            await self._begin_anew(silent)
            await nodes.forget(silent)
            log.warning("took over the flows of a silent node", node=silent, flows=taken)


def _next(entry_id: str) -> str:
    """The journal id of the attempt after one."""
    flow_id, _, number = entry_id.partition("~")
    return f"{flow_id}~{int(number or 1) + 1}"
