"""Reading what the cloud supplies: images, configurations, templates, volumes, networks and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from deltaic.frontends.cimi import render_parts, render_supply
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.render_common import Document
from deltaic.frontends.cimi.tree import Lister, Owners
from deltaic.model.errors import not_found


async def images(call: Call, owners: Owners) -> Sequence[Document]:
    """The templates of the engine."""
    return [render_supply.image(call.links, one) for one in await call.world.images()]


async def configurations(call: Call, owners: Owners) -> Sequence[Document]:
    """The engine's instance types, and the open sizes."""
    return [render_supply.configuration(call.links, one) for one in await call.world.sizes()]


async def configuration(call: Call, owners: Owners, wanted: str) -> Document:
    """A size by its id or its name."""
    for view in await call.world.sizes():
        if wanted in (view.type.id, view.type.name):
            return render_supply.configuration(call.links, view)
    raise not_found("instance_type", wanted)


async def machine_templates(call: Call, owners: Owners) -> Sequence[Document]:
    """One template for each image."""
    state = call.settings.initial_state
    return [render_supply.machine_template(call.links, one, state) for one in await call.world.images()]


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """Disks that stand for themselves."""
    found = await call.world.volumes()
    return [render_supply.volume(call.links, one) for one in found if render_parts.is_volume(one)]


async def networks(call: Call, owners: Owners) -> Sequence[Document]:
    """The logical networks."""
    return [render_supply.network(call.links, one) for one in await call.world.networks()]


async def addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The addresses that guests report."""
    return [
        render_parts.address(call.links, view.instance, nic, ip)
        for view in await call.world.machines()
        for nic, ip in render_parts.addresses(view.instance)
    ]


class Member:
    """Reads one item of a collection by listing it: its type names what is not found."""

    def __init__(self, resource: str, lister: Lister) -> None:
        self._resource = resource
        self._list = lister

    async def __call__(self, call: Call, owners: Owners, wanted: str) -> Document:
        """The item, or NOT_FOUND."""
        found = await call.world.once((self._resource, owners), lambda: self._by_id(call, owners))
        if wanted not in found:
            raise not_found(self._resource, wanted)
        return found[wanted]

    async def _by_id(self, call: Call, owners: Owners) -> dict[str, Document]:
        documents = await self._list(call, owners)
        return {unquote(document["id"].rpartition("/")[2]): document for document in documents}
