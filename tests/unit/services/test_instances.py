"""Verbs on instances: states before and after, refusals, tombstones."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceState
from tests.unit.services.conftest import World

S = InstanceState


class FixedConsoles:
    """Consoles at one address."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def output(self, context: Context, instance_id: str, *, lines: int = 0) -> bytes:
        return b""

    async def url(self, context: Context, instance_id: str) -> str:
        return self._url


async def change(world: World, verb: str, state: S, **options: bool) -> tuple[S, S] | ErrorKind:
    world.driver.instances.add(state)
    try:
        changes = await getattr(world.services.instances, verb)(world.context, ["vm-1"], **options)
    except Error as error:
        return error.kind
    return changes[0].previous, changes[0].current


@pytest.mark.parametrize(
    ("verb", "state", "expected"),
    [
        ("start", S.STOPPED, (S.STOPPED, S.STARTING)),
        ("start", S.SUSPENDED, (S.SUSPENDED, S.STARTING)),
        ("start", S.RUNNING, (S.RUNNING, S.RUNNING)),
        ("start", S.STARTING, (S.STARTING, S.STARTING)),
        ("start", S.LOCKED, (S.LOCKED, S.STARTING)),
        ("start", S.STOPPING, ErrorKind.CONFLICT),
        ("start", S.ERROR, ErrorKind.CONFLICT),
        ("start", S.DELETING, ErrorKind.CONFLICT),
        ("stop", S.RUNNING, (S.RUNNING, S.STOPPING)),
        ("stop", S.STOPPED, (S.STOPPED, S.STOPPED)),
        ("stop", S.CREATING, ErrorKind.CONFLICT),
        ("reboot", S.RUNNING, (S.RUNNING, S.REBOOTING)),
        ("reboot", S.STOPPED, ErrorKind.CONFLICT),
        ("terminate", S.RUNNING, (S.RUNNING, S.DELETING)),
        ("terminate", S.STOPPED, (S.STOPPED, S.DELETING)),
    ],
)
async def test_changes(world: World, verb: str, state: S, expected: tuple[S, S] | ErrorKind) -> None:
    assert await change(world, verb, state) == expected


async def test_a_gentle_stop_is_watched_and_a_forced_one_is_not(world: World) -> None:
    assert await change(world, "stop", S.RUNNING) == (S.RUNNING, S.STOPPING)
    assert world.operations.started == [("stop", "stop:vm-1")]
    world.operations.started.clear()
    assert await change(world, "stop", S.RUNNING, force=True) == (S.RUNNING, S.STOPPING)
    assert world.operations.started == []


@pytest.mark.parametrize("options", [{}, {"force": True}, {"hibernate": True}])
async def test_a_stop_right_after_a_launch_is_no_failed_launch(world: World, options: dict[str, bool]) -> None:
    world.driver.instances.add(S.RUNNING, annotation=Annotation(want=Want.RUNNING, launch="l:0", key_name="me"))
    await world.services.instances.stop(world.context, ["vm-1"], **options)
    kept = (await world.driver.instances.get(world.context, "vm-1")).annotation
    assert (kept.want, kept.launch, kept.key_name) == (None, "l:0", "me")


async def test_two_starts_at_the_same_moment_are_both_fine(world: World) -> None:
    machines = world.driver.instances
    machines.add(S.STOPPED)
    refusal = Error(ErrorKind.CONFLICT, "Cannot run VM because the VM is in Wait for Launch status.")

    def faster() -> None:
        machines.become("vm-1", S.STARTING)
        raise refusal

    machines.faults.before["start"] = [faster]
    (found,) = await world.services.instances.start(world.context, ["vm-1"])
    assert (found.previous, found.current) == (S.STOPPED, S.STARTING)
    machines.become("vm-1", S.STOPPED)
    machines.faults.before["start"] = [refusal]
    with pytest.raises(Error) as caught:
        await world.services.instances.start(world.context, ["vm-1"])
    assert caught.value.kind is ErrorKind.CONFLICT


async def test_hibernation_suspends(world: World) -> None:
    assert await change(world, "stop", S.RUNNING, hibernate=True) == (S.RUNNING, S.STOPPING)
    assert world.driver.instances.changes == [("suspend", "vm-1")]


async def test_unknown_ids_are_all_named_and_nothing_happens(world: World) -> None:
    world.driver.instances.add(S.RUNNING)
    with pytest.raises(Error) as caught:
        await world.services.instances.stop(world.context, ["vm-1", "vm-8", "vm-7"])
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, "vm-7, vm-8")
    assert world.driver.instances.changes == []


async def test_protection_saves_the_whole_list(world: World) -> None:
    world.driver.instances.add(S.RUNNING, "vm-1")
    world.driver.instances.add(S.RUNNING, "vm-2", delete_protected=True)
    with pytest.raises(Error) as caught:
        await world.services.instances.terminate(world.context, ["vm-1", "vm-2"])
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.PROTECTED, "vm-2")
    assert world.operations.started == []


