"""How services start flows, over a store and operations in memory."""

from __future__ import annotations

import asyncio
import time

import pytest
from msgspec.structs import replace

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.ports.operations import FlowInput
from deltaic.services import flows
from deltaic.services.flows import FlowStarter
from deltaic.services.jobs import JobService
from tests.fakes.inline import InlineOperations
from tests.fakes.store import FakeStore

ME = Context(Principal("key:1", "me@internal", Secret("p")), Scope("default"), "request-1")


class WaitingOperations(InlineOperations):
    """Its journal waits for its database."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def start(self, flow: str, flow_id: str, given: FlowInput) -> None:
        self.asked.append(flow_id)
        await asyncio.Event().wait()


async def test_a_journal_that_waits_for_its_database_holds_no_caller_beyond_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "START_SECONDS", 0.0)
    store, operations = FakeStore(), WaitingOperations()
    starter = FlowStarter(operations, store, JobService(store, operations))
    async with asyncio.timeout(30):
        with pytest.raises(Error) as raised:
            await starter.start(replace(ME, deadline=time.monotonic() + 0.05), "launch", "launch:1", {})
    assert (raised.value.kind, operations.asked) == (ErrorKind.TIMEOUT, ["launch:1"])
