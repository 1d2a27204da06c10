"""The states of instances: the neutral ones in the original's words, and the graph that they make."""

from __future__ import annotations

from typing import Final

from deltaic.model.capability import Capability
from deltaic.model.instance import InstanceState
from deltaic.protocols.deltacloud.families.state import State, Transition

S = InstanceState

#: The original's word for each state. Saved or paused machines are stopped ones: start brings them back.
STATES: Final[dict[InstanceState, str]] = {
    S.CREATING: "PENDING",
    S.STARTING: "PENDING",
    S.RESUMING: "PENDING",
    S.LOCKED: "PENDING",
    S.RUNNING: "RUNNING",
    S.REBOOTING: "RUNNING",
    S.MIGRATING: "RUNNING",
    S.STOPPING: "STOPPING",
    S.SUSPENDING: "STOPPING",
    S.STOPPED: "STOPPED",
    S.SUSPENDED: "STOPPED",
    S.PAUSED: "STOPPED",
    S.NOT_RESPONDING: "ERROR",
    S.UNKNOWN: "ERROR",
    S.PAUSED_BY_ERROR: "ERROR",
    S.ERROR: "ERROR",
    S.DELETING: "FINISH",
    S.DELETED: "FINISH",
}

_OFFERED: Final[dict[str, tuple[str, ...]]] = {
    "PENDING": (),
    "RUNNING": ("reboot", "stop"),
    "STOPPING": ("stop",),
    "STOPPED": ("start", "destroy"),
    "ERROR": ("stop", "destroy"),
    "FINISH": (),
}

_PENDING: Final = (Transition("stopped"), Transition("running"), Transition("error"))
_RUNNING: Final = (Transition("running", "reboot"), Transition("stopping", "stop"), Transition("error"))
_DESTROYED: Final = Transition("finish", "destroy")


def offered(state: InstanceState, capability: Capability) -> tuple[str, ...]:
    """What a client can do in a state."""
    word = STATES[state]
    destroyed = word == "RUNNING" and capability.instances_delete_running
    return (*_OFFERED[word], "destroy") if destroyed else _OFFERED[word]


def graph(capability: Capability) -> tuple[State, ...]:
    """The graph of a cloud. A new instance stays stopped, unless `start=true` or the cloud has it go on to running."""
    running = (*_RUNNING, _DESTROYED) if capability.instances_delete_running else _RUNNING
    return (
        State("start", (Transition("pending", "create"),)),
        State("pending", _PENDING),
        State("running", running),
        State("stopping", (Transition("stopped"), Transition("stopped", "stop"))),
        State("stopped", (Transition("pending", "start"), _DESTROYED)),
        State("error", (Transition("stopped", "stop"), _DESTROYED)),
        State("finish"),
    )
