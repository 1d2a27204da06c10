"""What a request reads of the cloud it reads once, however many ask, also at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deltaic.frontends.cimi.world import World
from deltaic.model.errors import Error, ErrorKind

NOTHING: Any = None


class Source:
    """Something to read, as often as it is counted; it waits until it may answer."""

    def __init__(self, *answers: Any) -> None:
        self.reads = 0
        self.may = asyncio.Event()
        self._answers = list(answers)

    async def read(self) -> Any:
        self.reads += 1
        await self.may.wait()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_those_who_ask_at_the_same_time_share_a_read() -> None:
    world, source = World(NOTHING, NOTHING), Source(["a"])
    asking = [asyncio.create_task(world.once("x", source.read)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not world.has_read("x")
    source.may.set()
    assert await asyncio.gather(*asking) == [["a"]] * 3
    assert (await world.once("x", source.read), source.reads, world.has_read("x")) == (["a"], 1, True)


async def test_a_failure_is_everybodys_and_is_not_kept() -> None:
    world, source = World(NOTHING, NOTHING), Source(Error(ErrorKind.UNAVAILABLE, "away"), "there")
    source.may.set()
    asking = [asyncio.create_task(world.once("x", source.read)) for _ in range(2)]
    for one in asking:
        with pytest.raises(Error, match="away"):
            await one
    assert (await world.once("x", source.read), source.reads) == ("there", 2)
