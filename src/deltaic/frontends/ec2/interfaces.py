"""Network interfaces: the NICs of machines."""

from __future__ import annotations

import asyncio
from typing import Any

from deltaic.frontends.ec2.address_book import know_addresses
from deltaic.frontends.ec2.filters_networks import INTERFACES
from deltaic.frontends.ec2.group_book import know_groups_of
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.render_interface import interface
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.tagging import merged, store_key, stored_tags
from deltaic.frontends.http.pace import paced
from deltaic.protocols.aws.kinds import missing_ids


@action("DescribeNetworkInterfaces", filters=INTERFACES, note="Every interface belongs to a machine.")
async def describe_network_interfaces(request: Ec2Request) -> dict[str, Any]:
    """The NICs of the scope's machines."""
    matches = request.matcher(INTERFACES)
    texts = request.get("NetworkInterfaceIds", ())
    natives = set(await native_ids(request, "eni", texts)) if texts else set()
    views, tags = await asyncio.gather(request.services.instances.list(request.context), stored_tags(request))
    nics = [nic for view in views for nic in view.instance.nics]
    await know_groups_of(request, nics)
    await know_addresses(request, nics)
    rows, found = [], set()
    async for view in paced(views):
        for index, nic in enumerate(view.instance.nics):
            found.add(nic.id)
            if natives and nic.id not in natives:
                continue
            row = interface(request, view.instance, index)
            row["AvailabilityZone"] = request.form.zone(view.zone)
            row["_zones"] = request.form.zone_names(view.zone)
            row["TagSet"] = merged({}, tags, store_key("eni", nic.id))
            rows.append(row)
    request.learn("eni", found)
    missing = natives - found
    if missing:
        raise missing_ids("network_interface", sorted(request.written.get(native, native) for native in missing))
    return request.listing("NetworkInterfaces", rows, matches, "NetworkInterfaceId")
