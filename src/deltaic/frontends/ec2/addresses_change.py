"""Allocating, leading and giving back elastic addresses, where the cloud has them."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.address_book import all_addresses, association_id, offered
from deltaic.frontends.ec2.addresses import chosen_addresses, pool_names
from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.tagging import specified_tags
from deltaic.model.address import Address, AddressSpec
from deltaic.model.errors import unsupported
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.kinds import malformed_id, missing_ids

ALLOCATE = Honoured(
    frozenset({"Address", "Domain", "NetworkBorderGroup", "PublicIpv4Pool", "TagSpecifications"}),
    reasons={
        "CustomerOwnedIpv4Pool": "there are no outposts.",
        "IpamPoolId": "there are no address managers.",
    },
)


@action(
    "AllocateAddress",
    writes=True,
    unsupported=ALLOCATE.refusals(),
    note="PublicIpv4Pool is the name or id of a pool of the cloud; without it the first.",
)
async def allocate_address(request: Ec2Request) -> dict[str, Any]:
    """Get an address."""
    _check_offered(request)
    ALLOCATE.check(request.parameters)
    domain = request.get("Domain", "vpc")
    if domain not in ("vpc", "standard"):
        raise invalid_value("Domain", domain, "It is vpc or standard.")
    tags = specified_tags(request.get("TagSpecifications", ()), ("elastic-ip",)).get("elastic-ip", {})
    pool = await _pool(request)
    request.before_acting()
    spec = AddressSpec(pool_id=pool, ip=request.get("Address", ""), tags=tags)
    made = await request.services.addresses.allocate(request.context, spec)
    request.learn("eipalloc", [made.id])
    return {
        "AllocationId": request.id("eipalloc", made.id),
        "Domain": "vpc",
        "NetworkBorderGroup": made.data_center_id,
        "PublicIp": made.ip,
        "PublicIpv4Pool": (await pool_names(request)).get(made.pool_id, made.pool_id),
    }


async def _pool(request: Ec2Request) -> str:
    wanted = request.get("PublicIpv4Pool")
    # AWS's own pool: the cloud's first.
    if not wanted or wanted == "amazon":
        return ""
    pools = await request.services.addresses.pools(request.context)
    found = next((pool.id for pool in pools if wanted in (pool.id, pool.name)), None)
    if found is None:
        raise AwsError("InvalidPublicIpv4PoolID.NotFound", f"The pool '{wanted[:100]}' does not exist")
    return found


@action("AssociateAddress", writes=True, note="An address of VPCs moves, unless AllowReassociation is false.")
async def associate_address(request: Ec2Request) -> dict[str, Any]:
    """Lead an address to a machine or to one of its interfaces."""
    _check_offered(request)
    address = await _address(request)
    machine, nic = request.get("InstanceId"), request.get("NetworkInterfaceId")
    if not machine and not nic:
        raise AwsError("MissingParameter", "Either instance ID or network interface id must be specified")
    target = {
        "instance_id": await native_id(request, "i", machine) if machine else "",
        "nic_id": await native_id(request, "eni", nic) if nic else "",
    }
    reassociate = request.get("AllowReassociation", True)
    if address.nic_id and not reassociate:
        shown = request.id("eipalloc", address.id)
        raise AwsError("Resource.AlreadyAssociated", f"resource {shown} is already associated with another resource")
    request.before_acting()
    led = await request.services.addresses.associate(
        request.context, address.id, private_ip=request.get("PrivateIpAddress", ""), reassociate=True, **target
    )
    return {"AssociationId": association_id(led)}


@action("DisassociateAddress", writes=True)
async def disassociate_address(request: Ec2Request) -> dict[str, Any]:
    """Lead an address nowhere."""
    _check_offered(request)
    association = request.get("AssociationId")
    address = await _associated(request, association) if association else await _address(request)
    request.before_acting()
    await request.services.addresses.disassociate(request.context, address.id)
    return {}


async def _associated(request: Ec2Request, text: str) -> Address:
    if not text.startswith("eipassoc-"):
        raise malformed_id("association", text, "eipassoc")
    for address in await all_addresses(request):
        if address.nic_id and association_id(address) == text.lower():
            return address
    raise missing_ids("association", [text])


@action("ReleaseAddress", writes=True)
async def release_address(request: Ec2Request) -> dict[str, Any]:
    """Give an address back that leads nowhere."""
    _check_offered(request)
    address = await _address(request)
    if address.nic_id:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address.ip} is in use.")
    request.before_acting()
    await request.services.addresses.release(request.context, address.id)
    return {}


async def _address(request: Ec2Request) -> Address:
    """The address of AllocationId or PublicIp. Errors: MissingParameter, InvalidAllocationID.NotFound and the like."""
    allocation, ip = request.get("AllocationId"), request.get("PublicIp")
    if not allocation and not ip:
        raise missing_parameter("AllocationId")
    return (await chosen_addresses(request, [allocation] if allocation else [], [] if allocation else [ip]))[0]


def _check_offered(request: Ec2Request) -> None:
    if not offered(request):
        raise unsupported("addresses")
