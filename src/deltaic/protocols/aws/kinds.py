"""The one table from the gateway's error kinds to AWS's codes.

A kind has one code, unless the resource has its own. Statuses follow from the codes (`errors.STATUS`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.aws.errors import AwsError


class Noun(NamedTuple):
    """AWS's words for one of our resources: the stem of its codes and the subject of its sentences."""

    code: str
    subject: str
    missing: str = ".NotFound"
    malformed: str = ".Malformed"


#: By resource of the model (and by AWS's own nouns where it has more of them).
NOUNS: Final[dict[str, Noun]] = {
    "instance": Noun("InvalidInstanceID", "instance ID"),
    "image": Noun("InvalidAMIID", "image id"),
    "instance_type": Noun("InvalidInstanceType", "instance type", missing=""),
    "volume": Noun("InvalidVolume", "volume"),
    "snapshot": Noun("InvalidSnapshot", "snapshot"),
    "zone": Noun("InvalidZone", "availability zone"),
    "region": Noun("InvalidRegion", "region"),
    "network": Noun("InvalidVpcID", "vpc ID"),
    "vpc": Noun("InvalidVpcID", "vpc ID"),
    "subnet": Noun("InvalidSubnetID", "subnet ID"),
    "nic": Noun("InvalidNetworkInterfaceID", "networkInterface ID"),
    "network_interface": Noun("InvalidNetworkInterfaceID", "networkInterface ID"),
    "attachment": Noun("InvalidAttachment", "attachment"),
    "route_table": Noun("InvalidRouteTableID", "routeTable ID"),
    "network_acl": Noun("InvalidNetworkAclID", "networkAcl ID"),
    "key_pair": Noun("InvalidKeyPair", "key pair"),
    "security_group": Noun("InvalidGroup", "security group"),
    "security_group_rule": Noun("InvalidSecurityGroupRuleId", "security group rule ID"),
    "address": Noun("InvalidAddress", "address"),
    "allocation": Noun("InvalidAllocationID", "allocation ID"),
    "association": Noun("InvalidAssociationID", "association ID"),
}
#: Where the malformed id of a resource has another stem than the missing one.
MALFORMED_CODES: Final = {
    "volume": "InvalidVolumeID.Malformed",
    "snapshot": "InvalidSnapshotID.Malformed",
    "security_group": "InvalidGroupId.Malformed",
    "key_pair": "InvalidKeyPair.Format",
    "instance_type": "InvalidInstanceType",
    "zone": "InvalidParameterValue",
    "region": "InvalidParameterValue",
}
CODES: Final[dict[ErrorKind, str]] = {
    ErrorKind.INVALID: "InvalidParameterValue",
    ErrorKind.MISSING: "MissingParameter",
    ErrorKind.MALFORMED_ID: "InvalidID",
    ErrorKind.NOT_FOUND: "InvalidParameterValue",
    ErrorKind.ALREADY_EXISTS: "InvalidParameterValue",
    ErrorKind.CONFLICT: "IncorrectState",
    ErrorKind.BUSY: "IncorrectState",
    ErrorKind.IN_USE: "DependencyViolation",
    ErrorKind.UNAUTHENTICATED: "AuthFailure",
    ErrorKind.FORBIDDEN: "UnauthorizedOperation",
    ErrorKind.PROTECTED: "OperationNotPermitted",
    ErrorKind.UNSUPPORTED: "UnsupportedOperation",
    ErrorKind.QUOTA: "ResourceLimitExceeded",
    ErrorKind.CAPACITY: "InsufficientInstanceCapacity",
    ErrorKind.IDEMPOTENCY_MISMATCH: "IdempotentParameterMismatch",
    ErrorKind.RATE_LIMITED: "RequestLimitExceeded",
    ErrorKind.UNAVAILABLE: "Unavailable",
    ErrorKind.TIMEOUT: "Unavailable",
    ErrorKind.INTERNAL: "InternalError",
}
RESOURCE_CODES: Final[dict[tuple[ErrorKind, str], str]] = {
    (ErrorKind.INVALID, "instance_type"): "InvalidInstanceType",
    (ErrorKind.INVALID, "key_pair"): "InvalidKey.Format",
    (ErrorKind.ALREADY_EXISTS, "key_pair"): "InvalidKeyPair.Duplicate",
    (ErrorKind.ALREADY_EXISTS, "security_group"): "InvalidGroup.Duplicate",
    (ErrorKind.ALREADY_EXISTS, "image"): "InvalidAMIName.Duplicate",
    (ErrorKind.CONFLICT, "instance"): "IncorrectInstanceState",
    (ErrorKind.CONFLICT, "image"): "InvalidAMIID.Unavailable",
    (ErrorKind.BUSY, "instance"): "IncorrectInstanceState",
    (ErrorKind.BUSY, "image"): "InvalidAMIID.Unavailable",
    (ErrorKind.IN_USE, "volume"): "VolumeInUse",
    (ErrorKind.IN_USE, "snapshot"): "InvalidSnapshot.InUse",
    (ErrorKind.IN_USE, "security_group"): "DependencyViolation",
    (ErrorKind.CONFLICT, "security_group"): "CannotDelete",
    (ErrorKind.ALREADY_EXISTS, "security_group_rule"): "InvalidPermission.Duplicate",
    (ErrorKind.QUOTA, "security_group"): "SecurityGroupLimitExceeded",
    (ErrorKind.QUOTA, "security_group_rule"): "RulesPerSecurityGroupLimitExceeded",
    (ErrorKind.QUOTA, "address"): "AddressLimitExceeded",
    (ErrorKind.CAPACITY, "address"): "InsufficientAddressCapacity",
    (ErrorKind.IN_USE, "address"): "Resource.AlreadyAssociated",
    (ErrorKind.CONFLICT, "address"): "Gateway.NotAttached",
    (ErrorKind.QUOTA, "network"): "VpcLimitExceeded",
    (ErrorKind.QUOTA, "volume"): "VolumeLimitExceeded",
    (ErrorKind.QUOTA, "snapshot"): "SnapshotLimitExceeded",
    (ErrorKind.QUOTA, "instance"): "InstanceLimitExceeded",
    (ErrorKind.QUOTA, "tag"): "TagLimitExceeded",
}
#: STS has no words for some of EC2's codes.
STS_CODES: Final = {
    "UnauthorizedOperation": "AccessDenied",
    "AuthFailure": "InvalidClientTokenId",
    "InternalError": "InternalFailure",
    "Unavailable": "ServiceUnavailable",
    "RequestLimitExceeded": "Throttling",
}


