"""Processes that run flows over one state folder, one after the other; most of them die in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from tests.clients.gateway import DEFAULT_CENTER
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_child import ENDS, LIFETIME_SECONDS
from tests.support.processes import Process, clean_environment, data_folder, url_in

#: A flow's step, and when in it the process dies.
Boundary = tuple[str, str]


class FlowChain:
    """Each process takes up what its predecessors left, and dies in a flow of its own; the last one finishes them."""

    def __init__(self, data: str, engine: str) -> None:
        self.reader = EngineReader(engine)
        self._data = Path(data)
        self._order = {"data": data, "engine": engine, "data_center": DEFAULT_CENTER}

    def killed_at(
        self,
        boundary: Boundary,
        flow: str,
        flow_id: str,
        arguments: bytes,
        *,
        job: str = "",
        after: Sequence[str] = (),
    ) -> dict[str, str]:
        """Begin a flow and die there; `job` is the id of the job that it works for.

        Before it begins, the flows `after` come to their ends: their results by id.
        """
        begin = {"flow": flow, "id": flow_id, "arguments": arguments.decode(), "job": job}
        done = self._run(begin=begin, die=[flow_id, *boundary], finish=after)
        assert done.returncode == -9, f"{boundary} was not reached:\n{done.stdout}{done.stderr}"
        return self._ends(done)

    def killed_in_turn(self, flow: str, each: Iterable[tuple[Boundary, str, bytes]]) -> dict[str, str]:
        """Begin flows (of a boundary, id and arguments), each when the one before it is over: their results by id."""
        ends: dict[str, str] = {}
        before: list[str] = []
        for boundary, flow_id, arguments in each:
            ends |= self.killed_at(boundary, flow, flow_id, arguments, after=before)
            before = [flow_id]
        return ends | self.finish(before)

    def finish(self, flow_ids: Sequence[str]) -> dict[str, str]:
        """Let the flows come to their ends: their results by id."""
        done = self._run(finish=flow_ids)
        assert done.returncode == 0, done.stdout + done.stderr
        return self._ends(done)

    @staticmethod
    def _ends(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
        line = next(line for line in done.stdout.splitlines() if line.startswith(ENDS))
        ends: dict[str, str] = json.loads(line.removeprefix(ENDS))
        return ends

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlStore]:
        """The store that the processes leave behind."""
        store = SqlStore(f"sqlite:///{self._data}/deltaic.sqlite", KeySource.in_folder(self._data))
        await store.open()
        yield store
        await store.close()

    def _run(self, **order: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.e2e.flow_child", json.dumps(self._order | order)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LIFETIME_SECONDS + 30,
            env=clean_environment(),
            check=False,
        )


@contextmanager
def flow_chain(root: Path) -> Iterator[FlowChain]:
    """A chain below a folder, with an engine of its own that stays."""
    process = Process(["engine", "--port", "0", "--time-factor", "0.05"])
    yield FlowChain(data_folder(root, "state"), url_in(process.ready()))
    process.stop()
