"""Compute's statuses and tasks -> neutral states.

`status` is made of `vm_state` and a few tasks; what goes on beyond that only `task_state` tells. Source: Compute API
guide, "Server concepts"; nova.compute.vm_states and task_states.
"""

from __future__ import annotations

from typing import Final

from deltaic.drivers.openstack.wire_compute import Server
from deltaic.model.instance import InstanceState

#: `power_state` of a server whose domain runs.
POWERED: Final = 1

#: What servers in these statuses are, whatever they are busy with.
GONE: Final = frozenset({"DELETED", "SOFT_DELETED"})

STATUSES: Final[dict[str, InstanceState]] = {
    "ACTIVE": InstanceState.RUNNING,
    "BUILD": InstanceState.CREATING,
    "DELETED": InstanceState.DELETED,
    "ERROR": InstanceState.ERROR,
    "HARD_REBOOT": InstanceState.REBOOTING,
    "MIGRATING": InstanceState.MIGRATING,
    "PASSWORD": InstanceState.RUNNING,
    "PAUSED": InstanceState.PAUSED,
    "REBOOT": InstanceState.REBOOTING,
    "RESCUE": InstanceState.RUNNING,
    "SHELVED": InstanceState.STOPPED,
    "SHELVED_OFFLOADED": InstanceState.STOPPED,
    "SHUTOFF": InstanceState.STOPPED,
    "SOFT_DELETED": InstanceState.DELETED,
    "SUSPENDED": InstanceState.SUSPENDED,
    "UNKNOWN": InstanceState.UNKNOWN,
}

#: Statuses of servers that either run through them or rest in them: (running, resting).
EITHER: Final[dict[str, tuple[InstanceState, InstanceState]]] = {
    "REBUILD": (InstanceState.REBOOTING, InstanceState.LOCKED),
    "RESIZE": (InstanceState.MIGRATING, InstanceState.LOCKED),
    "REVERT_RESIZE": (InstanceState.MIGRATING, InstanceState.LOCKED),
    "VERIFY_RESIZE": (InstanceState.RUNNING, InstanceState.STOPPED),
}

#: Tasks that say more than the status.
TASKS: Final[dict[str, InstanceState]] = {
    "deleting": InstanceState.DELETING,
    "soft-deleting": InstanceState.DELETING,
    "powering-off": InstanceState.STOPPING,
    "powering-on": InstanceState.STARTING,
    "restoring": InstanceState.STARTING,
    "suspending": InstanceState.SUSPENDING,
    "resuming": InstanceState.RESUMING,
    "unpausing": InstanceState.RESUMING,
    "shelving": InstanceState.STOPPING,
    "shelving_image_pending_upload": InstanceState.STOPPING,
    "shelving_image_uploading": InstanceState.STOPPING,
    "unshelving": InstanceState.STARTING,
    "rescuing": InstanceState.REBOOTING,
    "unrescuing": InstanceState.REBOOTING,
    "rebooting": InstanceState.REBOOTING,
    "reboot_pending": InstanceState.REBOOTING,
    "reboot_started": InstanceState.REBOOTING,
    "rebooting_hard": InstanceState.REBOOTING,
    "reboot_pending_hard": InstanceState.REBOOTING,
    "reboot_started_hard": InstanceState.REBOOTING,
    "migrating": InstanceState.MIGRATING,
}

#: Tasks on the disks of a server that rests.
DISK_TASKS: Final = frozenset(
    {
        "image_snapshot", "image_snapshot_pending", "image_pending_upload", "image_uploading", "image_backup",
        "shelving_offloading",
    }
)  # fmt: skip

#: Words for what a person did to a server that no neutral state tells.
REASONS: Final[dict[str, str]] = {
    "RESCUE": "The machine runs a rescue system",
    "SHELVED": "The machine is shelved",
    "SHELVED_OFFLOADED": "The machine is shelved",
    "VERIFY_RESIZE": "The machine's new size waits to be confirmed",
}


def state_of(server: Server) -> InstanceState:
    """The neutral state; UNKNOWN for a status that nobody knows yet."""
    task = server.task_state or ""
    if task in TASKS and server.status not in GONE:
        return TASKS[task]
    if task == "spawning" and (server.vm_state or "").startswith("shelved"):
        return InstanceState.STARTING
    if server.status in EITHER:
        running, resting = EITHER[server.status]
        return running if runs(server) else resting
    state = STATUSES.get(server.status, InstanceState.UNKNOWN)
    return InstanceState.LOCKED if state is InstanceState.STOPPED and task in DISK_TASKS else state


def runs(server: Server) -> bool:
    """Whether its domain runs, or ran before the task that it is in."""
    return server.power_state == POWERED and server.vm_state != "stopped"


def reason_of(server: Server) -> str:
    """The cloud's words about the state; empty when it says nothing."""
    if server.status == "ERROR" and server.fault is not None:
        return (server.fault.message or "").strip()[:500]
    return REASONS.get(server.status, "")
