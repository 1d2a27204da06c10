"""Systems and their members over a cloud, a store and operations in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from deltaic.model.context import Context, Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.secret import Secret
from deltaic.model.system import Member, MemberKind, Phase, System
from deltaic.operations.flows import Flows
from deltaic.ports.members import MemberRequest, Part
from deltaic.services.systems import SystemRequest
from tests.fakes.operations import FAST
from tests.unit.services.conftest import World

K = MemberKind


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    flows = Flows(made.clouds.driver, made.store, pace=FAST, members=made.services.members)
    made.operations.register(flows.table())
    yield made
    await made.operations.close()


def credential(key: str = "0.1") -> MemberRequest:
    return MemberRequest(key, K.CREDENTIAL, msgspec.Raw(b'{"userName":"joe"}'), "login")


async def made(world: World, *members: MemberRequest, name: str = "shop") -> System:
    system = await world.services.systems.create(world.context, SystemRequest(name, members=members))
    await world.operations.settle()
    return await world.services.systems.get(world.context, system.id)


async def refusal(verb: object) -> tuple[ErrorKind, str]:
    with pytest.raises(Error) as caught:
        await verb  # type: ignore[misc]
    return caught.value.kind, caught.value.message


async def test_the_same_id_again_is_the_same_system(world: World) -> None:
    first = await made(world, credential())
    again = await world.services.systems.create(
        world.context, SystemRequest("other", members=(credential(),)), first.id
    )
    await world.operations.settle()
    assert again.id == first.id
    assert [one.name for one in await world.services.systems.list(world.context)] == ["shop"]
    assert len(await world.services.records.list(world.context, "Credential")) == 1


async def test_nobody_else_sees_a_system(world: World) -> None:
    system = await made(world)
    other = replace(world.context, principal=Principal("user:you", "you@internal", Secret("p")))
    assert await world.services.systems.list(other) == []
    for verb in (
        world.services.systems.get(other, system.id),
        world.services.systems.delete(other, system.id),
        world.services.systems.drive(other, system.id, "start"),
        world.services.systems.edit(other, system.id, name="mine"),
        world.services.systems.add(other, system.id, K.MACHINE, "vm-1"),
        world.services.systems.release(other, system.id, "x"),
    ):
        assert (await refusal(verb))[0] is ErrorKind.NOT_FOUND


async def test_a_system_that_is_removed_is_gone_at_once_for_every_verb(world: World) -> None:
    system = await made(world, credential())
    systems, context = world.services.systems, world.context
    await systems.delete(context, system.id)
    for verb in (
        systems.get(context, system.id),
        systems.delete(context, system.id),
        systems.edit(context, system.id, name="mine"),
        systems.add(context, system.id, K.MACHINE, "vm-1"),
    ):
        assert (await refusal(verb))[0] is ErrorKind.NOT_FOUND
    await world.operations.settle()
    assert await world.services.records.list(context, "System") == []
    assert await world.services.records.list(context, "Credential") == []


async def test_things_are_added_once_and_only_as_many_as_a_system_holds(world: World) -> None:
    system = await made(world)
    systems, context = world.services.systems, world.context
    member = await systems.add(context, system.id, K.MACHINE, "vm-0", "old")
    assert (await systems.get(context, system.id)).members == (member,)
    assert (member.kind, member.target, member.owned, member.name) == (K.MACHINE, "vm-0", False, "old")
    assert await refusal(systems.add(context, system.id, K.MACHINE, "vm-0")) == (
        ErrorKind.ALREADY_EXISTS,
        "The machine 'vm-0' is in the system already",
    )
    await systems.add(context, system.id, K.VOLUME, "vm-0")
    for number in range(2, 100):
        await systems.add(context, system.id, K.MACHINE, f"vm-{number}")
    assert (await refusal(systems.add(context, system.id, K.MACHINE, "vm-100")))[0] is ErrorKind.QUOTA
    assert (await refusal(systems.release(context, system.id, "unknown")))[0] is ErrorKind.NOT_FOUND
    await systems.release(context, system.id, member.id)
    assert len((await systems.get(context, system.id)).members) == 99


async def test_systems_are_not_in_themselves_nor_too_deep(world: World) -> None:
    one, two, three, four = [await made(world, name=name) for name in ("one", "two", "three", "four")]
    systems, context = world.services.systems, world.context
    circle = (ErrorKind.INVALID, "A system can't be in itself")
    assert await refusal(systems.add(context, one.id, K.SYSTEM, one.id)) == circle
    await systems.add(context, one.id, K.SYSTEM, two.id)
    await systems.add(context, two.id, K.SYSTEM, three.id)
    assert await refusal(systems.add(context, three.id, K.SYSTEM, one.id)) == circle
    assert await refusal(systems.add(context, four.id, K.SYSTEM, one.id)) == (
        ErrorKind.INVALID,
        "Systems are nested at most 3 levels deep",
    )
    assert (await refusal(systems.add(context, one.id, K.SYSTEM, "nothing")))[0] is ErrorKind.NOT_FOUND
    assert set(await systems.inside(context, [one])) == {one.id, two.id, three.id}


async def test_systems_are_counted_upwards_too(world: World) -> None:
    systems, context = world.services.systems, world.context
    one, two, three, four = [await systems.create(context, SystemRequest(name)) for name in ("1", "2", "3", "4")]
    await world.operations.settle()
    await systems.add(context, one.id, K.SYSTEM, two.id)
    await systems.add(context, two.id, K.SYSTEM, three.id)
    refused = (ErrorKind.INVALID, "Systems are nested at most 3 levels deep")
    assert await refusal(systems.add(context, three.id, K.SYSTEM, four.id)) == refused


async def test_a_circle_that_two_requests_made_at_once_stops_nobody(world: World) -> None:
    systems, context = world.services.systems, world.context
    one, two, three = [await systems.create(context, SystemRequest(name)) for name in ("1", "2", "3")]
    await world.operations.settle()
    await systems.add(context, one.id, K.SYSTEM, two.id)
    member = Member("m", K.SYSTEM, one.id)

    def circle(content: bytes) -> bytes:
        return msgspec.json.encode(replace(msgspec.json.decode(content, type=System), members=(member,)))

    await world.services.records.edit(context, "System", two.id, circle)
    refused = (ErrorKind.INVALID, "Systems are nested at most 3 levels deep")
    assert await refusal(systems.add(context, three.id, K.SYSTEM, one.id)) == refused


async def test_only_known_verbs_and_finished_systems_are_driven(world: World) -> None:
    system = await made(world)
    systems, context = world.services.systems, world.context
    assert (await refusal(systems.drive(context, system.id, "pause")))[0] is ErrorKind.INVALID
    record = await world.services.records.get(context, "System", system.id)
    content = msgspec.json.encode(replace(system, phase=Phase.CREATING))
    await world.services.records.edit(context, "System", record.id, lambda _: content)
    for verb in (systems.drive(context, system.id, "start"), systems.add(context, system.id, K.VOLUME, "v")):
        assert (await refusal(verb))[0] is ErrorKind.CONFLICT


@pytest.mark.parametrize(
    ("state", "verb", "expected"),
    [
        (InstanceState.STOPPED, "start", ["start"]),
        (InstanceState.RUNNING, "stop", ["force"]),
        (InstanceState.RUNNING, "suspend", ["suspend"]),
        (InstanceState.STOPPED, "suspend", ErrorKind.CONFLICT),
        (InstanceState.STOPPED, "restart", ["start"]),
        (InstanceState.RUNNING, "restart", ["force"]),
    ],
)
async def test_machines_are_driven_as_if_they_were_asked_for_alone(
    world: World, state: InstanceState, verb: str, expected: object
) -> None:
    world.driver.instances.add(state)
    drive = world.services.members.drive(world.context, "vm-1", verb, True)
    if isinstance(expected, ErrorKind):
        assert (await refusal(drive))[0] is expected
    else:
        await drive
        assert [done for done, _ in world.driver.instances.changes if done != "annotate"] == expected


async def test_members_are_removed_and_driven_in_whatever_data_center_they_are(world: World) -> None:
    machine = world.driver.instances.add(InstanceState.RUNNING)
    everything = world.driver.instances.list

    async def scoped(context: Context, **asked: Any) -> list[Instance]:
        home = context.scope.data_center in ("", machine.data_center_id)
        return [one for one in await everything(context, **asked) if home]

    world.driver.instances.list = scoped  # type: ignore[method-assign]
    elsewhere = replace(world.context, scope=replace(world.context.scope, data_center="dc-9"))
    await world.services.members.drive(elsewhere, "vm-1", "restart", False)
    await world.services.members.remove(elsewhere, K.MACHINE, "vm-1")
    await world.operations.settle()
    assert world.driver.instances.machines == {}
    assert ("reboot", "vm-1") in world.driver.instances.changes


async def test_what_is_gone_needs_no_removal(world: World) -> None:
    for kind in (K.MACHINE, K.CREDENTIAL, K.VOLUME, K.SYSTEM, K.PORT, K.ADDRESS):
        await world.services.members.remove(world.context, kind, "00000000-0000-4000-8000-000000000001")
    assert world.operations.started == []


async def test_a_part_is_over_when_what_it_began_is_and_tells_why_it_failed(world: World) -> None:
    members = world.services.members
    above = await world.services.jobs.begin(world.context, "add", "systems")
    part = Part("0.1", "add", "machines")
    context = await members.begin(above, part)
    assert await members.begin(above, part) == context
    assert context.job != above.job
    await members.settle(context, affected="machines/1")
    assert await members.finished(context) is True
    job = await world.services.jobs.get(world.context, context.job)
    assert (job.parent, job.affected) == (above.job, ("machines/1",))
    other = await members.begin(above, Part("0.2", "add", "machines"))
    await members.settle(other, Error(ErrorKind.QUOTA, "No more"))
    assert await refusal(members.finished(other)) == (ErrorKind.QUOTA, "No more")
    assert await members.finished(replace(other, job="forgotten")) is True


def test_members_of_a_kind_are_in_the_order_they_came_in() -> None:
    machines = (Member("1", K.MACHINE, "b"), Member("3", K.MACHINE, "a"))
    system = System("x", members=(machines[0], Member("2", K.VOLUME, "c"), machines[1]))
    assert system.of(K.MACHINE) == machines
