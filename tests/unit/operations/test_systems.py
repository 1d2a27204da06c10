"""The flows of systems, over members in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import Member, MemberKind, Phase, System
from deltaic.operations.flows import Flows
from deltaic.operations.outcome import Outcome
from deltaic.ports.members import MemberRequest, Part
from deltaic.ports.store import Record
from tests.fakes.members import FakeMembers
from tests.fakes.operations import FAST, MemoryJournal
from tests.unit.operations.world import World

ID = "5e3f3c6a-90b1-4b8e-9c1b-8c2c7d0a7f11"
OWNER = "default/admin@internal"
K = MemberKind
VOLUME, WEB, WEB2 = "p-volume", "p-web", "p-web2"


class Systems(World):
    def __init__(self) -> None:
        super().__init__()
        self.members = FakeMembers()
        flows = Flows(lambda name: self.driver, self.store, pace=FAST, clock=lambda: self.now, members=self.members)
        self.table = flows.table()

    def system(self) -> System | None:
        record = self.store.records.rows.get((OWNER, "System", ID))
        return msgspec.json.decode(record.content, type=System) if record else None

    async def keep(self, system: System) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        await self.store.records.create(Record(OWNER, "System", system.id, msgspec.json.encode(system), at, at))

    async def create(self, journal: MemoryJournal | None = None) -> Outcome:
        return await self.run("system-create", {"system": System(ID, "shop"), "members": TEMPLATE}, journal)


def request(key: str, kind: MemberKind, name: str, wave: int, placeholder: str, **content: str) -> MemberRequest:
    return MemberRequest(key, kind, msgspec.Raw(msgspec.json.encode(content)), name, wave, placeholder)


TEMPLATE = (
    request("1.1", K.VOLUME, "data", 0, VOLUME, size="1"),
    request("0.1", K.MACHINE, "web1", 1, WEB, uses=VOLUME),
    request("0.2", K.MACHINE, "web2", 1, WEB2, uses="nothing"),
)


@pytest.fixture
def world() -> Systems:
    return Systems()


def summary(world: Systems) -> list[tuple[str, str, str, bool, int]]:
    found = world.system()
    assert found is not None
    return [(one.kind.value, one.target, one.name, one.owned, one.wave) for one in found.members]


MADE = [
    ("volume", "volume-1", "data", True, 0),
    ("machine", "machine-2", "web1", True, 1),
    ("machine", "machine-3", "web2", True, 1),
]


async def test_members_are_made_in_order_with_the_ids_of_those_they_use(world: Systems) -> None:
    assert (await world.create()).get() == ID.encode()
    found = world.system()
    assert found is not None
    assert (found.phase, found.failure, found.name) == (Phase.READY, "", "shop")
    assert summary(world) == MADE
    assert world.members.contents == {
        "volume-1": b'{"size":"1"}',
        "machine-2": b'{"uses":"volume-1"}',
        "machine-3": b'{"uses":"nothing"}',
    }
    assert list(world.members.parts.values()) == [
        Part("1.1", "add", "volumes"),
        Part("0.1", "add", "machines"),
        Part("0.2", "add", "machines"),
    ]
    assert world.members.affected == {
        "1.1": "volumes/volume-1",
        "0.1": "machines/machine-2",
        "0.2": "machines/machine-3",
    }
    assert world.journal.events["accepted"] == Outcome(b"").text()


STEPS = 8


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(STEPS))
async def test_a_death_anywhere_makes_nothing_twice(world: Systems, at: int, when: str) -> None:
    journal = MemoryJournal((at, when))
    assert (await world.create(journal)).get() == ID.encode()
    assert journal.die_at is None
    assert [name for name, _ in journal.entries] == [
        "keep", "make 1.1", "wait 1.1", "make 0.1", "make 0.2", "wait 0.1", "wait 0.2", "finish",
    ]  # fmt: skip
    assert len(journal.entries) == STEPS
    assert summary(world) == MADE
    assert len({member.id for member in world.system().members}) == 3  # type: ignore[union-attr]
    assert sorted(world.members.made.values()) == ["machine-2", "machine-3", "volume-1"]


async def test_a_member_that_is_refused_ends_the_making_and_leaves_what_was_made(world: Systems) -> None:
    world.members.faults["make 0.1"] = Error(ErrorKind.INVALID, "There is no such image", field="image_id")
    with pytest.raises(Error) as caught:
        (await world.create()).get()
    assert (caught.value.kind, caught.value.message) == (
        ErrorKind.INVALID,
        "The machine 'web1' failed: There is no such image",
    )
    found = world.system()
    assert found is not None
    assert (found.phase, found.failure) == (Phase.FAILED, caught.value.message)
    assert summary(world) == MADE[:1]
    assert world.members.settled == {"1.1": "", "0.1": "There is no such image"}


async def test_a_member_that_fails_later_is_told_and_the_others_are_waited_for(world: Systems) -> None:
    world.members.late["0.1"] = Error(ErrorKind.CAPACITY, "No host has room", retryable=False)
    with pytest.raises(Error, match="The machine 'web1' failed: No host has room"):
        (await world.create()).get()
    assert summary(world) == MADE
    assert world.members.looks["0.2"] == 3
    assert world.system().phase is Phase.FAILED  # type: ignore[union-attr]


async def test_what_others_need_and_fails_keeps_them_from_being_made(world: Systems) -> None:
    world.members.late["1.1"] = Error(ErrorKind.CAPACITY, "No space", retryable=False)
    with pytest.raises(Error, match="The volume 'data' failed: No space"):
        (await world.create()).get()
    assert summary(world) == MADE[:1]


async def test_a_cloud_that_is_busy_is_asked_again(world: Systems) -> None:
    world.members.faults["make 0.2"] = Error(ErrorKind.BUSY, "Locked")
    assert (await world.create()).get() == ID.encode()
    assert summary(world) == MADE


async def test_a_system_that_is_deleted_gets_no_more_members(world: Systems) -> None:
    await world.keep(System(ID, phase=Phase.DELETING))
    with pytest.raises(Error, match="deleted while it was being made"):
        (await world.create()).get()
    assert world.members.made == {}
    assert world.system().phase is Phase.DELETING  # type: ignore[union-attr]


OWNED = (
    Member("m-1", K.VOLUME, "volume-1", True, "data", 0),
    Member("m-2", K.MACHINE, "machine-2", True, "web1", 1),
    Member("m-3", K.MACHINE, "machine-3", True, "web2", 1),
    Member("m-4", K.MACHINE, "machine-9", False, "guest"),
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(13))
async def test_a_removal_takes_what_is_owned_last_things_first(world: Systems, at: int, when: str) -> None:
    await world.keep(System(ID, phase=Phase.READY, members=OWNED))
    world.members.busy = 2
    journal = MemoryJournal((at, when))
    assert (await world.run("system-delete", {"id": ID}, journal)).get() == ID.encode()
    assert journal.die_at is None
    assert len(journal.entries) == 13
    assert world.members.removed == ["machine-3", "machine-2", "volume-1"]
    assert world.system() is None
    assert [part.target for part in world.members.parts.values()] == [
        "machines/machine-3",
        "machines/machine-2",
        "volumes/volume-1",
    ]


async def test_what_can_not_be_removed_stays_in_sight(world: Systems) -> None:
    await world.keep(System(ID, phase=Phase.READY, members=OWNED))
    world.members.faults["remove machine-2"] = Error(ErrorKind.PROTECTED, "It is protected against deletion")
    with pytest.raises(Error, match="The machine 'web1' failed: It is protected against deletion") as caught:
        (await world.run("system-delete", {"id": ID})).get()
    assert caught.value.kind is ErrorKind.PROTECTED
    found = world.system()
    assert found is not None
    assert [one.target for one in found.members] == ["machine-2", "machine-9"]
    assert (found.phase, found.failure) == (Phase.FAILED, caught.value.message)


async def test_the_removal_of_nothing_is_refused(world: Systems) -> None:
    with pytest.raises(Error) as caught:
        (await world.run("system-delete", {"id": ID})).get()
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert world.system() is None


async def test_every_machine_is_driven_once_also_where_systems_are_in_a_circle(world: Systems) -> None:
    other = "11113c6a-90b1-4b8e-9c1b-8c2c7d0a7f11"
    await world.keep(System(ID, members=(*OWNED, Member("m-5", K.SYSTEM, other))))
    inner = (Member("m-6", K.SYSTEM, ID), Member("m-7", K.MACHINE, "machine-7"), replace(OWNED[1], id="m-8"))
    await world.keep(System(other, members=inner))
    assert (await world.run("system-drive", {"id": ID, "verb": "stop", "force": True})).get() == ID.encode()
    assert world.members.driven == [("stop", f"machine-{number}", True) for number in (2, 3, 9, 7)]
    assert world.members.parts["m-7"] == Part("m-7", "stop", "machines/machine-7")


async def test_a_machine_that_refuses_is_left_and_the_others_are_driven(world: Systems) -> None:
    await world.keep(System(ID, members=OWNED))
    world.members.faults["suspend machine-3"] = Error(ErrorKind.CONFLICT, "It does not run")
    with pytest.raises(Error, match="The machine 'web2' failed: It does not run"):
        (await world.run("system-drive", {"id": ID, "verb": "suspend"})).get()
    assert world.members.driven == [("suspend", "machine-2", False), ("suspend", "machine-9", False)]
    assert world.members.settled["m-3"] == "It does not run"
