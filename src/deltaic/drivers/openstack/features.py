"""What a cloud lacks of what this driver makes use of, one sentence each, for its operator."""

from __future__ import annotations

import asyncio
from typing import Final

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.extensions import TAGS
from deltaic.drivers.openstack.wire_compute import Flavors
from deltaic.drivers.openstack.wire_image import Images
from deltaic.drivers.openstack.wire_network import Networks
from deltaic.model.context import Context

#: Extension -> what does not work without it.
NEEDED: Final[dict[str, str]] = {
    "security-group": "no security groups: none are listed, making one is refused",
    "router": "no routers: new networks have no way out, and there are no public addresses",
    TAGS: "no tags: networks, subnets, security groups and addresses can't have any",
}

#: What machines need.
SUPPLIES: Final = ("sizes", "images", "networks")


async def missing(client: Client, context: Context) -> list[str]:
    """What the network service can't do."""
    known = await client.extensions.aliases(context)
    if not known:
        return ["the network service does not tell its extensions"]
    lacking = [words for alias, words in NEEDED.items() if alias not in known]
    if "router" in known and not await _networks(client, context, "router:external"):
        lacking.append("no external network: new networks have no way out, and there are no public addresses")
    return lacking


async def unsupplied(client: Client, context: Context) -> list[str]:
    """What machines need, and the project has none of."""
    flavors, images, own, shared = await asyncio.gather(
        client.read(context, "compute", "flavors", Flavors, query={"limit": "1"}),
        client.read(context, "image", "images", Images, query={"limit": "1"}),
        _networks(client, context, "project_id", await client.project_id(context)),
        _networks(client, context, "shared"),
    )
    found = (flavors.flavors, images.images, own or shared)
    return [name for name, there in zip(SUPPLIES, found, strict=True) if not there]


async def _networks(client: Client, context: Context, name: str, value: str = "true") -> bool:
    found = await client.read(context, "network", "networks", Networks, query={name: value, "limit": "1"})
    return bool(found.networks)
