"""Documents of machines: what VMs, templates and instance types start with."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

MIB: Final = 1 << 20
LARGE_ICON: Final = "14ca85cd-8c70-9adf-2c69-884beb8ac3fb"
SMALL_ICON: Final = "8ebc8e0c-38a3-ff89-b043-1e5ec6e4c9a3"
BLANK: Final = "00000000-0000-0000-0000-000000000000"

_BASE: Final[dict[str, Any]] = {
    "description": "",
    "comment": "",
    "bios": {"boot_menu": {"enabled": False}, "type": "q35_sea_bios"},
    "cpu": {"architecture": "x86_64", "topology": {"cores": 1, "sockets": 1, "threads": 1}},
    "cpu_shares": 0,
    "delete_protected": False,
    "display": {
        "allow_override": False, "copy_paste_enabled": True, "disconnect_action": "LOCK_SCREEN",
        "disconnect_action_delay": 0, "file_transfer_enabled": True, "monitors": 1, "single_qxl_pci": False,
        "smartcard_enabled": False, "type": "vnc",
    },
    "high_availability": {"enabled": False, "priority": 1},
    "io": {"threads": 1},
    "large_icon": {"id": LARGE_ICON},
    "migration": {"auto_converge": "inherit", "compressed": "inherit", "encrypted": "inherit"},
    "migration_downtime": -1,
    "multi_queues_enabled": True,
    "origin": "ovirt",
    "os": {"boot": {"devices": ["hd"]}, "type": "other"},
    "placement_policy": {"affinity": "migratable"},
    "small_icon": {"id": SMALL_ICON},
    "sso": {"methods": [{"id": "guest_agent"}]},
    "start_paused": False,
    "stateless": False,
    "storage_error_resume_behaviour": "auto_resume",
    "time_zone": {"name": "Etc/GMT"},
    "type": "server",
    "usb": {"enabled": False},
    "virtio_scsi_multi_queues_enabled": False,
    # Only with all_content:
    "console": {"enabled": False},
    "rng_device": {"source": "urandom"},
    "soundcard_enabled": False,
    "tpm_enabled": False,
    "virtio_scsi": {"enabled": True},
}  # fmt: skip

_VM: Final[dict[str, Any]] = {
    "has_illegal_images": False,
    "next_run_configuration_exists": False,
    "numa_tune_mode": "interleave",
    "run_once": False,
    "status": "down",
}

ONLY_ALL_CONTENT: Final = frozenset(
    {"console", "rng_device", "soundcard_enabled", "tpm_enabled", "virtio_scsi", "payloads"}
)
_NOT_IN_TYPES: Final = ("os", "time_zone", "large_icon", "small_icon", "comment", "origin", "stateless", "type", "sso",
                        "delete_protected", "start_paused", "bios", "placement_policy")  # fmt: skip

# What a VM takes over from its template, and a template from its VM.
INHERITED: Final = (
    "bios", "cpu", "cpu_shares", "display", "high_availability", "io", "large_icon", "memory", "memory_policy",
    "migration", "migration_downtime", "multi_queues_enabled", "os", "placement_policy", "small_icon", "sso",
    "start_paused", "stateless", "storage_error_resume_behaviour", "time_zone", "type", "usb",
    "virtio_scsi_multi_queues_enabled", "console", "rng_device", "soundcard_enabled", "tpm_enabled", "virtio_scsi",
    "delete_protected", "initialization", "custom_properties", "custom_cpu_model", "custom_emulated_machine", "lease",
    "cpu_profile", "quota", "serial_number", "description",
)  # fmt: skip

# What an instance type decides for the VMs bound to it.
OF_INSTANCE_TYPE: Final = ("cpu", "memory", "memory_policy", "high_availability", "io", "migration")


def base_document(**changes: Any) -> dict[str, Any]:
    """Return the members every machine has."""
    return {**deepcopy(_BASE), **changes}


def vm_document(**changes: Any) -> dict[str, Any]:
    """Return the members every VM has."""
    return {**deepcopy(_BASE), **deepcopy(_VM), **changes}


def instance_type_document(**changes: Any) -> dict[str, Any]:
    """Return the members every instance type has."""
    base = deepcopy(_BASE)
    for member in _NOT_IN_TYPES:
        base.pop(member, None)
    return {**base, **changes}


def memory_policy(memory: int, guaranteed: int | None = None, maximum: int | None = None) -> dict[str, Any]:
    """Return the memory policy that goes with a memory size: guaranteed all of it, at most four times as much."""
    return {
        "guaranteed": guaranteed if guaranteed is not None else memory,
        "max": maximum if maximum is not None else memory * 4,
        "ballooning": True,
    }


def cpu(sockets: int, cores: int, threads: int, architecture: str = "x86_64") -> dict[str, Any]:
    """Return a CPU document."""
    return {
        "architecture": architecture,
        "topology": {"cores": cores, "sockets": sockets, "threads": threads},
    }