async def test_a_terminated_instance_stays_visible(world: World) -> None:
    await change(world, "terminate", S.RUNNING)
    await world.operations.settle()
    assert world.driver.instances.machines == {}
    seen = await world.services.instances.list(world.context, ids=["vm-1"])
    assert [(view.instance.state, view.reason_code) for view in seen] == [(S.DELETED, "Client.UserInitiatedShutdown")]
    again = await world.services.instances.terminate(world.context, ["vm-1"])
    assert [(c.previous, c.current) for c in again] == [(S.DELETED, S.DELETED)]


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("me@internal", True),  # asked for the removal, and waits for its end
        ("other@internal", True),  # launched it
        ("third@internal", False),
    ],
)
async def test_who_sees_a_tombstone(world: World, user: str, seen: bool) -> None:
    world.driver.instances.add(S.STOPPED, annotation=Annotation(owner="other@internal", launch="x:0"))
    await world.services.instances.terminate(world.context, ["vm-1"])
    await world.operations.settle()
    principal = replace(world.context.principal, user=user)
    found = await world.services.instances.list(replace(world.context, principal=principal))
    assert [view.instance.id for view in found] == (["vm-1"] if seen else [])


@pytest.mark.parametrize("elsewhere", [Scope("other"), Scope("default", view="another project")])
async def test_tombstones_of_elsewhere_are_not_shown(world: World, elsewhere: Scope) -> None:
    """Not even to somebody of the same name, in a data center that is called the same."""
    world.driver.instances.add(S.STOPPED)
    await world.services.instances.terminate(world.context, ["vm-1"])
    await world.operations.settle()
    world.other.zones.centers = list(world.driver.zones.centers)
    assert await world.services.instances.list(replace(world.context, scope=elsewhere)) == []
    assert len(await world.services.instances.list(world.context)) == 1


async def test_an_accepted_machine_is_shown_where_it_was_launched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deltaic.services.launch import LaunchRequest

    hold = asyncio.Event()

    async def slow_words(context: Context, instance_id: str) -> str:
        await hold.wait()
        return ""

    monkeypatch.setattr(world.driver.instances, "creation_failure", slow_words)
    made = await world.services.instances.launch(world.context, LaunchRequest(image_id="img-1"))
    world.driver.instances.machines.clear()
    seen = await world.services.instances.list(world.context)
    assert [view.instance.id for view in seen] == [made[0].instance.id]
    another = replace(world.context, scope=replace(world.context.scope, view="another project"))
    assert await world.services.instances.list(another) == []
    hold.set()
    await world.operations.settle()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://cloud/", "//cloud/", "https://cloud/\n", ""])
async def test_a_console_that_is_no_web_page(world: World, url: str) -> None:
    world.driver.instances.add(S.RUNNING)
    world.driver.consoles = FixedConsoles(url)
    with pytest.raises(Error) as caught:
        await world.services.instances.console_url(world.context, "vm-1")
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
    world.driver.consoles = FixedConsoles("https://cloud.example/vnc?token=1")
    assert await world.services.instances.console_url(world.context, "vm-1") == "https://cloud.example/vnc?token=1"


async def test_a_dropped_creation_is_a_terminated_instance_with_a_reason(world: World) -> None:
    from deltaic.services.launch import LaunchRequest

    world.driver.instances.creation_ends = None
    world.driver.instances.failure_words = "no space"
    made = await world.services.instances.launch(world.context, LaunchRequest(image_id="img-1"))
    await world.operations.settle()
    seen = await world.services.instances.list(world.context, ids=[made[0].instance.id])
    assert [(view.instance.state, view.reason_code) for view in seen] == [(S.DELETED, "Server.InternalError")]
    assert "no space" in seen[0].reason


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (S.RUNNING, InstanceChanges(delete_protected=True), None),
        (S.RUNNING, InstanceChanges(instance_type_id="type-1"), ErrorKind.CONFLICT),
        (S.STOPPED, InstanceChanges(instance_type_id="type-1"), None),
        (S.DELETING, InstanceChanges(name="x"), ErrorKind.CONFLICT),
    ],
)
async def test_modify(world: World, state: S, changes: InstanceChanges, expected: ErrorKind | None) -> None:
    world.driver.instances.add(state)
    if expected is None:
        await world.services.instances.modify(world.context, "vm-1", changes)
        assert world.driver.instances.changes == [("update", "vm-1")]
    else:
        with pytest.raises(Error) as caught:
            await world.services.instances.modify(world.context, "vm-1", changes)
        assert caught.value.kind is expected


async def test_a_login_without_a_key_is_sealed_for_its_flow(world: World) -> None:
    await change(world, "terminate", S.RUNNING)
    kept = await world.store.logins.get("user:me")
    assert kept is not None
    assert kept.user == "me@internal"


async def test_a_dropped_creation_is_never_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the engine's drop and the flow's tombstone the machine shows as it was accepted."""
    from deltaic.services.launch import LaunchRequest

    hold = asyncio.Event()

    async def slow_words(context: Context, instance_id: str) -> str:
        await hold.wait()
        return "no space"

    monkeypatch.setattr(world.driver.instances, "creation_failure", slow_words)
    made = await world.services.instances.launch(world.context, LaunchRequest(image_id="img-1"))
    machine = made[0].instance.id
    world.driver.instances.machines.clear()
    seen = await world.services.instances.list(world.context, ids=[machine])
    assert [view.instance.state for view in seen] == [S.CREATING]
    hold.set()
    await world.operations.settle()
    for ids in ([machine], []):
        seen = await world.services.instances.list(world.context, ids=ids)
        assert [(view.instance.id, view.instance.state) for view in seen] == [(machine, S.DELETED)]
