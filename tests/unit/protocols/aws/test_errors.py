"""Error codes, statuses and documents, judged by botocore's parser."""

from __future__ import annotations

import pytest
from botocore.parsers import create_parser

from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.protocols.aws.errors import AwsError, dry_run, error_document, invalid_action
from deltaic.protocols.aws.ids import PREFIXES
from deltaic.protocols.aws.kinds import CODES, NOUNS, from_error, malformed_id, missing_ids

from .conftest import judge_operation


@pytest.mark.parametrize(("service", "protocol"), [("ec2", "ec2"), ("sts", "query")])
def test_documents_are_read_by_botocore(service: str, protocol: str) -> None:
    error = AwsError("InvalidInstanceID.NotFound", "The instance ID '<i>&' does not exist")
    body = error_document(error, "req-1", service)
    shape = judge_operation(service, "DescribeInstances" if service == "ec2" else "GetCallerIdentity").output_shape
    parsed = create_parser(protocol).parse({"status_code": 400, "headers": {}, "body": body}, shape)
    assert parsed["Error"]["Code"] == "InvalidInstanceID.NotFound"
    assert parsed["Error"]["Message"] == "The instance ID '<i>&' does not exist"
    assert parsed["ResponseMetadata"]["RequestId"] == "req-1"


def test_ec2_document() -> None:
    assert error_document(AwsError("InvalidAction", "No."), "r").decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Response><Errors><Error><Code>InvalidAction</Code><Message>No.</Message></Error></Errors>"
        "<RequestID>r</RequestID></Response>"
    )


def test_iam_is_refused_in_its_own_form() -> None:
    body = error_document(invalid_action("GetUser", "2010-05-08", "iam"), "r", "iam").decode()
    assert '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' in body
    assert "<Code>InvalidAction</Code><Message>Could not find operation GetUser for version 2010-05-08" in body


@pytest.mark.parametrize(("code", "fault"), [("InvalidAction", "Sender"), ("InternalFailure", "Receiver")])
def test_sts_document_says_whose_fault_it_is(code: str, fault: str) -> None:
    assert f"<Type>{fault}</Type>".encode() in error_document(AwsError(code, "x"), "r", "sts")


def test_dry_run() -> None:
    error = dry_run()
    assert (error.code, error.status) == ("DryRunOperation", 412)
    assert error.message == "Request would have succeeded, but DryRun flag is set."


def test_every_kind_has_a_code() -> None:
    assert set(CODES) == set(ErrorKind)


@pytest.mark.parametrize(
    ("kind", "resource", "code", "status"),
    [
        (ErrorKind.INVALID, "", "InvalidParameterValue", 400),
        (ErrorKind.INVALID, "instance_type", "InvalidInstanceType", 400),
        (ErrorKind.MISSING, "", "MissingParameter", 400),
        (ErrorKind.MALFORMED_ID, "instance", "InvalidInstanceID.Malformed", 400),
        (ErrorKind.NOT_FOUND, "instance", "InvalidInstanceID.NotFound", 400),
        (ErrorKind.NOT_FOUND, "image", "InvalidAMIID.NotFound", 400),
        (ErrorKind.NOT_FOUND, "instance_type", "InvalidInstanceType", 400),
        (ErrorKind.NOT_FOUND, "zone", "InvalidZone.NotFound", 400),
        (ErrorKind.NOT_FOUND, "key_pair", "InvalidKeyPair.NotFound", 400),
        (ErrorKind.NOT_FOUND, "something_new", "InvalidParameterValue", 400),
        (ErrorKind.ALREADY_EXISTS, "key_pair", "InvalidKeyPair.Duplicate", 400),
        (ErrorKind.CONFLICT, "instance", "IncorrectInstanceState", 400),
        (ErrorKind.CONFLICT, "volume", "IncorrectState", 400),
        (ErrorKind.BUSY, "instance", "IncorrectInstanceState", 400),
        (ErrorKind.IN_USE, "volume", "VolumeInUse", 400),
        (ErrorKind.UNAUTHENTICATED, "", "AuthFailure", 401),
        (ErrorKind.FORBIDDEN, "", "UnauthorizedOperation", 403),
        (ErrorKind.PROTECTED, "instance", "OperationNotPermitted", 400),
        (ErrorKind.UNSUPPORTED, "", "UnsupportedOperation", 400),
        (ErrorKind.QUOTA, "instance", "InstanceLimitExceeded", 400),
        (ErrorKind.CAPACITY, "", "InsufficientInstanceCapacity", 500),
        (ErrorKind.IDEMPOTENCY_MISMATCH, "", "IdempotentParameterMismatch", 400),
        (ErrorKind.RATE_LIMITED, "", "RequestLimitExceeded", 503),
        (ErrorKind.UNAVAILABLE, "", "Unavailable", 503),
        (ErrorKind.TIMEOUT, "", "Unavailable", 503),
        (ErrorKind.INTERNAL, "", "InternalError", 500),
    ],
)
def test_kinds(kind: ErrorKind, resource: str, code: str, status: int) -> None:
    error = from_error(Error(kind, "Because.", resource=resource))
    assert (error.code, error.status) == (code, status)


def test_messages() -> None:
    assert from_error(not_found("instance", "i-1")).message == "The instance ID 'i-1' does not exist"
    assert from_error(not_found("instance", "i-1, i-2")).message == "The instance IDs 'i-1, i-2' do not exist"
    assert from_error(not_found("image", "ami-1")).message == "The image id '[ami-1]' does not exist"
    assert from_error(Error(ErrorKind.INVALID, "Because.")).message == "Because."
    assert from_error(Error(ErrorKind.INTERNAL, "secret detail")).message == "An internal error has occurred"
    assert missing_ids("vpc", ["a", "b"]).message == "The vpc IDs 'a, b' do not exist"
    malformed = from_error(Error(ErrorKind.MALFORMED_ID, "x", resource="volume", resource_id="v"))
    assert (malformed.code, malformed.message) == ("InvalidVolumeID.Malformed", 'Invalid id: "v"')


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (ErrorKind.FORBIDDEN, "AccessDenied", 403),
        (ErrorKind.UNAUTHENTICATED, "InvalidClientTokenId", 403),
        (ErrorKind.INTERNAL, "InternalFailure", 500),
        (ErrorKind.UNAVAILABLE, "ServiceUnavailable", 503),
    ],
)
def test_kinds_in_the_words_of_sts(kind: ErrorKind, code: str, status: int) -> None:
    error = from_error(Error(kind, "x"), "sts")
    assert (error.code, error.status) == (code, status)


def test_every_id_prefix_has_codes() -> None:
    nouns = {noun for noun, _ in PREFIXES.values()} - {"reservation"}
    assert nouns <= set(NOUNS)
    assert malformed_id("reservation", "r-x").code == "InvalidID"
