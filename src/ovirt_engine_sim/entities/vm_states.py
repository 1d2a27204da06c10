"""The VM status matrix: which command is allowed in which status, and how the engine says no."""

from __future__ import annotations

from typing import Final

from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault, refused

ILLEGAL: Final = "image_illegal"

NAMES: Final[dict[str, str]] = {
    "unassigned": "Unassigned", "down": "Down", "up": "Up", "powering_up": "Powering Up",
    "powering_down": "Powering Down", "paused": "Paused", "migrating": "Migrating", "unknown": "Unknown",
    "not_responding": "Not Responding", "wait_for_launch": "Wait for Launch",
    "reboot_in_progress": "Reboot in Progress", "saving_state": "Saving State",
    "restoring_state": "Restoring State", "suspended": "Suspended", "image_locked": "Image Locked",
    ILLEGAL: "Image Illegal",
}  # fmt: skip

_RUNNING: Final = frozenset(
    {
        "up", "powering_up", "powering_down", "wait_for_launch", "paused", "migrating", "not_responding",
        "reboot_in_progress",
    }
)  # fmt: skip
RUNNING: Final = _RUNNING | {"unknown", "saving_state", "restoring_state"}

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "start": frozenset({"down", "suspended", "paused"}),
    "stop": _RUNNING | {"suspended", "down"},
    "shutdown": _RUNNING | {"suspended", "down"},
    "reboot": frozenset({"up", "powering_up"}),
    "reset": _RUNNING - {"wait_for_launch"},
    "suspend": frozenset({"up"}),
    "delete": frozenset({"down", ILLEGAL, "unassigned"}),
    "template": frozenset({"down"}),
    "snapshot": frozenset(
        {"up", "down", "powering_up", "paused", "reboot_in_progress", "wait_for_launch", "powering_down"}
    ),
    "clone": _RUNNING | {"down", "unassigned"},
    "nic_add": frozenset({"up", "down", "image_locked"}),
    "nic_update": frozenset({"up", "down"}),
    "migrate": frozenset({"up", "powering_up", "paused", "reboot_in_progress"}),
    "disk_attach": frozenset({"up", "down"}),
    "update": frozenset(NAMES) - {"image_locked"},
    "restore": frozenset({"down"}),
    "console": _RUNNING - {"wait_for_launch"},
}
ALLOWED["clone"] = ALLOWED["clone"] - {"not_responding"}

# How the texts name each command: (verb, what it is done to).
VERBS: Final[dict[str, tuple[str, str]]] = {
    "start": ("run", "VM"), "stop": ("stop", "VM"), "shutdown": ("shutdown", "VM"), "reboot": ("reboot", "VM"),
    "reset": ("reset", "VM"), "suspend": ("hibernate", "VM"), "delete": ("remove", "VM"),
    "template": ("add", "Template"), "snapshot": ("create", "Snapshot"), "clone": ("clone", "VM"),
    "nic_add": ("add", "Interface"), "nic_update": ("edit", "Interface"), "nic_remove": ("remove", "Interface"),
    "migrate": ("migrate", "VM"), "disk_attach": ("attach", "Virtual Disk"), "disk_add": ("add", "Virtual Disk"),
    "disk_detach": ("detach", "Virtual Disk"), "update": ("edit", "VM"), "restore": ("restore", "Snapshot"),
    "console": ("set", "VM ticket"), "create": ("add", "VM"),
}  # fmt: skip


def status_of(vm: Entity) -> str:
    """Return the status; a VM without one has illegal images."""
    return str(vm.data.get("status") or ILLEGAL)


def cannot(command: str, text: str) -> str:
    """Return "Cannot VERB TYPE" and the text, which brings its own punctuation."""
    verb, what = VERBS[command]
    return f"Cannot {verb} {what}{text}"


def check_status(vm: Entity, command: str) -> None:
    """Raise 409 with the engine's text when the VM's status does not allow the command."""
    status = status_of(vm)
    if status in ALLOWED[command if command in ALLOWED else "nic_update"]:
        return
    raise _refusal(command, status)


def _refusal(command: str, status: str) -> Fault:
    special = _SPECIAL.get(command, {})
    text = special.get(status) or special.get("*")
    if text is None and status == "image_locked" and command not in _STATUS_TEXT_WHEN_LOCKED:
        text = ": VM is locked. Please try again in a few minutes."
    if text is None:
        text = f" because the VM is in {NAMES[status]} status."
    return refused(cannot(command, text) if text[0] in ".: " else text)


_STATUS_TEXT_WHEN_LOCKED: Final = frozenset({"disk_attach", "disk_add"})
_SAVING: Final = ". VM is in saving/restoring state. Please try again in a few minutes."
_NOT_RUNNING: Final[dict[str, str]] = {"saving_state": _SAVING, "restoring_state": _SAVING, "*": ". VM is not running."}
_RUNNING_TEXT: Final = ". VM is running."
_SPECIAL: Final[dict[str, dict[str, str]]] = {
    "stop": _NOT_RUNNING,
    "shutdown": _NOT_RUNNING,
    "suspend": {"image_locked": ": VM is locked. Please try again in a few minutes.", "*": ". VM is not up."},
    "delete": {
        "image_locked": ": VM is locked. Please try again in a few minutes.",
        "suspended": " that its state is not down.\n-Please stop the VM first.",
        "saving_state": " that its state is not down.\n-Please stop the VM first.",
        "*": _RUNNING_TEXT,
    },
    "template": {"*": ". VM is locked or still running, try again once VM is in the Down state."},
    "nic_add": {"*": "Cannot add a Network Interface when VM is not Down, Up or Image-Locked."},
    "nic_update": {"*": "Cannot edit a Network Interface when VM is not Down, Up or Image-Locked."},
    "nic_remove": {"*": "Cannot remove a Network Interface when VM is not Down, Up or Image-Locked."},
    "restore": {"*": ". VM is not down."},
    "console": {"*": ". VM is not running."},
}
