"""What a driver can do: one flat record, everything off by default."""

from __future__ import annotations

from msgspec import Struct


class Capability(Struct, frozen=True):
    """Named `noun_verb`, `noun_verb_with_argument`, or `noun_limit_what` for numbers (None: no limit known).

    The capability layer refuses a verb or argument whose flag is off, so drivers never check.
    """

    zones_list: bool = False
    images_list: bool = False
    images_create: bool = False
    images_delete: bool = False
    instance_types_list: bool = False
    instances_list: bool = False
    instances_create: bool = False
    instances_create_with_user_data: bool = False
    instances_create_with_authorized_keys: bool = False
    instances_create_with_instance_type: bool = False
    instances_create_with_size: bool = False
    instances_create_with_networks: bool = False
    instances_create_with_snapshot: bool = False
    instances_create_with_nic_configurations: bool = False
    instances_create_with_boot_devices: bool = False
    instances_update: bool = False
    instances_start: bool = False
    instances_start_paused: bool = False
    instances_stop: bool = False
    instances_stop_with_force: bool = False
    instances_reboot: bool = False
    instances_suspend: bool = False
    instances_delete: bool = False
    instances_screenshot: bool = False
    instances_console: bool = False
    instance_snapshots_list: bool = False
    instance_snapshots_create: bool = False
    instance_snapshots_create_with_memory: bool = False
    instance_snapshots_restore: bool = False
    instance_snapshots_delete: bool = False
    instances_limit_user_data_bytes: int | None = None
    instances_limit_name_length: int | None = None
    volumes_list: bool = False
    volumes_create: bool = False
    volumes_create_with_source: bool = False
    volumes_create_with_shareable: bool = False
    volumes_update: bool = False
    volumes_delete: bool = False
    volumes_attach: bool = False
    snapshots_list: bool = False
    snapshots_create: bool = False
    snapshots_update: bool = False
    snapshots_delete: bool = False
    networks_list: bool = False
    networks_create: bool = False
    networks_update: bool = False
    networks_delete: bool = False
    interfaces_create: bool = False
    interfaces_update: bool = False
    interfaces_delete: bool = False
    metrics_read: bool = False
    metrics_read_volume: bool = False
    events_list: bool = False
    security_groups: bool = False
