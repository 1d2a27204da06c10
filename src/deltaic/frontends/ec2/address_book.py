"""Public addresses: those that were allocated to the caller."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.address import Address
from deltaic.model.nic import Nic


def offered(request: Ec2Request) -> bool:
    """Whether the request's cloud has public addresses to give."""
    return request.services.addresses.offered(request.context)


async def all_addresses(request: Ec2Request) -> list[Address]:
    """The addresses of the scope; none where the cloud gives none."""
    if not offered(request):
        return []
    found = list(await request.services.addresses.list(request.context))
    request.learn("eipalloc", (address.id for address in found))
    return found


def association_id(address: Address) -> str:
    """The id of what leads an address to an interface: another one each time that it leads elsewhere."""
    content = f"{address.id}\0{address.nic_id}\0{address.private_ip}"
    return "eipassoc-" + hashlib.sha256(content.encode()).hexdigest()[:17]


async def know_addresses(request: Ec2Request, nics: Iterable[Nic]) -> None:
    """Have at hand the addresses that lead to these interfaces."""
    if any(nic.public_ipv4 for nic in nics):
        request.addresses = {address.ip: address for address in await all_addresses(request)}
