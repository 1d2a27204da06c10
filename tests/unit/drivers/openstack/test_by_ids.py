"""Things by their ids, one by one or out of the whole list."""

from __future__ import annotations

import pytest
from msgspec import Struct

from deltaic.drivers.openstack.by_ids import MOST_SINGLY, of_ids
from deltaic.model.errors import Error, ErrorKind, not_found


class Thing(Struct, frozen=True):
    id: str


class Service:
    """A service that has things, and counts what it is asked for."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids
        self.asked: list[str] = []

    async def one(self, id_: str) -> Thing:
        self.asked.append(id_)
        if id_ not in self.ids:
            raise not_found("thing", id_)
        return Thing(id_)

    async def everything(self) -> list[Thing]:
        self.asked.append("*")
        return [Thing(id_) for id_ in self.ids]


async def test_few_are_asked_for_one_by_one_and_each_once() -> None:
    service = Service("a", "b", "c")
    assert await of_ids(["b", "x", "a", "b"], service.one, service.everything) == [Thing("b"), Thing("a")]
    assert service.asked == ["b", "x", "a"]


async def test_many_are_picked_out_of_the_whole_list() -> None:
    ids = [f"id{number}" for number in range(MOST_SINGLY + 2)]
    service = Service(*ids)
    assert await of_ids([*ids[1:], "x"], service.one, service.everything) == [Thing(id_) for id_ in ids[1:]]
    assert service.asked == ["*"]


async def test_other_errors_are_told() -> None:
    async def busy(id_: str) -> Thing:
        raise Error(ErrorKind.BUSY, "later")

    with pytest.raises(Error) as caught:
        await of_ids(["a"], busy, Service().everything)
    assert caught.value.kind is ErrorKind.BUSY
