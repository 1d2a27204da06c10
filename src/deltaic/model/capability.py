"""What a driver can do: one flat record, everything off by default."""

from __future__ import annotations

from msgspec import Struct


class Capability(Struct, frozen=True):
    """Named `noun_verb`, `noun_verb_with_argument`, or `noun_limit_what` for numbers (None: no limit known).

    The capability layer refuses a verb or argument whose flag is off, so drivers never check.

    `instances_list_with_runs`: each start of a machine is told (`Instance.run`), not its first one alone.
    `instances_user_data`: user data can be read back by whoever gave them; elsewhere the gateway keeps them.
    `instances_create_runs`: a new machine starts by itself. `instances_create_with_volumes`: the creation itself
    gives the machine its volumes; elsewhere they are attached before the first start.
    `instances_create_with_image_size`: an image has a size of its own, so that none need be named.
    `instances_delete_running`: a machine need not be stopped first.
    """

    zones_list: bool = False
    images_list: bool = False
    images_create: bool = False
    images_create_from_running: bool = False
    images_delete: bool = False
    instance_types_list: bool = False
    instances_list: bool = False
    instances_list_with_runs: bool = False
    instances_create: bool = False
    instances_create_with_user_data: bool = False
    instances_user_data: bool = False
    instances_create_with_authorized_keys: bool = False
    instances_create_with_instance_type: bool = False
    instances_create_with_size: bool = False
    instances_create_with_image_size: bool = False
    instances_create_with_networks: bool = False
    instances_create_with_snapshot: bool = False
    instances_create_with_nic_configurations: bool = False
    instances_create_with_boot_devices: bool = False
    instances_create_with_security_groups: bool = False
    instances_create_with_volumes: bool = False
    instances_create_runs: bool = False
    instances_update: bool = False
    instances_start: bool = False
    instances_start_paused: bool = False
    instances_stop: bool = False
    instances_stop_with_force: bool = False
    instances_reboot: bool = False
    instances_suspend: bool = False
    instances_delete: bool = False
    instances_delete_running: bool = False
    instances_screenshot: bool = False
    instances_console: bool = False
    instances_console_output: bool = False
    instances_console_url: bool = False
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
    volumes_update_with_tags: bool = False
    volumes_delete: bool = False
    volumes_attach: bool = False
    snapshots_list: bool = False
    snapshots_create: bool = False
    snapshots_update: bool = False
    snapshots_update_with_tags: bool = False
    snapshots_delete: bool = False
    networks_list: bool = False
    networks_create: bool = False
    networks_create_with_subnets: bool = False
    networks_update: bool = False
    networks_delete: bool = False
    interfaces_create: bool = False
    interfaces_update: bool = False
    interfaces_delete: bool = False
    metrics_read: bool = False
    metrics_read_volume: bool = False
    events_list: bool = False
    key_pairs_list: bool = False
    key_pairs_create: bool = False
    key_pairs_delete: bool = False
    security_groups_list: bool = False
    security_groups_create: bool = False
    security_groups_update: bool = False
    security_groups_delete: bool = False
    addresses_list: bool = False
    addresses_create: bool = False
    addresses_update: bool = False
    addresses_associate: bool = False
    addresses_delete: bool = False
    signed_requests: bool = False
