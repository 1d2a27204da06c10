"""Subnets: ranges of addresses in networks. Source page: Networking API v2.0, "Subnets"."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from deltaic.drivers.openstack import tag_lists, wire_network
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.tagged import Kind, Tagged
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.network import Subnet, SubnetSpec

KIND: Final = Kind(
    "subnets", "subnet", wire_network.Subnets, wire_network.SubnetAnswer, lambda page: page.subnets,
    lambda answer: answer.subnet, "subnet",
)  # fmt: skip


class SubnetMaker:
    """Subnets of the project's networks."""

    def __init__(self, client: Client) -> None:
        self._subnets = Tagged(client, KIND)

    async def of_networks(self, context: Context, ids: Sequence[str] = ()) -> list[wire_network.Subnet]:
        """The subnets of few networks, or of all that the project sees."""
        query = [("network_id", id_) for id_ in ids] if len(ids) <= 50 else []
        return await self._subnets.list(context, query)

    async def get(self, context: Context, subnet_id: str) -> wire_network.Subnet:
        """One; NOT_FOUND."""
        return await self._subnets.get(context, subnet_id)

    async def make(self, context: Context, network_id: str, spec: SubnetSpec) -> wire_network.Subnet:
        """Make a subnet, or complete the one that an earlier attempt made in the network."""
        texts = tag_lists.texts_of(spec.tags)
        await self._subnets.require_tags(context, spec.tags)
        made = await self._begun(context, network_id, spec) or await self._post(context, network_id, spec)
        tags = await self._subnets.tag(context, made.id, made.tags, texts)
        return structs.replace(made, tags=tags)

    async def remove(self, context: Context, subnet_id: str) -> None:
        """Remove a subnet; IN_USE."""
        await self._subnets.remove(context, subnet_id)

    async def _begun(self, context: Context, network_id: str, spec: SubnetSpec) -> wire_network.Subnet | None:
        if not spec.marker:
            return None
        mark = tag_lists.marker_tag(spec.marker)
        found = await self._subnets.list(context, [("network_id", network_id), ("description", mark)])
        # A service overlooks filters that it does not know, and answers other subnets.
        return next((one for one in found if (one.network_id, one.description) == (network_id, mark)), None)

    async def _post(self, context: Context, network_id: str, spec: SubnetSpec) -> wire_network.Subnet:
        members: dict[str, Any] = {
            "network_id": network_id,
            "cidr": spec.cidr,
            "ip_version": _version(spec.cidr),
            "name": spec.name,
            # Nobody is shown it, so that the marker may stay.
            "description": tag_lists.marker_tag(spec.marker) if spec.marker else "",
        }
        if spec.gateway:
            members["gateway_ip"] = _gateway(spec)
        try:
            return await self._subnets.create(context, members, Subject("network", network_id))
        except Error as error:
            raise _explained(error, network_id) from None


def neutral(subnet: wire_network.Subnet) -> Subnet:
    """A subnet in the model's words."""
    return Subnet(
        id=subnet.id,
        cidr=subnet.cidr,
        network_id=subnet.network_id,
        name=subnet.name or "",
        gateway=subnet.gateway_ip or "",
        ip_version=subnet.ip_version,
        tags=tag_lists.tags_of(subnet.tags),
    )


def _gateway(spec: SubnetSpec) -> str:
    """The service takes a gateway outside of the range too, which no router can be led to."""
    try:
        inside = ipaddress.ip_address(spec.gateway) in ipaddress.ip_network(spec.cidr)
    except ValueError:
        inside = False
    if not inside:
        message = f"The gateway '{spec.gateway[:50]}' is not an address of {spec.cidr}"
        raise invalid("gateway", message, resource="subnet")
    return spec.gateway


def _version(cidr: str) -> int:
    try:
        return ipaddress.ip_network(cidr).version
    except ValueError:
        message = f"'{cidr[:50]}' is not a range of addresses such as 192.0.2.0/24"
        raise invalid("cidr", message, resource="subnet") from None


def _explained(error: Error, network_id: str) -> Error:
    if error.kind is ErrorKind.NOT_FOUND:
        return not_found("network", network_id)
    if error.kind is ErrorKind.INVALID and not error.field:
        field = "gateway" if "gateway" in error.message.lower() else "cidr"
        return Error(error.kind, error.message, resource="subnet", field=field, context=error.context)
    return error
