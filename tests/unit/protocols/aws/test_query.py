"""How clients bend the request protocol, and what must be refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.query import AwsRequest, decode_pairs, parse_request


def parse(query: str, body: str = "") -> AwsRequest:
    return parse_request(decode_pairs(query, body.encode()))


def refused(query: str) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        parse(query)
    assert caught.value.status == 400
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        # libcloud counts from 0
        ("CreateTags&ResourceId.0=i-1&Tag.0.Key=k&Tag.0.Value=v",
         {"Resources": ["i-1"], "Tags": [{"Key": "k", "Value": "v"}]}),
        # Net::Amazon::EC2 sends one bare value
        ("DescribeInstances&InstanceId=i-1", {"InstanceIds": ["i-1"]}),
        # gaps and any order
        ("DescribeInstances&InstanceId.90=c&InstanceId.2=a&InstanceId.11=b", {"InstanceIds": ["a", "b", "c"]}),
        ("CreateTags&ResourceId=i-1&Tag.Key=k&Tag.Value=v",
         {"Resources": ["i-1"], "Tags": [{"Key": "k", "Value": "v"}]}),
        # Packer sends empty texts for what it does not set
        ("RunInstances&ImageId=ami-1&SubnetId=&IamInstanceProfile.Name=&Placement.AvailabilityZone=&InstanceId=",
         None),
        ("RunInstances&ImageId=ami-1&SubnetId=&IamInstanceProfile.Name=&Placement.AvailabilityZone=",
         {"ImageId": "ami-1"}),
        # an empty tag value is a value; so is an empty filter value, which must not widen the selection
        ("CreateTags&ResourceId.1=i-1&Tag.1.Key=k&Tag.1.Value=",
         {"Resources": ["i-1"], "Tags": [{"Key": "k", "Value": ""}]}),
        ("DescribeInstances&Filter.1.Name=tag:x&Filter.1.Value.1=",
         {"Filters": [{"Name": "tag:x", "Values": [""]}]}),
        ("DescribeInstances&Filter.1.Name=", {"Filters": [{}]}),
        ("DescribeInstances&InstanceId.1=", {"InstanceIds": [""]}),
        ("RunInstances&BlockDeviceMapping.1.DeviceName=/dev/sdb&BlockDeviceMapping.1.NoDevice=",
         {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "NoDevice": ""}]}),
        # libcloud writes True
        ("StopInstances&InstanceId.1=i-1&Force=True&DryRun=0",
         {"InstanceIds": ["i-1"], "Force": True, "DryRun": False}),
        # fog wraps base64
        ("ImportKeyPair&KeyName=k&PublicKeyMaterial=c3No%0ALXJz%0D%0A+YQ",
         {"KeyName": "k", "PublicKeyMaterial": b"ssh-rsa"}),
        ("ModifyInstanceAttribute&InstanceId=i-1&UserData.Value=", {"InstanceId": "i-1", "UserData": {"Value": b""}}),
        # envelope and signature are no parameters of the action
        ("DescribeInstances&AWSAccessKeyId=A&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=s"
         "&Timestamp=2024-01-01T00:00:00Z&X-Amz-Credential=c", {}),
        ("DescribeInstances&MaxResults=%2B5", {"MaxResults": 5}),
        # counts have the default 1 of the one-line requests that people type
        ("RunInstances&ImageId=ami-1", {"ImageId": "ami-1"}),
    ],
)  # fmt: skip
def test_bent_requests(query: str, parameters: dict[str, Any] | None) -> None:
    if parameters is None:
        assert refused(f"Action={query}") == ("UnknownParameter", "The parameter InstanceId is not recognized")
    else:
        assert parse(f"Action={query}").parameters == parameters


def test_query_and_body_are_one_request() -> None:
    request = parse("Action=DescribeInstances&Version=2012-04-01", "InstanceId.1=i-1&InstanceId.2=i-2")
    assert request.parameters == {"InstanceIds": ["i-1", "i-2"]}
    assert request.version == "2012-04-01"
    assert request.names == ("InstanceId.1", "InstanceId.2")


def test_version_is_kept_as_sent_and_may_be_absent() -> None:
    assert parse("Action=DescribeRegions").version is None
    assert parse("Action=DescribeRegions&Version=2010-08-31").version == "2010-08-31"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-03T04:05:06Z", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2024-02-03T04:05:06.789Z", datetime(2024, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)),
        ("2024-02-03T05:05:06%2B01:00", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2024-02-03T04:05:06", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2024-02-03", datetime(2024, 2, 3, tzinfo=UTC)),
        ("1706933106", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    key = "InstanceMarketOptions.SpotOptions.ValidUntil"
    parameters = parse(f"Action=RunInstances&{key}={text}").parameters
    assert parameters == {"InstanceMarketOptions": {"SpotOptions": {"ValidUntil": moment}}}


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("", "MissingAction", "The request must contain the parameter Action"),
        ("Version=2016-11-15", "MissingAction", "The request must contain the parameter Action"),
        ("Action=DescribeAddressesAttribute", "InvalidAction",
         "The action DescribeAddressesAttribute is not valid for this web service."),
        ("Action=describeinstances", "InvalidAction",
         "The action describeinstances is not valid for this web service."),
        ("Action=GetSessionToken&Version=2011-06-15", "InvalidAction",
         "Could not find operation GetSessionToken for version 2011-06-15"),
        ("Action=StartInstances", "MissingParameter", "The request must contain the parameter InstanceId"),
        ("Action=StartInstances&InstanceId=", "MissingParameter", "The request must contain the parameter InstanceId"),
        ("Action=CreateTags&ResourceId.1=x&Tag.1.Key=", "MissingParameter",
         "The request must contain the parameter Tag"),
        ("Action=RunInstances&CreditSpecification.CpuCredits=&Monitoring.Enabled=", None, None),
        ("Action=RunInstances&NetworkInterface.1.PrivateIpAddresses.1.Primary=true&ElasticInferenceAccelerator.1.Count=1",
         "MissingParameter", "The request must contain the parameter ElasticInferenceAccelerator.1.Type"),
        ("Action=DescribeInstances&Nope=1", "UnknownParameter", "The parameter Nope is not recognized"),
        ("Action=DescribeInstances&Filter.1.Nope.2=1", "UnknownParameter",
         "The parameter Filter.1.Nope.2 is not recognized"),
        ("Action=DescribeInstances&InstanceId.x=1", "UnknownParameter", "The parameter InstanceId.x is not recognized"),
        ("Action=DescribeInstances&InstanceId.1.2=1", "UnknownParameter",
         "The parameter InstanceId.1.2 is not recognized"),
        ("Action=DescribeInstances&InstanceId.-1=1", "UnknownParameter",
         "The parameter InstanceId.-1 is not recognized"),
        ("Action=DescribeInstances&InstanceId.1000001=1", "UnknownParameter",
         "The parameter InstanceId.1000001 is not recognized"),
        ("Action=DescribeInstances&Filter=x", "UnknownParameter", "The parameter Filter is not recognized"),
        ("Action=DescribeInstances&instanceId.1=i-1", "UnknownParameter",
         "The parameter instanceId.1 is not recognized"),
        ("Action=DescribeInstances&InstanceId.1=a&InstanceId.1=b", "MalformedQueryString",
         "The parameter InstanceId.1 was sent more than once."),
        ("Action=DescribeInstances&InstanceId.1=a&InstanceId.01=b", "MalformedQueryString",
         "The parameter InstanceId.01 was sent more than once."),
        ("Action=DescribeInstances&InstanceId=a&InstanceId.1=b", "MalformedQueryString",
         "The parameter InstanceId.1 was sent more than once."),
        ("Action=DescribeInstances&Action=RunInstances", "MalformedQueryString",
         "The parameter Action was sent more than once."),
        ("Action=DescribeInstances&=1", "MalformedQueryString", "A parameter without a name was sent."),
        ("Action=DescribeInstances&MaxResults=many", "InvalidParameterValue",
         "The value 'many' of the parameter MaxResults is not a valid integer."),
        ("Action=DescribeInstances&MaxResults=1_0", "InvalidParameterValue",
         "The value '1_0' of the parameter MaxResults is not a valid integer."),
        ("Action=DescribeInstances&MaxResults=4294967296", "InvalidParameterValue",
         "The value '4294967296' of the parameter MaxResults is not a valid integer."),
        ("Action=DescribeVpcs&MaxResults=1001", "InvalidParameterValue",
         "Value ( 1001 ) for parameter MaxResults is invalid. Expecting a value less than or equal to 1000."),
        ("Action=DescribeInstances&DryRun=maybe", "InvalidParameterValue",
         "The value 'maybe' of the parameter DryRun is not a valid boolean."),
        ("Action=RunInstances&InstanceMarketOptions.SpotOptions.ValidUntil=99999-01-01", "InvalidParameterValue",
         "The value '99999-01-01' of the parameter InstanceMarketOptions.SpotOptions.ValidUntil"
         " is not a valid time."),
        ("Action=ImportKeyPair&KeyName=k&PublicKeyMaterial=a*b", "InvalidKey.Format",
         "The value of the parameter PublicKeyMaterial is not valid base64."),
        ("Action=ModifyInstanceAttribute&InstanceId=i&UserData.Value=%25", "InvalidUserData.Malformed",
         "The value of the parameter UserData.Value is not valid base64."),
        ("Action=DescribeInstances&Version=2016-11-15%22%3E%3Cx", "NoSuchVersion",
         'The requested version (2016-11-15"><x) of the service does not exist.'),
        ("Action=DescribeInstances&Version=1999-01-01", "NoSuchVersion",
         "The requested version (1999-01-01) of the service does not exist."),
    ],
)  # fmt: skip
def test_refused(query: str, code: str | None, message: str | None) -> None:
    if code is None:
        assert parse(query).parameters == {}
    else:
        assert refused(query) == (code, message)


def test_secrets_stay_out_of_the_repr() -> None:
    request = parse("Action=RunInstances&UserData=c2VjcmV0")
    assert request.parameters == {"UserData": "c2VjcmV0"}
    assert repr(request) == "AwsRequest(ec2, RunInstances, version=None, names=('UserData',))"
