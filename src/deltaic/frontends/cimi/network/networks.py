"""Logical networks."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.network import Network


async def networks(call: Call, owners: Owners) -> Sequence[Document]:
    """The logical networks."""
    return [network(call.links, one) for one in await call.world.networks()]


def network(links: Links, found: Network) -> Document:
    """A logical network: it is there for machines at any time."""
    document = common(links.to("networks", found.id), found.name, found.description, None, found.tags)
    return document | {"state": "STARTED"} | ({"mtu": found.mtu} if found.mtu else {})
