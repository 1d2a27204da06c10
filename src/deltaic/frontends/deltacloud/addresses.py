"""Public addresses: each is known by itself."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.address import Address, AddressSpec
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.protocols.deltacloud.families.address import PublicAddress
from deltaic.protocols.deltacloud.parameters import required


async def index(call: Call) -> Sequence[PublicAddress]:
    """The addresses that were allocated; `id` chooses among them."""
    found = await call.services.addresses.list(call.context)
    return [address(call, one) for one in found if call.get("id") in ("", one.ip, one.id)]


async def show(call: Call, wanted: str) -> PublicAddress:
    """One address."""
    return address(call, await _one(call, wanted))


async def create(call: Call) -> PublicAddress:
    """Get an address."""
    return address(call, await call.services.addresses.allocate(call.context, AddressSpec()))


async def destroy(call: Call, wanted: str) -> None:
    """Give an address back that leads nowhere."""
    found = await _one(call, wanted)
    if found.nic_id:
        message = f"The address '{found.ip}' leads to an instance: disassociate it first"
        raise Error(ErrorKind.CONFLICT, message, resource="address", resource_id=wanted)
    await call.services.addresses.release(call.context, found.id)


async def associate(call: Call, wanted: str) -> None:
    """Lead an address to an instance."""
    found = await _one(call, wanted)
    instance_id = required(call.parameters, "instance_id").strip()
    await call.services.addresses.associate(call.context, found.id, instance_id=instance_id)


async def disassociate(call: Call, wanted: str) -> None:
    """Lead an address nowhere."""
    await call.services.addresses.disassociate(call.context, (await _one(call, wanted)).id)


async def _one(call: Call, wanted: str) -> Address:
    for one in await call.services.addresses.list(call.context):
        if wanted in (one.ip, one.id):
            return one
    raise not_found("address", wanted)


def address(call: Call, one: Address) -> PublicAddress:
    """An address, with what can be done with it now."""
    links = call.links
    verb = "disassociate" if one.nic_id else "associate"
    return PublicAddress(
        one.ip,
        links.to("addresses", one.ip),
        one.ip,
        links.ref("instances", one.instance_id) if one.instance_id else None,
        (links.destroy("addresses", one.ip), links.action("addresses", one.ip, verb)),
    )
