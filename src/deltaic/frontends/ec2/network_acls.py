"""Network access lists: nothing is filtered between subnets, so each VPC has AWS's default one alone."""

from __future__ import annotations

from typing import Any, Final

from deltaic.frontends.ec2.filters_networks import NETWORK_ACLS
from deltaic.frontends.ec2.networks import Stored, one_of_each
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.tagging import merged, store_key
from deltaic.model.network import Network
from deltaic.services.subnets import subnets_of

#: Member of the range, everybody, and the number of AWS's own entry that lets everybody through.
_EVERYBODY: Final = (("CidrBlock", "0.0.0.0/0", 100), ("Ipv6CidrBlock", "::/0", 101))
#: AWS's numbers of the entries that refuse what no other one lets through.
_LAST: Final = 32667


@action("DescribeNetworkAcls", filters=NETWORK_ACLS, note="It lets everything through: nothing is filtered there.")
async def describe_network_acls(request: Ec2Request) -> dict[str, Any]:
    """The one default access list of each network."""
    return await one_of_each(request, "acl", "NetworkAcl", NETWORK_ACLS, _row)


def _row(request: Ec2Request, network: Network, _default: bool, tags: Stored) -> dict[str, Any]:
    identity = request.id("acl", network.id)
    subnets = [request.id("subnet", subnet.id) for subnet in subnets_of(network)]
    return {
        "NetworkAclId": identity,
        "VpcId": request.id("vpc", network.id),
        "OwnerId": request.account,
        "IsDefault": True,
        "Associations": [
            {
                "NetworkAclAssociationId": subnet.replace("subnet-", "aclassoc-"),
                "NetworkAclId": identity,
                "SubnetId": subnet,
            }
            for subnet in subnets
        ],
        "Entries": [entry for egress in (True, False) for entry in _entries(egress)],
        "Tags": merged({}, tags, store_key("acl", network.id)),
    }


def _entries(egress: bool) -> list[dict[str, Any]]:
    return [
        {"Egress": egress, "Protocol": "-1", "RuleAction": action, "RuleNumber": number, member: everybody}
        for action, more in (("allow", 0), ("deny", _LAST))
        for member, everybody, first in _EVERYBODY
        for number in (first + more,)
    ]
