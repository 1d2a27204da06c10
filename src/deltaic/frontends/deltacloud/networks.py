"""Networks, and the one subnet that each of them has."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.network import Network as Segment
from deltaic.protocols.deltacloud.families.network import Network, Subnet
from deltaic.services.networks import NetworkRequest


async def index(call: Call) -> Sequence[Network]:
    """The networks that instances can be on; `id` chooses among them."""
    found = await call.services.networks.list(call.context)
    return [network(call, one) for one in found if call.get("id") in ("", one.id)]


async def show(call: Call, wanted: str) -> Network:
    """One network."""
    return network(call, await _one(call, wanted, "network"))


async def create(call: Call) -> Network:
    """Make a network. The cloud manages no addresses, so that an `address_block` can't be kept."""
    if call.get("address_block"):
        raise Error(
            ErrorKind.UNSUPPORTED, "The cloud gives networks no address blocks: leave it out", field="address_block"
        )
    request = NetworkRequest(call.get("name"), call.get("description"))
    return network(call, await call.services.networks.create(call.context, request))


async def destroy(call: Call, wanted: str) -> None:
    """Remove a network that no instance is on."""
    await _one(call, wanted, "network")
    await call.services.networks.delete(call.context, wanted)


async def subnets(call: Call) -> Sequence[Subnet]:
    """The subnet of each network."""
    found = await call.services.networks.list(call.context)
    return [subnet(call, one) for one in found if call.get("id") in ("", one.id)]


async def show_subnet(call: Call, wanted: str) -> Subnet:
    """One subnet; it has its network's id."""
    return subnet(call, await _one(call, wanted, "subnet"))


async def _one(call: Call, wanted: str, resource: str) -> Segment:
    for one in await call.services.networks.list(call.context):
        if one.id == wanted:
            return one
    raise not_found(resource, wanted)


def network(call: Call, segment: Segment) -> Network:
    """A logical network: it is up as long as it is there."""
    links = call.links
    return Network(
        segment.id,
        links.to("networks", segment.id),
        segment.name,
        "UP",
        (segment.cidr,) if segment.cidr else (),
        (links.ref("subnets", segment.id),),
        (links.destroy("networks", segment.id),) if call.capability.networks_delete else (),
    )


def subnet(call: Call, segment: Segment) -> Subnet:
    """What a network has of addresses, as far as the cloud knows."""
    links = call.links
    return Subnet(
        segment.id, links.to("subnets", segment.id), segment.name, "UP", links.ref("networks", segment.id), segment.cidr
    )
