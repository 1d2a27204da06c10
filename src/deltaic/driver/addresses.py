"""The port of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.address import Address, AddressChanges, AddressPool, AddressSpec
from deltaic.model.context import Context


class Addresses(Protocol):
    """Public addresses that are allocated to a caller, and led to one interface at a time."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Address]:
        """List the addresses of the scope, by address; those of `ids` when given. A constant number of calls."""

    async def pools(self, context: Context) -> Sequence[AddressPool]:
        """Where addresses can be had from, by name."""

    async def create(self, context: Context, spec: AddressSpec) -> Address:
        """Allocate an address; a repeated allocation with the same marker returns the first one's.

        QUOTA, CAPACITY when the pool has none left, NOT_FOUND for an unknown pool.
        """

    async def update(self, context: Context, address_id: str, changes: AddressChanges) -> None:
        """Change members."""

    async def associate(self, context: Context, address_id: str, nic_id: str, *, private_ip: str = "") -> None:
        """Lead an address to an interface, in place of the one it led to.

        Without a private address to its first one. NOT_FOUND, CONFLICT where the interface's network has no way there,
        IN_USE when the private address has a public one already.
        """

    async def disassociate(self, context: Context, address_id: str) -> None:
        """Lead an address nowhere; nothing happens when it leads nowhere."""

    async def delete(self, context: Context, address_id: str) -> None:
        """Give an address back, disassociated or not; NOT_FOUND."""
