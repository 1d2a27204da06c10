"""What a driver that can't do something with volumes and snapshots is never asked for, and what is safe to repeat."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.layers.base import layered
from deltaic.layers.capability import CapabilityLayer
from deltaic.layers.retry import RetryLayer
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec
from deltaic.model.volume import VolumeChanges, VolumeSpec
from tests.unit.layers.worlds import ScriptedDriver, context

SPEC = VolumeSpec("data", 1)
SNAPSHOT = SnapshotSpec("v", "Monday")

#: Verb -> its arguments and the flag that it needs.
VERBS: dict[str, tuple[tuple[Any, ...], str]] = {
    "volumes.list": ((), "volumes_list"),
    "volumes.get": (("v",), "volumes_list"),
    "volumes.find_marked": (("m",), "volumes_create"),
    "volumes.storage_domains": ((), "volumes_create"),
    "volumes.create": ((SPEC,), "volumes_create"),
    "volumes.finish": (("v", SPEC), "volumes_create"),
    "volumes.update": (("v", VolumeChanges()), "volumes_update"),
    "volumes.delete": (("v",), "volumes_delete"),
    "volumes.attach": (("v", "i"), "volumes_attach"),
    "volumes.detach": (("v", "i"), "volumes_attach"),
    "snapshots.list": ((), "snapshots_list"),
    "snapshots.get": (("s",), "snapshots_list"),
    "snapshots.find_marked": (("m",), "snapshots_create"),
    "snapshots.create": ((SNAPSHOT,), "snapshots_create"),
    "snapshots.finish": (("s", SNAPSHOT), "snapshots_create"),
    "snapshots.withdraw": ((SNAPSHOT,), "snapshots_create"),
    "snapshots.update": (("s", SnapshotChanges()), "snapshots_update"),
    "snapshots.delete": (("s",), "snapshots_delete"),
}

#: What makes or removes something is repeated by flows alone, which look for what an earlier attempt did.
ONCE = {"volumes.create", "volumes.delete", "snapshots.create", "snapshots.delete"}


async def echo(verb: str) -> str:
    return verb


async def use(driver: Any, verb: str) -> Any:
    noun, _, name = verb.partition(".")
    return await getattr(getattr(driver, noun), name)(context(), *VERBS[verb][0])


@pytest.mark.parametrize("verb", VERBS)
async def test_each_verb_needs_its_flag_and_no_other(verb: str) -> None:
    flag = VERBS[verb][1]
    with_it = layered(ScriptedDriver(echo), [CapabilityLayer(Capability(**{flag: True}))])
    assert await use(with_it, verb) == verb
    driver = ScriptedDriver(echo)
    with pytest.raises(Error) as caught:
        await use(layered(driver, [CapabilityLayer(Capability())]), verb)
    assert (caught.value.kind, caught.value.operation, driver.calls) == (ErrorKind.UNSUPPORTED, verb, [])


@pytest.mark.parametrize(("member", "value"), [("source_id", "s"), ("shareable", True)])
async def test_arguments_that_are_off(member: str, value: Any) -> None:
    spec = VolumeSpec("data", 1, **{member: value})
    driver = ScriptedDriver(echo)
    off = layered(driver, [CapabilityLayer(Capability(volumes_create=True))])
    with pytest.raises(Error) as caught:
        await off.volumes.create(context(), spec)
    assert (caught.value.kind, caught.value.field, driver.calls) == (ErrorKind.UNSUPPORTED, member, [])
    flag = f"volumes_create_with_{member.removesuffix('_id')}"
    on = layered(driver, [CapabilityLayer(Capability(volumes_create=True, **{flag: True}))])
    assert await on.volumes.create(context(), spec) == "volumes.create"


@pytest.mark.parametrize("verb", VERBS)
async def test_what_is_repeated_when_the_cloud_was_away(verb: str) -> None:
    left = [Error(ErrorKind.UNAVAILABLE, "away")]

    async def away_once(called: str) -> str:
        if left:
            raise left.pop()
        return called

    async def no_sleep(seconds: float) -> None:
        """Not even a turn of the loop."""

    driver = layered(ScriptedDriver(away_once), [RetryLayer(sleep=no_sleep)])
    if verb in ONCE:
        with pytest.raises(Error, match="away"):
            await use(driver, verb)
    else:
        assert await use(driver, verb) == verb
