"""Public addresses in memory, from one pool; `faults` are scripted as those of machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deltaic.model.address import Address, AddressChanges, AddressPool, AddressSpec
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.nic import Nic
from tests.fakes.faults import Faults

if TYPE_CHECKING:
    from tests.fakes.driver import FakeInstances

POOL = AddressPool("9001a000-0000-4000-8000-000000000001", "public")


class FakeAddresses:
    """Addresses 203.0.113.1 and on, `most` of them; machines' interfaces show them. `changes` are (verb, id)."""

    def __init__(self, instances: FakeInstances) -> None:
        self.rows: list[Address] = []
        self.every_pool = [POOL]
        self.most = 100
        self.changes: list[tuple[str, str]] = []
        self.faults = Faults()
        self._instances = instances
        self._markers: dict[str, str] = {}
        self._numbers = 0

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Address]:
        self.faults.strike(self.faults.before, "list")
        return [row for row in self.rows if not ids or row.id in ids]

    async def pools(self, context: Context) -> Sequence[AddressPool]:
        return self.every_pool

    async def create(self, context: Context, spec: AddressSpec) -> Address:
        self.faults.strike(self.faults.before, "create")
        if spec.marker in self._markers:
            return self._row(self._markers[spec.marker])
        pool = next((one for one in self.every_pool if spec.pool_id in ("", one.id)), None)
        if pool is None:
            raise not_found("address_pool", spec.pool_id)
        if len(self.rows) >= self.most:
            raise Error(ErrorKind.QUOTA, "No more addresses are allowed", resource="address")
        self._numbers += 1
        ip = spec.ip or f"203.0.113.{self._numbers}"
        address_id = f"add00000-0000-4000-8000-{self._numbers:012d}"
        made = Address(address_id, ip, pool.id, "dc-1", description=spec.description, tags=spec.tags)
        self.rows.append(made)
        if spec.marker:
            self._markers[spec.marker] = address_id
        self._changed("create", address_id)
        return made

    async def update(self, context: Context, address_id: str, changes: AddressChanges) -> None:
        self.faults.strike(self.faults.before, "update")
        members = {name: getattr(changes, name) for name in AddressChanges.__struct_fields__}
        self._put(address_id, **{name: value for name, value in members.items() if value is not None})
        self._changed("update", address_id)

    async def associate(self, context: Context, address_id: str, nic_id: str, *, private_ip: str = "") -> None:
        self.faults.strike(self.faults.before, "associate")
        row = self._row(address_id)
        nic = self._nic(nic_id)
        ip = private_ip or next(iter(nic.ipv4), "")
        if any((one.nic_id, one.private_ip) == (nic_id, ip) and one.id != address_id for one in self.rows):
            raise Error(ErrorKind.IN_USE, "It has a public address already", resource="address")
        self._show(row, ())
        self._put(address_id, nic_id=nic_id, instance_id=nic.instance_id, private_ip=ip)
        self._show(self._row(address_id), (row.ip,))
        self._changed("associate", address_id)

    async def disassociate(self, context: Context, address_id: str) -> None:
        self.faults.strike(self.faults.before, "disassociate")
        row = self._row(address_id)
        if row.nic_id:
            self._show(row, ())
            self._put(address_id, nic_id="", instance_id="", private_ip="")
            self._changed("disassociate", address_id)

    async def delete(self, context: Context, address_id: str) -> None:
        self.faults.strike(self.faults.before, "delete")
        row = self._row(address_id)
        self._show(row, ())
        self.rows.remove(row)
        self._changed("delete", address_id)

    def _row(self, address_id: str) -> Address:
        found = next((row for row in self.rows if row.id == address_id), None)
        if found is None:
            raise not_found("address", address_id)
        return found

    def _put(self, address_id: str, **members: object) -> None:
        row = self._row(address_id)
        self.rows[self.rows.index(row)] = replace(row, **members)

    def _nic(self, nic_id: str) -> Nic:
        nics = (nic for machine in self._instances.machines.values() for nic in machine.nics)
        found = next((nic for nic in nics if nic.id == nic_id), None)
        if found is None:
            raise not_found("network_interface", nic_id)
        return found

    def _show(self, address: Address, public: tuple[str, ...]) -> None:
        """Have the interface that the address leads to show it, or not."""
        for machine in self._instances.machines.values():
            nics = tuple(replace(nic, public_ipv4=public) if nic.id == address.nic_id else nic for nic in machine.nics)
            self._instances.machines[machine.id] = replace(machine, nics=nics)

    def _changed(self, verb: str, address_id: str) -> None:
        self.changes.append((verb, address_id))
        self.faults.strike(self.faults.after, verb)