def from_error(error: Error, service: str = "ec2") -> AwsError:
    """The error that an EC2 or STS client is told for one of ours."""
    code, message = _translate(error)
    if service != "ec2":
        code = STS_CODES.get(code, code)
    return AwsError(code, message)


def _translate(error: Error) -> tuple[str, str]:
    if error.kind is ErrorKind.INTERNAL:
        return CODES[error.kind], "An internal error has occurred"
    if error.kind is ErrorKind.NOT_FOUND and error.resource in NOUNS:
        return _not_found(error)
    if error.kind is ErrorKind.MALFORMED_ID:
        wrong = malformed_id(error.resource, error.resource_id)
        return wrong.code, wrong.message if error.resource_id else error.message
    return RESOURCE_CODES.get((error.kind, error.resource), CODES[error.kind]), error.message


def _not_found(error: Error) -> tuple[str, str]:
    noun = NOUNS[error.resource]
    code = noun.code + noun.missing
    if not error.resource_id:
        return code, error.message
    return code, missing_text(error.resource, [error.resource_id])


def missing_text(resource: str, names: list[str]) -> str:
    """AWS's sentence about one or more resources that do not exist."""
    noun = NOUNS[resource]
    quoted = ", ".join(names)
    if resource == "image":
        return f"The image id '[{quoted}]' does not exist"
    many = len(names) > 1 or ", " in quoted
    return f"The {noun.subject}{'s' if many else ''} '{quoted}' {'do' if many else 'does'} not exist"


def missing_ids(resource: str, names: list[str]) -> AwsError:
    """The error for well-formed ids of objects that do not exist."""
    noun = NOUNS[resource]
    return AwsError(noun.code + noun.missing, missing_text(resource, names))


def malformed_id(resource: str, text: str, prefix: str = "") -> AwsError:
    """The error for a text that can't be an id of that resource."""
    noun = NOUNS.get(resource)
    code = MALFORMED_CODES.get(resource) or (noun.code + noun.malformed if noun else "InvalidID")
    expected = f' (expecting "{prefix}-...")' if prefix else ""
    return AwsError(code, f'Invalid id: "{text[:100]}"{expected}')
