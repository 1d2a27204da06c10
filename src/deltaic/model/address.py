"""The address: a public IP address that a caller was given, and where it leads."""

from __future__ import annotations

from msgspec import Struct


class Address(Struct, frozen=True):
    """A public address. `nic_id`, `instance_id` and `private_ip` tell where it leads; empty for one that is free.

    `pool_id` is where it comes from.
    """

    id: str
    ip: str
    pool_id: str = ""
    data_center_id: str = ""
    nic_id: str = ""
    instance_id: str = ""
    private_ip: str = ""
    description: str = ""
    tags: dict[str, str] = {}


class AddressPool(Struct, frozen=True):
    """Where public addresses come from."""

    id: str
    name: str


class AddressSpec(Struct, frozen=True):
    """What to allocate: an address of a pool (empty: the first), a certain one when `ip` is given.

    `marker` identifies the allocation, so that a repeated one finds what it already made.
    """

    pool_id: str = ""
    ip: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    marker: str = ""


class AddressChanges(Struct, frozen=True):
    """What to change on an address; None leaves a member as it is. `tags` replace all that there are."""

    description: str | None = None
    tags: dict[str, str] | None = None
