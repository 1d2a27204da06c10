"""Addresses: what machines have, the cloud's public ones, and those that clients keep for machines to come."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.network import address_values, public_addresses
from deltaic.frontends.cimi.network.ports import network_named
from deltaic.frontends.cimi.resolver import place_of, template_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic, NicConfiguration
from deltaic.protocols.cimi.bodies import read_body

KEPT: Final = Kept("Address", check=address_values.complete)
#: What an address has of its own, as its template does.
_OWN: Final = ("ip", "hostname", "allocation", "defaultGateway", "dns", "protocol", "mask", "network")
#: A machine, its interface, and an address that this has.
Use = tuple[Instance, Nic, str]


async def addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The caller's own addresses, the public ones first, then what else guests report."""
    reported, kept = await _reported(call), await KEPT.list(call, ())
    networks = await _networks(call) if kept else frozenset()
    shown = [public_addresses.address(call.links, one) for one in (await public_addresses.public(call)).values()]
    own = set()
    for one in kept:
        user = await _user_of(call, one)
        shown.append(_kept(call.links, one, user, networks))
        own |= {address_id(user[1], one["ip"])} if user else set()
    others = {wanted: found for wanted, found in reported.items() if wanted not in own}
    return shown + [call.rendered("Address", wanted, address, *found) for wanted, found in others.items()]


async def get(call: Call, owners: Owners, wanted: str) -> Document:
    """One address, or NOT_FOUND."""
    found = (await _reported(call)).get(wanted)
    if found is not None:
        return address(call.links, *found)
    led = (await public_addresses.public(call)).get(wanted)
    if led is not None:
        return public_addresses.address(call.links, led)
    document = await KEPT.get(call, owners, wanted)
    return _kept(call.links, document, await _user_of(call, document), await _networks(call))


async def create(call: Call, owners: Owners) -> Document:
    """Get a public address where the template means one; else keep one for a machine to come."""
    wanted = read_body(call.body, call.content_type, "AddressCreate")
    template = address_values.checked(await _template(call, wanted))
    pool = await public_addresses.pool_of(call, template)
    if pool is not None:
        return await public_addresses.allocate(call, pool, template, wanted)
    made = await KEPT.keep(call, await prepared(call, wanted))
    return _kept(call.links, made, await _user_of(call, made), await _networks(call))


async def prepared(call: Call, wanted: Document) -> Document:
    """The address that an AddressCreate means, checked and ready to be kept.

    Errors: INVALID, MISSING and NOT_FOUND with the field; ALREADY_EXISTS for one that the caller has on that network.
    """
    template = await _template(call, wanted)
    document = {name: template[name] for name in _OWN if template.get(name)}
    document |= {name: wanted[name] for name in ("name", "description", "properties") if wanted.get(name)}
    if template.get("network"):
        network = await network_named(call, template["network"], "network")
        document["network"] = call.links.ref("networks", network)
    document = address_values.complete(document)
    for one in await KEPT.list(call, ()):
        if (one["ip"], one.get("network")) == (document["ip"], document.get("network")):
            message = f"There is an address {one['ip']} on this network already"
            raise Error(ErrorKind.ALREADY_EXISTS, message, resource="address", field="ip")
    return document


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give an address of the caller's own new values; machines that were made with it keep what they were told."""
    if wanted in await _reported(call):
        raise _guests(wanted)
    led = (await public_addresses.public(call)).get(wanted)
    if led is not None:
        await public_addresses.edit(call, led, changes)
        return
    await KEPT.edit(call, owners, wanted, changes)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget an address that no machine has; a public one is given back."""
    if wanted in await _reported(call):
        raise _guests(wanted)
    led = (await public_addresses.public(call)).get(wanted)
    if led is not None:
        await public_addresses.delete(call, led)
        return
    if await _user_of(call, await KEPT.get(call, owners, wanted)) is not None:
        raise _in_use(wanted)
    await KEPT.delete(call, owners, wanted)


async def static_of(call: Call, given: Document, network_id: str, field: str) -> NicConfiguration:
    """How a new machine's guest takes an address on a network: one of the caller's own, or one by value.

    Errors: INVALID and NOT_FOUND with the field, IN_USE for an address that a machine has.
    """
    href = given.get("href")
    if href:
        wanted = place_of(call, str(href), "Address", field).id
        if wanted in await _reported(call):
            raise _guests(wanted)
        if wanted in await public_addresses.public(call):
            message = "A public address is led to an interface that is there: add it to the interface's addresses"
            raise Error(ErrorKind.UNSUPPORTED, message, field=field)
        document = await KEPT.get(call, (), wanted)
    else:
        wanted, document = str(given.get("ip") or ""), address_values.complete(given)
    uri = call.links.to("networks", network_id)
    if document.get("network") and call.links.id_in(document["network"]["href"], field) != network_id:
        raise invalid(field, "The address is for another network than the interface")
    if await _user_of(call, document | {"network": {"href": uri}}) is not None:
        raise _in_use(wanted)
    cidr = next((one.cidr for one in await call.world.networks() if one.id == network_id), "")
    return address_values.configuration(document, cidr)


def address(links: Links, instance: Instance, nic: Nic, ip: str) -> Document:
    """An address that a guest reports."""
    document = common(links.to("addresses", address_id(nic, ip)), ip) | {
        "ip": ip,
        "allocation": "dynamic",
        "protocol": f"IPv{ip_address(ip).version}",
    }
    if instance.fqdn:
        document["hostname"] = instance.fqdn
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    return document | {"resource": links.ref("machines", instance.id)}


def address_id(nic: Nic, ip: str) -> str:
    """The last segment of an address's URI."""
    return f"{nic.id}_{ip}"


