"""Tags that the cloud itself holds with its volumes, snapshots, networks, security groups and addresses.

An edit is a reading and a writing: it takes the turns that the layers before the driver keep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from deltaic.driver.cloud import Driver
from deltaic.driver.edit import Edit
from deltaic.driver.turns import Alone, Locks
from deltaic.model.address import AddressChanges
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.security_group import SecurityGroupChanges
from deltaic.model.snapshot import SnapshotChanges
from deltaic.model.volume import VolumeChanges

#: The new tags of a resource from the old ones.
TagEdit = Callable[[Mapping[str, str]], dict[str, str]]
#: Changes the tags of one resource, by native id.
Holder = Callable[[Context, str, TagEdit], Awaitable[None]]


class _Held(Struct, frozen=True):
    """Where the tags of a noun are: the driver's attribute, the flag that tells, and the type of changes."""

    attribute: str
    flag: str
    changes: Callable[..., Any]


HELD: Final[Mapping[str, _Held]] = {
    "volume": _Held("volumes", "volumes_update_with_tags", VolumeChanges),
    "snapshot": _Held("snapshots", "snapshots_update_with_tags", SnapshotChanges),
    "security_group": _Held("security_groups", "security_groups_update", SecurityGroupChanges),
    "address": _Held("addresses", "addresses_update", AddressChanges),
}

#: The turns before a driver without layers.
_locks: Final = Locks()


def holder(driver: Driver, noun: str) -> Holder | None:
    """How the cloud's own tags of a noun are changed; None where the cloud holds none."""
    if noun == "network" and driver.capability.networks_update:
        return partial(_annotate, driver)
    held = HELD.get(noun)
    if held is None or not getattr(driver.capability, held.flag):
        return None
    update = partial(_update, noun, getattr(driver, held.attribute), held.changes)
    return partial(_in_turn, getattr(driver, "alone", _locks.alone), update)


def on_annotation(change: TagEdit) -> Edit:
    """The edit of an annotation that changes its tags alone."""

    def edit(annotation: Annotation) -> Annotation:
        return replace(annotation, tags=change(annotation.tags))

    return edit


async def _in_turn(alone: Alone, holder: Holder, context: Context, resource_id: str, change: TagEdit) -> None:
    async with alone(f"tags of {resource_id}"):
        await holder(context, resource_id, change)


async def _annotate(driver: Driver, context: Context, network_id: str, change: TagEdit) -> None:
    await driver.networks.annotate(context, network_id, on_annotation(change))


async def _update(
    noun: str, driver: Any, changes: Callable[..., Any], context: Context, resource_id: str, change: TagEdit
) -> None:
    found: Sequence[Any] = await driver.list(context, ids=[resource_id])
    if not found:
        raise not_found(noun, resource_id)
    new = change(found[0].tags)
    if new != found[0].tags:
        await driver.update(context, resource_id, changes(tags=new))
