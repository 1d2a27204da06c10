"""Takes away what a case made: everything of its nouns whose name or tag begins with its prefix."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from msgspec import Struct

from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState

#: After these errors it is worth while to try again: others are still being taken away.
_PASSING = frozenset({ErrorKind.BUSY, ErrorKind.IN_USE, ErrorKind.CONFLICT, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})

_STOPPABLE = frozenset({InstanceState.RUNNING, InstanceState.PAUSED, InstanceState.SUSPENDED, InstanceState.STARTING})


class Broom(Struct, frozen=True):
    """How things of one noun are found and removed; `flag` is the capability without which there are none."""

    flag: str
    find: Callable[[Trial], Awaitable[Sequence[Any]]]
    remove: Callable[[Trial, Any], Awaitable[object]]


async def sweep(trial: Trial) -> None:
    """Remove what can be removed until nothing is left or patience is over; what is left is told by `left`."""
    end = time.monotonic() + trial.site.patience
    while time.monotonic() < end:
        if not await _once(trial):
            return
        await asyncio.sleep(trial.site.pause)


async def left(trial: Trial) -> list[str]:
    """What is there of the case's things, in words for people."""
    found = []
    for noun, broom in BROOMS.items():
        if getattr(trial.driver.capability, broom.flag):
            found += [f"{noun} {_called(one)} ({one.id})" for one in await _found(trial, broom)]
    return found


async def _once(trial: Trial) -> bool:
    """One round; whether there was anything."""
    busy = False
    for broom in BROOMS.values():
        if not getattr(trial.driver.capability, broom.flag):
            continue
        for one in await _found(trial, broom):
            busy = True
            try:
                await broom.remove(trial, one)
            except Error as error:
                if error.kind not in _PASSING and error.kind is not ErrorKind.NOT_FOUND:
                    raise
    return busy


async def _found(trial: Trial, broom: Broom) -> list[Any]:
    return [one for one in await broom.find(trial) if _is_of(trial.prefix, one)]


def _is_of(prefix: str, one: Any) -> bool:
    """Whether a thing carries the prefix: in its name, or in a tag by which a gateway named it."""
    annotation = getattr(one, "annotation", None)
    tags = {**getattr(one, "tags", {}), **(annotation.tags if annotation else {})}
    return any(str(text).startswith(prefix) for text in (_called(one), tags.get("Name", "")))


def _called(one: Any) -> str:
    """A thing's name; what has none is recognised by its description."""
    return str(getattr(one, "name", "") or one.description)


async def _remove_instance(trial: Trial, one: Any) -> None:
    if one.state in (InstanceState.DELETING, InstanceState.DELETED):
        return
    if one.state in _STOPPABLE:
        force = trial.driver.capability.instances_stop_with_force
        await trial.driver.instances.stop(trial.context(), one.id, force=force)
        return
    await trial.driver.instances.delete(trial.context(), one.id)


def _broom(nouns: str, key: str = "id") -> Broom:
    """For things that the verbs of their noun list, and remove by a member."""

    def find(trial: Trial) -> Awaitable[Sequence[Any]]:
        return cast("Awaitable[Sequence[Any]]", getattr(trial.driver, nouns).list(trial.context()))

    def remove(trial: Trial, one: Any) -> Awaitable[object]:
        return cast("Awaitable[object]", getattr(trial.driver, nouns).delete(trial.context(), getattr(one, key)))

    return Broom(f"{nouns}_delete", find, remove)


#: Noun -> broom, what depends on others first.
BROOMS: dict[str, Broom] = {
    "instance": Broom(
        "instances_delete", lambda trial: trial.driver.instances.list(trial.context(), details=False), _remove_instance
    ),
    "image": _broom("images"),
    "snapshot": _broom("snapshots"),
    "volume": _broom("volumes"),
    "network": _broom("networks"),
    "security group": _broom("security_groups"),
    "address": _broom("addresses"),
    "key pair": _broom("key_pairs", "name"),
}
