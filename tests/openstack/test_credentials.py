"""Access keys that Keystone issued: the gateway's store does not know them, Keystone checks each signature."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.openstack.lab.settings import REGION
from tests.openstack.support.gateway import Site
from tests.openstack.support.tenant import Ec2Credentials


def refusal(call: Any, **parameters: Any) -> tuple[int, str]:
    """Status and code of the error that a call must end in."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_boto3_sees_the_region(keystone_ec2: Any) -> None:
    regions = keystone_ec2.describe_regions()["Regions"]
    assert [region["RegionName"] for region in regions] == [REGION]


def test_a_wrong_secret_is_refused(gateway: Site, issued: Ec2Credentials) -> None:
    wrong = gateway.with_credentials(Ec2Credentials(issued.access, "0" * 32))
    assert refusal(wrong.client().describe_regions) == (401, "AuthFailure")
    assert refusal(wrong.client("sts").get_caller_identity) == (403, "InvalidClientTokenId")
