"""The beginning of a flow is on disk before its caller is answered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.sqlite_engine import flush
from deltaic.ports.operations import FlowInput, FlowStep
from tests.fakes.operations import FAST


async def test_starting_a_flow_flushes_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    async def body(step: FlowStep, given: FlowInput) -> bytes:
        return await step.run("one", _nothing)

    async def _nothing() -> bytes:
        return b"done"

    operations = DbosOperations(tmp_path, node="node-1", pace=FAST)
    operations.register({"walk": body})
    await operations.open()
    try:
        monkeypatch.setattr(os, "fsync", watched)
        await operations.start("walk", "walk:1", FlowInput("key:A", "default", "", "r"))
        assert [Path(name).name.endswith("-wal") for name in flushed] == [True]
        assert await operations.result("walk:1", 10) == b"done"
    finally:
        await operations.close()


def test_a_journal_without_a_log_needs_no_flush(tmp_path: Path) -> None:
    flush(f"sqlite:///{tmp_path}/none.sqlite")
    assert list(tmp_path.iterdir()) == []