async def kept_ids(call: Call) -> dict[tuple[str, str], str]:
    """(network id, address) -> id of the caller's own address; the network is empty where it has none."""

    async def read() -> dict[tuple[str, str], str]:
        found = {}
        for one in await KEPT.list(call, ()):
            network = (one.get("network") or {}).get("href", "").rpartition("/")[2]
            found[network, one["ip"]] = one["id"].rpartition("/")[2]
        return found

    return await call.world.once("kept addresses", read)


async def _template(call: Call, wanted: Document) -> Document:
    return await template_of(call, wanted.get("addressTemplate"), "AddressTemplate", "addressTemplate")


def _kept(links: Links, document: Document, user: Use | None, networks: frozenset[str]) -> Document:
    """An address of the caller's own, and which machine has it."""
    uri = document["id"]
    shown = {"name": document["ip"]} | document
    if (shown.get("network") or {}).get("href", "").rpartition("/")[2] not in networks:
        shown.pop("network", None)
    edit = operation("edit", uri)
    if user is None:
        return shown | {"operations": [edit, operation("delete", uri)]}
    return shown | {"resource": links.ref("machines", user[0].id), "operations": [edit]}


async def _reported(call: Call) -> dict[str, Use]:
    """What guests report, by the ids of those addresses."""

    async def read() -> dict[str, Use]:
        return {
            address_id(nic, ip): (view.instance, nic, ip)
            for view in await call.world.machines()
            for nic in view.instance.nics
            for ip in (*nic.ipv4, *nic.ipv6)
        }

    return await call.world.once("reported addresses", read)


async def _user_of(call: Call, document: Document) -> Use | None:
    """Who has an address: the guest reports it, or will be told it."""

    async def read() -> dict[str, list[Use]]:
        found: dict[str, list[Use]] = {}
        for use in (await _reported(call)).values():
            found.setdefault(use[2], []).append(use)
        return found

    network = (document.get("network") or {}).get("href")
    uses = (await call.world.once("addresses in use", read)).get(document["ip"], ())
    return next((one for one in uses if network in (None, call.links.to("networks", one[1].network_id))), None)


async def _networks(call: Call) -> frozenset[str]:
    return frozenset(one.id for one in await call.world.networks())


def _in_use(wanted: str) -> Error:
    message = f"The address '{wanted}' is used by a machine"
    return Error(ErrorKind.IN_USE, message, resource="address", resource_id=wanted)


def _guests(wanted: str) -> Error:
    message = f"The address '{wanted}' is one that a guest reports: it is the guest's own"
    return Error(ErrorKind.CONFLICT, message, resource="address", resource_id=wanted)
