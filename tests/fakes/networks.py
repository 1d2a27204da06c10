"""Networks and interfaces of machines in memory; `Faults` are scripted as those of machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deltaic.driver import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, Subnet, SubnetSpec
from deltaic.model.nic import Nic, NicChanges, NicSpec

if TYPE_CHECKING:
    from tests.fakes.driver import FakeInstances

#: States in which an interface can be changed, and those that pass.
STEADY = frozenset({InstanceState.STOPPED, InstanceState.RUNNING})
RESTING = STEADY | {InstanceState.SUSPENDED, InstanceState.PAUSED, InstanceState.ERROR}


class FakeNetworks:
    """Networks: set `rows` by hand. `changes` lists (verb, id) of what had an effect."""

    def __init__(self, instances: FakeInstances, rows: Sequence[Network] = ()) -> None:
        self.rows = list(rows)
        self.changes: list[tuple[str, str]] = []
        self.faults: dict[str, list[Error]] = {}
        self._instances = instances
        self._numbers = 0
        self._markers: dict[str, Subnet] = {}

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Network]:
        return [row for row in self.rows if not ids or row.id in ids]

    async def create(self, context: Context, spec: NetworkSpec) -> Network:
        marker = spec.annotation.launch
        made = next((row for row in self.rows if marker and row.annotation.launch == marker), None)
        if made is None:
            if any((row.name, row.data_center_id) == (spec.name, spec.data_center_id) for row in self.rows):
                raise Error(ErrorKind.ALREADY_EXISTS, "The network's name is taken", resource="network", field="name")
            number = len(self.changes) + 1
            network_id = f"0e700000-0000-4000-8000-{number:012d}"
            made = Network(network_id, spec.name, spec.data_center_id, spec.description, spec.vlan, spec.mtu,
                           tags=spec.annotation.tags,
                           annotation=spec.annotation,
                           subnets=tuple(self._subnet(network_id, one) for one in spec.subnets))  # fmt: skip
            self.rows.append(made)
            self.changes.append(("create", network_id))
        self._strike("create")
        return made

    async def update(self, context: Context, network_id: str, changes: NetworkChanges) -> None:
        self._strike("update")
        members = {name: getattr(changes, name) for name in ("name", "description", "mtu")}
        self._put(network_id, "update", **{name: value for name, value in members.items() if value is not None})

    async def annotate(self, context: Context, network_id: str, edit: Edit) -> Annotation:
        changed = edit(self._get(network_id).annotation)
        self._put(network_id, "annotate", annotation=changed, tags=changed.tags)
        return changed

    async def delete(self, context: Context, network_id: str) -> None:
        self._strike("delete")
        found = self._get(network_id)
        if any(nic.network_id == network_id for one in self._instances.machines.values() for nic in one.nics):
            raise Error(ErrorKind.IN_USE, "The network is in use", resource="network", resource_id=network_id)
        self.rows.remove(found)
        self.changes.append(("delete", network_id))

    async def create_subnet(self, context: Context, network_id: str, spec: SubnetSpec) -> Subnet:
        self._strike("create_subnet")
        network = self._get(network_id)
        known = self._markers.get(spec.marker)
        if known is not None:
            return known
        if any(ip_network(one.cidr).overlaps(ip_network(spec.cidr)) for one in network.subnets):
            raise Error(ErrorKind.INVALID, "The range overlaps another one", resource="subnet", field="cidr")
        made = self._subnet(network_id, spec)
        self._put(network_id, "create_subnet", subnets=(*network.subnets, made))
        return made

    async def delete_subnet(self, context: Context, subnet_id: str) -> None:
        self._strike("delete_subnet")
        network = next((row for row in self.rows if any(one.id == subnet_id for one in row.subnets)), None)
        if network is None:
            raise not_found("subnet", subnet_id)
        nics = [nic for machine in self._instances.machines.values() for nic in machine.nics]
        if any(subnet_id in nic.subnet_ids for nic in nics):
            raise Error(ErrorKind.IN_USE, "The range is in use", resource="subnet", resource_id=subnet_id)
        self._put(network.id, "delete_subnet", subnets=tuple(one for one in network.subnets if one.id != subnet_id))

    def _subnet(self, network_id: str, spec: SubnetSpec) -> Subnet:
        self._numbers += 1
        first = next(ip_network(spec.cidr).hosts())
        made = Subnet(f"5b000000-0000-4000-8000-{self._numbers:012d}", spec.cidr, network_id, spec.name,
                      spec.gateway or str(first), first.version, ip_network(spec.cidr).num_addresses - 3,
                      spec.tags)  # fmt: skip
        if spec.marker:
            self._markers[spec.marker] = made
        return made

    def _get(self, network_id: str) -> Network:
        found = next((row for row in self.rows if row.id == network_id), None)
        if found is None:
            raise not_found("network", network_id)
        return found

    def _put(self, network_id: str, verb: str, **members: object) -> None:
        found = self._get(network_id)
        self.rows[self.rows.index(found)] = replace(found, **members)
        self.changes.append((verb, network_id))

    def _strike(self, verb: str) -> None:
        if self.faults.get(verb):
            raise self.faults[verb].pop(0)


class FakeInterfaces:
    """Interfaces of the machines in memory."""

    def __init__(self, instances: FakeInstances) -> None:
        self.changes: list[tuple[str, str]] = []
        #: What happens before each verb.
        self.before: Callable[[], None] = lambda: None
        self._instances = instances

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        machine = self._machine(instance_id, STEADY | {InstanceState.CREATING, InstanceState.LOCKED})
        known = next((nic for nic in machine.nics if spec.name and nic.name == spec.name), None)
        if known is not None and known.network_id == spec.network_id:
            return known
        if known is not None:
            raise Error(ErrorKind.ALREADY_EXISTS, "The interface's name is taken", field="name")
        number = len(self.changes) + 1
        nic_id = f"21c00000-0000-4000-8000-{number:012d}"
        mac = spec.mac or f"56:6f:00:00:00:{number:02x}"
        made = Nic(nic_id, spec.name or f"nic{len(machine.nics) + 1}", mac, spec.network_id, "", instance_id,
                   spec.linked, spec.plugged)  # fmt: skip
        self._put(machine, (*machine.nics, made))
        self.changes.append(("create", nic_id))
        return made

    async def update(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> None:
        machine = self._machine(instance_id, STEADY)
        if changes == NicChanges():
            return
        found = _nic(machine, nic_id)
        given = {name: getattr(changes, name) for name in NicChanges.__struct_fields__}
        changed = replace(found, **{name: value for name, value in given.items() if value is not None})
        self._put(machine, tuple(changed if nic is found else nic for nic in machine.nics))
        self.changes.append(("update", nic_id))

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        machine = self._machine(instance_id, STEADY)
        found = _nic(machine, nic_id)
        self._put(machine, tuple(nic for nic in machine.nics if nic is not found))
        self.changes.append(("delete", nic_id))

    def _machine(self, instance_id: str, allowed: frozenset[InstanceState]) -> Instance:
        self.before()
        machine = self._instances.machines.get(instance_id)
        if machine is None:
            raise not_found("instance", instance_id)
        if machine.state not in allowed:
            kind = ErrorKind.CONFLICT if machine.state in RESTING else ErrorKind.BUSY
            raise Error(kind, f"The machine is {machine.state}", resource="instance", resource_id=instance_id)
        return machine

    def _put(self, machine: Instance, nics: tuple[Nic, ...]) -> None:
        self._instances.machines[machine.id] = replace(machine, nics=nics)


def _nic(machine: Instance, nic_id: str) -> Nic:
    found = next((nic for nic in machine.nics if nic.id == nic_id), None)
    if found is None:
        raise not_found("network_interface", nic_id)
    return found
