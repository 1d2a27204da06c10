"""Which actions of which AWS service are served: the one list.

`tools/generate_aws_model.py` ships the shapes of these actions and no others; a frontend must have a
handler for each of them; the coverage table of the documentation is made from it. What is not here is
answered with AWS's own InvalidAction.
"""

from __future__ import annotations

from typing import Final

SERVED: Final[dict[str, tuple[str, ...]]] = {
    "ec2": (
        # instances
        "DescribeInstances",
        "RunInstances",
        "StartInstances",
        "StopInstances",
        "RebootInstances",
        "TerminateInstances",
        "DescribeInstanceStatus",
        "DescribeInstanceAttribute",
        "ModifyInstanceAttribute",
        "DescribeInstanceCreditSpecifications",
        "MonitorInstances",
        "UnmonitorInstances",
        "GetConsoleOutput",
        "GetConsoleScreenshot",
        # what instances are made of, and where
        "DescribeImages",
        "DescribeImageAttribute",
        "CreateImage",
        "DeregisterImage",
        "ModifyImageAttribute",
        "DescribeInstanceTypes",
        "DescribeInstanceTypeOfferings",
        "DescribeRegions",
        "DescribeAvailabilityZones",
        "DescribeAccountAttributes",
        # tags
        "CreateTags",
        "DeleteTags",
        "DescribeTags",
        # key pairs
        "DescribeKeyPairs",
        "ImportKeyPair",
        "CreateKeyPair",
        "DeleteKeyPair",
        # storage
        "DescribeVolumes",
        "CreateVolume",
        "DeleteVolume",
        "AttachVolume",
        "DetachVolume",
        "ModifyVolume",
        "DescribeVolumesModifications",
        "DescribeVolumeStatus",
        "DescribeVolumeAttribute",
        "ModifyVolumeAttribute",
        "EnableVolumeIO",
        "DescribeSnapshots",
        "CreateSnapshot",
        "DeleteSnapshot",
        "DescribeSnapshotAttribute",
        # networks
        "DescribeVpcs",
        "CreateVpc",
        "DeleteVpc",
        "ModifyVpcAttribute",
        "CreateSubnet",
        "DeleteSubnet",
        "ModifySubnetAttribute",
        "DescribeVpcAttribute",
        "DescribeSubnets",
        "DescribeRouteTables",
        "DescribeNetworkAcls",
        "DescribeNetworkInterfaces",
        "ModifyNetworkInterfaceAttribute",
        # public addresses and security groups
        "DescribeAddresses",
        "AllocateAddress",
        "AssociateAddress",
        "DisassociateAddress",
        "ReleaseAddress",
        "DescribeSecurityGroups",
        "DescribeSecurityGroupRules",
        "CreateSecurityGroup",
        "DeleteSecurityGroup",
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "ModifySecurityGroupRules",
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
    ),
    "sts": ("GetCallerIdentity",),
}

#: The version whose shapes are shipped; any other version is answered with them too, since old parsers
#: skip elements that they don't know. Nothing of IAM is served, but Terraform asks it on the same port and
#: must be refused in its own form.
API_VERSION: Final[dict[str, str]] = {"ec2": "2016-11-15", "sts": "2011-06-15", "iam": "2010-05-08"}


def is_served(action: str, service: str = "ec2") -> bool:
    """Whether the service serves this action (names are case-sensitive)."""
    return action in SERVED.get(service, ())


def service_of(action: str, version: str | None = None) -> str:
    """The service that a request without a credential scope means: by version, else by action.

    A request that fits neither means EC2.
    """
    for service, own in API_VERSION.items():
        if service != "ec2" and version == own:
            return service
    for service, actions in SERVED.items():
        if action in actions:
            return service
    return "ec2"


def namespace(version: str | None = None, service: str = "ec2") -> str:
    """The XML namespace of an answer to a request of that version.

    EC2's echoes the version and ends in a slash: libcloud finds nothing in an answer without it, though
    the model's own namespace has none.
    """
    if service == "ec2":
        return f"http://ec2.amazonaws.com/doc/{version or API_VERSION['ec2']}/"
    known = service if service in API_VERSION else "sts"
    return f"https://{known}.amazonaws.com/doc/{API_VERSION[known]}/"
