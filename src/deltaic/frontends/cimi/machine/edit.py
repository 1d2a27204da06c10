"""Changing machines: name, description and properties at any time, the size of a stopped one."""

from __future__ import annotations

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KIBIBYTE, Document
from deltaic.frontends.cimi.labels import relabelled, shown_name
from deltaic.frontends.cimi.machine.configurations import positive
from deltaic.frontends.cimi.machine.sizes import SIZES
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceChanges


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give the attributes among `changes` their new values; None erases, and leaves a size as it is."""
    instance = (await call.world.machine(wanted)).instance
    tags = relabelled(instance.annotation.tags, shown_name(instance.annotation.tags, instance.name), changes)
    members = _size(instance, changes)
    if "description" in changes and (changes["description"] or "") != instance.description:
        members["description"] = changes["description"] or ""
    if members:
        await call.services.instances.modify(call.context, wanted, InstanceChanges(**members))
    if tags != instance.annotation.tags:
        await call.services.tags.replace(call.context, "instance", wanted, tags)


def _size(instance: Instance, changes: Document) -> Document:
    """The new figures, for the engine; those that are as they were ask for nothing."""
    now = {"cpu": instance.cpus, "memory": instance.memory // KIBIBYTE}
    given = {name: positive(changes[name], name) for name in SIZES if changes.get(name) is not None}
    new = {name: value for name, value in given.items() if value != now[name]}
    if new and instance.instance_type_id:
        message = f"The machine has the size of its configuration; its {' and '.join(new)} can't be changed alone"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="instance", field=next(iter(new)))
    engine = {"cpus": new.get("cpu"), "memory": new["memory"] * KIBIBYTE if "memory" in new else None}
    return {name: value for name, value in engine.items() if value is not None}
