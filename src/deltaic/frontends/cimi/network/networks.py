"""Logical networks, and the ports on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.network import ports, public_addresses
from deltaic.frontends.cimi.network.templates import (
    INITIAL_STATE,
    check_network_configuration,
    check_network_template,
    refuse,
)
from deltaic.frontends.cimi.resolver import template_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.network import Network, NetworkChanges
from deltaic.protocols.cimi.bodies import read_body
from deltaic.services.networks import NetworkRequest
from deltaic.services.subnets import free_range

#: What is kept with a network that the engine has no member for.
TRAITS: Final = ("networkType", "classOfService")


async def networks(call: Call, owners: Owners) -> Sequence[Document]:
    """The logical networks, then those that public addresses come from and no machine is on."""
    found = await call.world.networks()
    known = {one.id for one in found}
    others = [one for one in (await public_addresses.pools(call)).values() if one.id not in known]
    logical = [call.rendered("Network", one.id, network, one) for one in found]
    return [*logical, *(public_addresses.pool(call.links, one) for one in others)]


async def network_ports(call: Call, owners: Owners) -> Sequence[Document]:
    """The ports on a network."""
    if owners[0] not in await public_addresses.pools(call):
        await _network(call, owners[0])
    network_uri = call.links.to("networks", owners[0])
    found = await ports.ports(call, ())
    on = [one for one in found if one.get("network", {}).get("href") == network_uri]
    return [_network_port(network_uri, one) for one in on]


async def create(call: Call, owners: Owners) -> Document:
    """Make a network that machines of every cluster can use."""
    wanted = read_body(call.body, call.content_type, "NetworkCreate")
    return network(call.links, await call.services.networks.create(call.context, await requested(call, wanted)))


async def requested(call: Call, wanted: Document) -> NetworkRequest:
    """The network that a NetworkCreate means. Errors: INVALID, MISSING, NOT_FOUND and UNSUPPORTED with the field."""
    template = await template_of(call, wanted.get("networkTemplate"), "NetworkTemplate", "networkTemplate")
    refuse(template, "forwardingGroup", "meterTemplates", "eventLogTemplate")
    if check_network_template(template).get("initialState", INITIAL_STATE) != INITIAL_STATE:
        raise invalid("initialState", f"A new network can be brought to {INITIAL_STATE} only")
    config: Document = {}
    if template.get("networkConfig"):
        config = await template_of(call, template["networkConfig"], "NetworkConfiguration", "networkConfig")
    config = check_network_configuration(config)
    # No document tells of ranges of addresses, without which machines get none.
    own = call.services.networks.has_subnets(call.context)
    return NetworkRequest(
        name=str(wanted.get("name") or ""),
        description=str(wanted.get("description") or ""),
        mtu=config.get("mtu") or 0,
        tags=dict(wanted.get("properties") or {}),
        traits={name: str(config[name]) for name in TRAITS if config.get(name)},
        subnets=(free_range(await call.world.networks()),) if own else (),
    )


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give attributes new values; None erases, and leaves the name, which every network has."""
    found = await _network(call, wanted)
    new: Document = {}
    if changes.get("name") and changes["name"] != found.name:
        new["name"] = changes["name"]
    if "description" in changes and (changes["description"] or "") != found.description:
        new["description"] = changes["description"] or ""
    if "mtu" in changes and (changes["mtu"] or 0) != found.mtu:
        check_network_configuration({"mtu": changes["mtu"]})
        new["mtu"] = changes["mtu"] or 0
    tags, traits = _kept(found, changes)
    await call.services.networks.modify(call.context, found.id, NetworkChanges(**new), tags=tags, traits=traits)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a network that no machine and no port of the caller's own uses."""
    found = await _network(call, wanted)
    uri = call.links.to("networks", found.id)
    if any(one.get("network", {}).get("href") == uri for one in await ports.KEPT.list(call, ())):
        message = f"The network '{found.name}' has network ports"
        raise Error(ErrorKind.IN_USE, message, resource="network", resource_id=found.id)
    await call.services.networks.delete(call.context, found.id)


def network(links: Links, found: Network) -> Document:
    """A logical network: it is there for machines at any time."""
    uri = links.to("networks", found.id)
    # The engine does not tell when a network was made; what the gateway made says so itself.
    at = found.annotation.launched_at
    created = datetime.fromtimestamp(at, UTC) if at else None
    document = common(uri, found.name, found.description, created, found.tags) | {"state": "STARTED"}
    document |= {name: value for name in TRAITS if (value := found.annotation.traits.get(name))}
    if found.mtu:
        document["mtu"] = found.mtu
    document["networkPorts"] = {"href": f"{uri}/networkPorts"}
    # The engine never lets go of the network through which it manages its hosts.
    removal = [] if found.fixed else [operation("delete", uri)]
    return document | {"operations": [operation("edit", uri), *removal]}


def _network_port(network_uri: str, port: Document) -> Document:
    uri = f"{network_uri}/networkPorts/{port['id'].rpartition('/')[2]}"
    return common(uri, port.get("name", "")) | {"networkPort": {"href": port["id"]}}


async def _network(call: Call, wanted: str) -> Network:
    found = next((one for one in await call.world.networks() if one.id == wanted), None)
    if found is None and wanted in await public_addresses.pools(call):
        message = "The network that public addresses come from is the provider's and can't be changed"
        raise Error(ErrorKind.FORBIDDEN, message, resource="network", resource_id=wanted)
    if found is None:
        raise not_found("network", wanted)
    return found


def _kept(found: Network, changes: Document) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The tags and traits that a network shall have; None for those that stay as they are."""
    tags = dict(changes["properties"] or {}) if "properties" in changes else None
    traits = dict(found.annotation.traits)
    if "classOfService" in changes:
        traits["classOfService"] = changes["classOfService"] or ""
    traits = {name: value for name, value in traits.items() if value}
    return None if tags == found.tags else tags, None if traits == found.annotation.traits else traits
