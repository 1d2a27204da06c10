"""What callers see of an instance's state while a flow is driving it."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from deltaic.model.annotation import Want
from deltaic.model.instance import Instance, InstanceState

_CREATING = frozenset({InstanceState.CREATING, InstanceState.STOPPED, InstanceState.LOCKED})
#: What a machine that starts by itself passes through before it is down, as it was wanted.
_PASSING = frozenset({InstanceState.STARTING, InstanceState.RUNNING, InstanceState.STOPPING})

#: States from which a stop has nothing left to do.
STOPPED_STATES = frozenset({InstanceState.STOPPED, InstanceState.SUSPENDED, InstanceState.LOCKED, InstanceState.ERROR})

#: States in which nothing but reading is possible.
ENDING_STATES = frozenset({InstanceState.DELETING, InstanceState.DELETED})


def overlaid(instance: Instance, removals: Collection[str] = ()) -> Instance:
    """The instance as callers see it: inner phases masked, and named if others made it."""
    state = masked_state(instance, removals)
    if state is not instance.state:
        instance = replace(instance, state=state)
    annotation = instance.annotation
    if not annotation.launch and "Name" not in annotation.tags:
        instance = replace(instance, annotation=replace(annotation, tags={"Name": instance.name, **annotation.tags}))
    return instance


def masked_state(instance: Instance, removals: Collection[str] = ()) -> InstanceState:
    """The state with the engine's inner phases masked.

    A launch passes through locked and stopped before it starts, and a removal through stopping and stopped;
    clients take either for a failure (AWS's waiters do), so a launch shows CREATING until the machine starts, or is
    whole if it is to stay down, and a removal DELETING until it is gone. `removals` are machines being removed whose
    mark the engine did not take yet (it refuses changes of a locked machine).
    """
    want = Want.TERMINATED if instance.id in removals else instance.annotation.want
    if want is Want.TERMINATED and instance.state is not InstanceState.DELETED:
        return InstanceState.DELETING
    if want is not None and instance.state in _CREATING:
        return InstanceState.CREATING
    if want is Want.STOPPED and instance.state in _PASSING:
        return InstanceState.CREATING
    return instance.state
