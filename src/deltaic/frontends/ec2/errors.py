"""Errors of the services in EC2's words: parameters and ids as the client wrote them."""

from __future__ import annotations

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import as_client_wrote
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.kinds import from_error

#: Neutral names of arguments, as EC2 calls the parameters.
PARAMETERS = {
    "image_id": "ImageId",
    "min_count": "MinCount",
    "max_count": "MaxCount",
    "zone": "Placement.AvailabilityZone",
    "zone_id": "Placement.AvailabilityZone",
    "instance_type": "InstanceType",
    "instance_type_id": "InstanceType",
    "user_data": "UserData",
    "key_name": "KeyName",
    "client_token": "ClientToken",
    "network_ids": "SubnetId",
    "name": "Name",
    "key_type": "KeyType",
    "public_key": "PublicKeyMaterial",
    "tag_key": "Tag.Key",
    "tag_value": "Tag.Value",
    "tags": "Tag",
    "description": "Description",
}

#: Kinds whose text names the offending parameter.
_NAMING = frozenset({ErrorKind.INVALID, ErrorKind.UNSUPPORTED, ErrorKind.QUOTA, ErrorKind.IDEMPOTENCY_MISMATCH})


def translated(request: Ec2Request, error: Error) -> AwsError:
    """The AWS error for one of ours, naming the parameter and the ids in the client's words."""
    parameter = PARAMETERS.get(error.field, error.field)
    if error.kind is ErrorKind.MISSING and parameter:
        return missing_parameter(parameter)
    # Only the key itself has a format of its own; its name and type are ordinary parameters.
    plain = error.kind is ErrorKind.INVALID and error.resource == "key_pair" and error.field != "public_key"
    resource_id = as_client_wrote(request, error.resource_id, error.resource)
    message = as_client_wrote(request, error.message, error.resource)
    shown = Error(
        error.kind,
        message,
        resource="" if plain else error.resource,
        resource_id=resource_id,
        field=error.field,
        operation=error.operation,
    )
    answer = from_error(shown)
    if parameter and error.kind in _NAMING and parameter not in answer.message:
        return AwsError(answer.code, f"{answer.message} (parameter {parameter})", answer.status)
    return answer
