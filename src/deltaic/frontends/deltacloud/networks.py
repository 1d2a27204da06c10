"""Networks and their subnets."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.network import Network as Segment
from deltaic.model.network import Subnet as Range
from deltaic.model.network import SubnetSpec
from deltaic.protocols.deltacloud.families.network import Network, Subnet
from deltaic.protocols.deltacloud.parameters import required
from deltaic.services.networks import NetworkRequest
from deltaic.services.subnets import subnets_of


async def index(call: Call) -> Sequence[Network]:
    """The networks that instances can be on; `id` chooses among them."""
    found = await call.services.networks.list(call.context)
    return [network(call, one) for one in found if call.get("id") in ("", one.id)]


async def show(call: Call, wanted: str) -> Network:
    """One network."""
    return network(call, await _one(call, wanted, "network"))


async def create(call: Call) -> Network:
    """Make a network, with a range of addresses where the cloud has them and an `address_block` is given."""
    block = call.get("address_block")
    if block and not call.services.networks.has_subnets(call.context):
        raise Error(
            ErrorKind.UNSUPPORTED, "The cloud gives networks no address blocks: leave it out", field="address_block"
        )
    subnets = (SubnetSpec(block),) if block else ()
    request = NetworkRequest(call.get("name"), call.get("description"), subnets=subnets)
    return network(call, await call.services.networks.create(call.context, request))


async def destroy(call: Call, wanted: str) -> None:
    """Remove a network that no instance is on."""
    await _one(call, wanted, "network")
    await call.services.networks.delete(call.context, wanted)


async def subnets(call: Call) -> Sequence[Subnet]:
    """The subnets of the networks."""
    return [subnet(call, one) for one in await _subnets(call) if call.get("id") in ("", one.id)]


async def show_subnet(call: Call, wanted: str) -> Subnet:
    """One subnet."""
    return subnet(call, await _one_subnet(call, wanted))


async def create_subnet(call: Call) -> Subnet:
    """Make a range of addresses in a network."""
    network_id = required(call.parameters, "network_id").strip()
    await _one(call, network_id, "network")
    spec = SubnetSpec(required(call.parameters, "address_block").strip(), call.get("name"))
    return subnet(call, await call.services.networks.add_subnet(call.context, network_id, spec))


async def destroy_subnet(call: Call, wanted: str) -> None:
    """Remove a range of addresses that no interface has one of."""
    found = await _one_subnet(call, wanted)
    await call.services.networks.remove_subnet(call.context, found.id)


async def _subnets(call: Call) -> list[Range]:
    return [
        replace(one, network_id=segment.id)
        for segment in await call.services.networks.list(call.context)
        for one in subnets_of(segment)
    ]


async def _one_subnet(call: Call, wanted: str) -> Range:
    found = next((one for one in await _subnets(call) if one.id == wanted), None)
    if found is None:
        raise not_found("subnet", wanted)
    return found


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
        tuple(one.cidr for one in subnets_of(segment) if one.cidr),
        tuple(links.ref("subnets", one.id) for one in subnets_of(segment)),
        (links.destroy("networks", segment.id),) if call.capability.networks_delete and not segment.fixed else (),
    )


def subnet(call: Call, one: Range) -> Subnet:
    """What a network has of addresses, as far as the cloud knows."""
    links = call.links
    own = call.capability.networks_create_with_subnets
    return Subnet(
        one.id,
        links.to("subnets", one.id),
        one.name,
        "UP",
        links.ref("networks", one.network_id),
        one.cidr,
        actions=(links.destroy("subnets", one.id),) if own else (),
    )
