"""What flows are given is sealed in the journal, and read back by a later process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deltaic.model.errors import Error
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.given import read_back, written
from deltaic.ports.operations import Flow, FlowInput, FlowStep
from deltaic.store.sealing import KeyRing, new_key
from tests.fakes.operations import FAST

GIVEN = FlowInput("key:AKIA1", "default", "dc-1", "req-1", b'{"user_data":"hunter2"}')


def test_sealed_text_tells_nothing_and_belongs_to_its_flow() -> None:
    ring = KeyRing({1: new_key()})
    text = written(GIVEN, "launch:1", ring)
    assert "hunter2" not in text
    assert "AKIA1" not in text
    assert read_back(text, "launch:1", ring) == GIVEN
    with pytest.raises(Error):
        read_back(text, "launch:2", ring)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_without_a_sealer_it_is_plain() -> None:
    assert read_back(written(GIVEN, "launch:1", None), "launch:1", None) == GIVEN


async def test_a_later_process_goes_on_with_a_sealed_flow(tmp_path: Path) -> None:
    ring = KeyRing({1: new_key()})
    seen: list[bytes] = []
    blocked = asyncio.Event()

    def flow(hold: bool) -> Flow:
        async def body(step: FlowStep, given: FlowInput) -> bytes:
            seen.append(given.arguments)
            await step.publish("accepted", b"")
            if hold:
                await blocked.wait()
            return b"done"

        return body

    first = DbosOperations(tmp_path, node="node-1", pace=FAST, sealer=ring)
    first.register({"walk": flow(True)})
    await first.open()
    await first.start("walk", "walk:1", GIVEN)
    await first.milestone("walk:1", "accepted", 10)
    await first.close()
    assert b"hunter2" not in everything_in(tmp_path)
    second = DbosOperations(tmp_path, node="node-1", pace=FAST, sealer=ring)
    second.register({"walk": flow(False)})
    await second.open()
    try:
        assert await second.result("walk:1", 10) == b"done"
    finally:
        await second.close()
    assert seen == [GIVEN.arguments] * 2
