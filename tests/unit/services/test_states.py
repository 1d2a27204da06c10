"""What callers see of an instance's state while a flow is driving it."""

from __future__ import annotations

import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.instance import Instance, InstanceState
from deltaic.services.states import overlaid

ALL = set(InstanceState)


def shown(state: InstanceState, want: Want | None) -> InstanceState:
    return overlaid(Instance(id="1", name="a", state=state, zone_id="z", annotation=Annotation(want=want))).state


@pytest.mark.parametrize("state", sorted(ALL))
def test_nothing_is_masked_without_a_flow(state: InstanceState) -> None:
    assert shown(state, None) is state


@pytest.mark.parametrize("state", sorted(ALL))
def test_a_removal_shows_only_deleting_until_it_is_gone(state: InstanceState) -> None:
    expected = InstanceState.DELETED if state is InstanceState.DELETED else InstanceState.DELETING
    assert shown(state, Want.TERMINATED) is expected


@pytest.mark.parametrize("state", sorted(ALL))
def test_a_launch_never_shows_stopped_or_locked(state: InstanceState) -> None:
    masked = {InstanceState.CREATING, InstanceState.STOPPED, InstanceState.LOCKED}
    assert shown(state, Want.RUNNING) is (InstanceState.CREATING if state in masked else state)


def test_a_creation_without_start_ends_stopped_once_it_is_whole() -> None:
    assert shown(InstanceState.LOCKED, Want.STOPPED) is InstanceState.CREATING
    assert shown(InstanceState.STOPPED, Want.STOPPED) is InstanceState.CREATING
    assert shown(InstanceState.STOPPED, None) is InstanceState.STOPPED


@pytest.mark.parametrize(
    ("annotation", "tags"),
    [
        (Annotation(), {"Name": "vm1"}),
        (Annotation(tags={"a": "b"}), {"Name": "vm1", "a": "b"}),
        (Annotation(tags={"Name": "mine"}), {"Name": "mine"}),
        (Annotation(launch="x:0"), {}),
    ],
)
def test_machines_that_others_made_are_named(annotation: Annotation, tags: dict[str, str]) -> None:
    instance = Instance(id="1", name="vm1", state=InstanceState.RUNNING, zone_id="z", annotation=annotation)
    assert overlaid(instance).annotation.tags == tags


def test_a_removal_shows_before_the_engine_took_its_mark() -> None:
    creating = Instance(id="1", name="a", state=InstanceState.CREATING, zone_id="z")
    assert overlaid(creating, {"1"}).state is InstanceState.DELETING
    assert overlaid(creating, {"2"}).state is InstanceState.CREATING
