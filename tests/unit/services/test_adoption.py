"""Machines whose unfinished work no journal knows are taken up when their owner looks."""

from __future__ import annotations

import time

import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from tests.unit.services.conftest import World

S = InstanceState
LONG_AGO = int(time.time()) - 3600


def orphan(want: Want, owner: str = "me@internal", launched_at: int = LONG_AGO) -> Annotation:
    return Annotation(want=want, launch="launch-1:0", owner=owner, launched_at=launched_at)


async def test_an_orphaned_launch_is_finished(world: World) -> None:
    world.driver.instances.add(S.STOPPED, annotation=orphan(Want.RUNNING))
    await world.services.instances.list(world.context)
    assert world.operations.started == [("launch", "launch:launch-1:0")]
    await world.operations.settle()
    assert [verb for verb, _ in world.driver.instances.changes] == ["start", "annotate"]
    seen = await world.services.instances.list(world.context)
    assert [(view.instance.state, view.instance.annotation.want) for view in seen] == [(S.RUNNING, None)]


@pytest.mark.parametrize("annotation", [orphan(Want.TERMINATED), Annotation(want=Want.TERMINATED)])
async def test_an_orphaned_removal_is_called_off_and_nothing_deleted(world: World, annotation: Annotation) -> None:
    world.driver.instances.add(S.STOPPED, annotation=annotation)
    await world.services.instances.list(world.context)
    seen = await world.services.instances.list(world.context)
    assert [(view.instance.state, view.instance.annotation.want) for view in seen] == [(S.STOPPED, None)]
    assert world.operations.started == []


async def test_one_look_takes_up_a_bounded_number(world: World) -> None:
    for number in range(50):
        annotation = Annotation(
            want=Want.RUNNING, launch=f"launch-{number}:0", owner="me@internal", launched_at=LONG_AGO
        )
        world.driver.instances.add(S.STOPPED, f"vm-{number}", annotation=annotation)
    await world.services.instances.list(world.context)
    assert len(world.operations.started) == 20
    await world.services.instances.list(world.context)
    assert len(world.operations.started) == 40


@pytest.mark.parametrize(
    "annotation",
    [
        orphan(Want.RUNNING, owner="other@internal"),
        orphan(Want.RUNNING, launched_at=int(time.time()) - 60),
        Annotation(launch="launch-1:0", owner="me@internal", launched_at=LONG_AGO),
        Annotation(want=Want.RUNNING, owner="me@internal", launched_at=LONG_AGO),
        Annotation(want=Want.STOPPED, launch="*", owner="me@internal", launched_at=LONG_AGO),
    ],
)
async def test_others_and_young_ones_are_left_alone(world: World, annotation: Annotation) -> None:
    world.driver.instances.add(S.STOPPED, annotation=annotation)
    await world.services.instances.list(world.context)
    assert world.operations.started == []


async def test_one_look_is_enough(world: World) -> None:
    world.driver.instances.add(S.STOPPED, annotation=orphan(Want.RUNNING))
    for _ in range(3):
        await world.services.instances.list(world.context)
    assert len(world.operations.started) == 1


async def test_a_list_does_not_fail_for_what_cannot_be_taken_up_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise Error(ErrorKind.RATE_LIMITED, "too many")

    monkeypatch.setattr(world.operations, "start", full)
    world.driver.instances.add(S.STOPPED, annotation=orphan(Want.RUNNING))
    assert [view.instance.id for view in await world.services.instances.list(world.context)] == ["vm-1"]
