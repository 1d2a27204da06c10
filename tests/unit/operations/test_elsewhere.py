"""What other nodes are at: read for whoever asks, shared by those who ask at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from deltaic.operations.elsewhere import Elsewhere


@dataclass(frozen=True)
class Row:
    id: str


class Journal:
    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.readings = 0
        self.asked: tuple[str, ...] = ()
        self.free = asyncio.Event()
        self.free.set()

    async def unfinished(self, flows: Sequence[str]) -> Sequence[Row]:
        self.readings += 1
        self.asked = tuple(flows)
        rows = list(self.rows)
        await self.free.wait()
        return rows


async def test_what_began_before_the_question_is_in_the_answer() -> None:
    journal = Journal()
    elsewhere = Elsewhere(journal)
    assert await elsewhere.of(("terminate",)) == frozenset()
    journal.rows = [Row("terminate:1"), Row("tag:2~3")]
    assert await elsewhere.of(("terminate", "tag")) == {"terminate:1", "tag:2"}
    assert journal.asked == ("terminate", "tag")
    journal.rows = []
    assert await elsewhere.of(("terminate", "tag")) == frozenset()


async def test_those_who_ask_during_a_reading_share_the_next_one() -> None:
    journal = Journal()
    elsewhere = Elsewhere(journal)
    journal.free.clear()
    first = asyncio.create_task(elsewhere.of(("tag",)))
    await asyncio.sleep(0)
    journal.rows = [Row("tag:1")]
    later = [asyncio.create_task(elsewhere.of(("tag",))) for _ in range(10)]
    await asyncio.sleep(0)
    journal.free.set()
    assert await first == frozenset()
    assert await asyncio.gather(*later) == [{"tag:1"}] * 10
    assert journal.readings == 2
