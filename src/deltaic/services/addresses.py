"""Public addresses: allocated to a caller, and led to one interface at a time."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from deltaic.model.address import Address, AddressChanges, AddressPool, AddressSpec
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.nic import Nic
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all
from deltaic.services.names import launch_id
from deltaic.services.tags import check_tags

#: States in which a machine may get its interfaces yet.
_BEGINNING = frozenset({InstanceState.CREATING, InstanceState.STARTING, InstanceState.LOCKED})


class AddressService:
    """The verbs on public addresses. Every change is done when its verb returns."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    def offered(self, context: Context) -> bool:
        """Whether the cloud of the request has public addresses; without them every other verb is UNSUPPORTED."""
        return self._clouds.of(context).capability.addresses_list

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Address]:
        """The addresses of the scope; NOT_FOUND names those of `ids` that are not there."""
        addresses = await self._clouds.of(context).addresses.list(context, ids=ids)
        require_all("address", ids, addresses)
        return addresses

    async def pools(self, context: Context) -> Sequence[AddressPool]:
        """Where addresses can be had from."""
        return await self._clouds.of(context).addresses.pools(context)

    async def allocate(self, context: Context, spec: AddressSpec, token: str = "") -> Address:
        """Get an address of a pool (empty: the first); `spec.marker` may be left empty.

        A repeated token gets the first one's. QUOTA, CAPACITY when the pool has none left, NOT_FOUND for the pool.
        """
        check_tags(spec.tags)
        marker = spec.marker or (f"address:{launch_id(context.owner, token, '')}" if token else "")
        return await self._clouds.of(context).addresses.create(context, replace(spec, marker=marker))

    async def modify(self, context: Context, address_id: str, changes: AddressChanges) -> None:
        """Change description or tags at once."""
        check_tags(changes.tags or {})
        await self._clouds.of(context).addresses.update(context, address_id, changes)

    async def associate(
        self,
        context: Context,
        address_id: str,
        *,
        nic_id: str = "",
        instance_id: str = "",
        private_ip: str = "",
        reassociate: bool = False,
    ) -> Address:
        """Lead an address to an interface, or to a machine's interface with `private_ip` (empty: its first one).

        Another address that led there leads nowhere afterwards. IN_USE when the address leads elsewhere already,
        unless `reassociate`. CONFLICT for a machine without interfaces (BUSY while it is being made), or where the
        interface's network has no way to the address. Returns the address as it is then.
        """
        every = await self.list(context)
        address = next((one for one in every if one.id == address_id), None)
        if address is None:
            (address,) = await self.list(context, [address_id])
        if not nic_id:
            nic_id, private_ip = await self._interface(context, instance_id, private_ip)
        if address.nic_id == nic_id and private_ip in ("", address.private_ip):
            return address
        if address.nic_id and not reassociate:
            message = f"The address '{address.ip}' leads to another interface already"
            raise Error(ErrorKind.IN_USE, message, resource="address", resource_id=address_id)
        addresses = self._clouds.of(context).addresses
        for other in every:
            if other.nic_id == nic_id and other.id != address_id and private_ip in ("", other.private_ip):
                await addresses.disassociate(context, other.id)
        await addresses.associate(context, address_id, nic_id, private_ip=private_ip)
        return (await self.list(context, [address_id]))[0]

    async def disassociate(self, context: Context, address_id: str) -> None:
        """Lead an address nowhere; nothing happens when it leads nowhere."""
        await self._clouds.of(context).addresses.disassociate(context, address_id)

    async def release(self, context: Context, address_id: str) -> None:
        """Give an address back, even one that leads somewhere: frontends refuse that where their protocol does."""
        await self._clouds.of(context).addresses.delete(context, address_id)

    async def _interface(self, context: Context, instance_id: str, private_ip: str) -> tuple[str, str]:
        """A machine's interface and private address that an address is to lead to."""
        if not instance_id:
            message = "An address is led to a machine or to an interface"
            raise Error(ErrorKind.MISSING, message, resource="address", field="instance_id")
        instance = await self._clouds.of(context).instances.get(context, instance_id)
        nic = _chosen(instance, private_ip)
        return nic.id, private_ip or next(iter(nic.ipv4), "")


def _chosen(instance: Instance, private_ip: str) -> Nic:
    found = next((nic for nic in instance.nics if not private_ip or private_ip in nic.ipv4), None)
    if found is not None:
        return found
    if instance.nics:
        message = f"The machine has no interface with the address '{private_ip[:50]}'"
        raise Error(ErrorKind.INVALID, message, resource="address", field="private_ip")
    kind = ErrorKind.BUSY if instance.state in _BEGINNING else ErrorKind.CONFLICT
    raise Error(kind, "The machine has no interface", resource="instance", resource_id=instance.id)
