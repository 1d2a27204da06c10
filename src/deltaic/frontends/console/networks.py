"""Networks."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console.deeds import Deed, Found, Kind, working
from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.network import Network, SubnetSpec
from deltaic.services.networks import NetworkRequest
from deltaic.services.subnets import free_range


async def index(page: Page) -> Response:
    """The networks that instances can be on."""
    return await _index(page)


async def _index(page: Page, message: str = "") -> Response:
    networks = await page.services.networks.list(page.context)
    found = listed(page, networks, lambda one: (one.name, one.id, one.description), lambda one: one.name)
    return page.show(
        "networks.html",
        400 if message else 200,
        listing=found,
        zones=await _zones(page),
        message=message,
        given=dict(page.fields),
    )


async def show(page: Page) -> Response:
    """One network."""
    return page.show("network.html", network=await _one(page), zones=await _zones(page))


async def create(page: Page) -> Response:
    """Make a network; a request that can't be carried out shows its form again."""
    name = page.field("name")
    ids: list[str] = []
    try:
        request = NetworkRequest(
            name,
            page.field("description"),
            _number(page, "mtu"),
            _number(page, "vlan"),
            subnets=await _ranges(page),
        )
        async with working(page, "add", "networks", f"The network {name} is being made.", ids) as worker:
            made = await worker.services.networks.create(worker.context, request)
            ids.append(made.id)
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise
        return await _index(page, error.message)
    return page.go("networks", made.id, said=f"The network {made.name} was made.")


async def _zones(page: Page) -> dict[str, str]:
    return {view.zone.id: view.zone.name for view in await page.services.zones.zones(page.context)}


async def _ranges(page: Page) -> tuple[SubnetSpec, ...]:
    """The range of a new network's addresses, where networks have such: the form's, or any free one."""
    if not page.services.networks.has_subnets(page.context):
        return ()
    asked = page.field("range")
    return (SubnetSpec(asked) if asked else free_range(await page.services.networks.list(page.context)),)


def _number(page: Page, name: str) -> int:
    text = page.field(name)
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise invalid(name, f"The field {name} must be a whole number")
    return int(text)


async def _one(page: Page) -> Network:
    for one in await page.services.networks.list(page.context):
        if one.id == page.id:
            return one
    raise not_found("network", page.id)


async def _find(page: Page) -> Found:
    network = await _one(page)
    return Found(network.id, network.name, network)


async def _delete(page: Page, found: Found) -> None:
    await page.services.networks.delete(page.context, found.id)


NETWORK: Final = Kind(
    "networks",
    "networks",
    _find,
    {
        "delete": Deed(
            _delete,
            "delete",
            "The network {name} was deleted.",
            "Delete",
            "Delete the network {name}? It must not be in use.",
            gone=True,
        ),
    },
)
