"""Public addresses that the cloud gives to callers, the pools they come from, and the interfaces they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.labels import NAME_TAG, check_labels, relabelled, shown_name, shown_properties
from deltaic.frontends.cimi.links import Links
from deltaic.model.address import Address, AddressChanges, AddressPool, AddressSpec
from deltaic.model.errors import Error, ErrorKind

#: What addresses that guests are told have beside the `ip`: nobody tells a guest of a public one.
_TOLD: Final = ("hostname", "defaultGateway", "dns", "mask")
#: What the services call what clients call otherwise.
_FIELDS: Final = {"pool_id": "network", "private_ip": "address", "tags": "properties"}


async def public(call: Call) -> Mapping[str, Address]:
    """The caller's public addresses by id; none on a cloud that has no such thing."""

    async def read() -> Mapping[str, Address]:
        return {one.id: one for one in await call.services.addresses.list(call.context)}

    return await call.world.once("public addresses", read) if call.services.addresses.offered(call.context) else {}


async def pools(call: Call) -> Mapping[str, AddressPool]:
    """Where public addresses come from, by id."""

    async def read() -> Mapping[str, AddressPool]:
        return {one.id: one for one in await call.services.addresses.pools(call.context)}

    return await call.world.once("address pools", read) if call.services.addresses.offered(call.context) else {}


async def pool_of(call: Call, template: Document) -> str | None:
    """The pool that a template of an address means, empty for any; None where it means no public address."""
    if not call.capability.addresses_create:
        return None
    href = (template.get("network") or {}).get("href")
    if not href:
        return None if template.get("ip") else ""
    wanted = call.links.id_in(href, "network")
    return wanted if wanted in await pools(call) else None


async def allocate(call: Call, pool: str, template: Document, wanted: Document) -> Document:
    """Get an address from a pool. UNSUPPORTED, QUOTA and CAPACITY, with the attribute where one is at fault."""
    for name in _TOLD:
        if template.get(name):
            raise _untold(name)
    tags = {str(key): str(value) for key, value in (wanted.get("properties") or {}).items()}
    tags |= {NAME_TAG: str(wanted["name"])} if wanted.get("name") else {}
    check_labels(tags)
    spec = AddressSpec(pool, str(template.get("ip") or ""), str(wanted.get("description") or ""), tags)
    try:
        return address(call.links, await call.services.addresses.allocate(call.context, spec))
    except Error as error:
        raise renamed(error) from None


async def edit(call: Call, found: Address, changes: Document) -> None:
    """Give name, description and properties their new values; None erases."""
    for name in _TOLD:
        if changes.get(name):
            raise _untold(name)
    tags = relabelled(found.tags, _name(found), changes)
    new: Document = {} if tags == found.tags else {"tags": tags}
    if "description" in changes and (changes["description"] or "") != found.description:
        new["description"] = changes["description"] or ""
    if new:
        await call.services.addresses.modify(call.context, found.id, AddressChanges(**new))


async def delete(call: Call, found: Address) -> None:
    """Give an address back; IN_USE while it leads to an interface."""
    if found.nic_id:
        message = f"The address '{found.ip}' leads to an interface: take it from there first"
        raise Error(ErrorKind.IN_USE, message, resource="address", resource_id=found.id)
    await call.services.addresses.release(call.context, found.id)


async def lead(call: Call, found: Address, nic_id: str) -> Address:
    """Lead an address to an interface that no other one leads to; CONFLICT, and IN_USE where it leads elsewhere."""
    for other in (await public(call)).values():
        if other.nic_id == nic_id and other.id != found.id:
            message = f"The public address '{other.ip}' leads to the interface already"
            raise Error(ErrorKind.CONFLICT, message, resource="network_interface", resource_id=nic_id)
    try:
        return await call.services.addresses.associate(call.context, found.id, nic_id=nic_id)
    except Error as error:
        raise renamed(error) from None


def address(links: Links, found: Address) -> Document:
    """A public address, where it comes from, and the machine that it leads to."""
    uri = links.to("addresses", found.id)
    properties = shown_properties(found.tags)
    document = common(uri, _name(found), found.description, properties=properties)
    document |= {"ip": found.ip, "allocation": "static", "protocol": "IPv6" if ":" in found.ip else "IPv4"}
    if found.pool_id:
        document["network"] = links.ref("networks", found.pool_id)
    if found.instance_id:
        document["resource"] = links.ref("machines", found.instance_id)
    removal = [] if found.nic_id else [operation("delete", uri)]
    return document | {"operations": [operation("edit", uri), *removal]}


def pool(links: Links, found: AddressPool) -> Document:
    """A pool as the public network that it is; no machine has an interface on it."""
    uri = links.to("networks", found.id)
    document = common(uri, found.name, "Where public addresses come from")
    return document | {"state": "STARTED", "networkType": "PUBLIC", "networkPorts": {"href": f"{uri}/networkPorts"}}


def renamed(error: Error) -> Error:
    """The error with its field in the words of documents."""
    error.field = _FIELDS.get(error.field, error.field)
    return error


def _name(found: Address) -> str:
    return shown_name(found.tags, found.ip)


def _untold(name: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"No guest is told the {name} of a public address", field=name)
