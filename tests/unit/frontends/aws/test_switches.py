"""Ways of authentication that the operator switched off."""

from __future__ import annotations

from botocore.auth import SigV2Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deltaic.frontends.aws import AwsEndpoint, EndpointSettings
from deltaic.frontends.sts import StsFrontend
from tests.support.asgi import Answer, ask
from tests.support.aws_client import URL, AwsClient, basic
from tests.unit.frontends.conftest import ACCESS_KEY, SECRET_KEY, Gateway

QUERY = "Action=DescribeRegions&Version=2016-11-15"


def endpoint(gateway: Gateway, settings: EndpointSettings) -> AwsEndpoint:
    return AwsEndpoint(gateway.services, [gateway.ec2, StsFrontend()], settings)


async def signed_by_version_2(app: AwsEndpoint) -> Answer:
    data = {"Action": "DescribeRegions", "Version": "2016-11-15"}
    request = AWSRequest("POST", f"{URL}/", data=data)
    SigV2Auth(Credentials(ACCESS_KEY, SECRET_KEY)).add_auth(request)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = request.prepare().body
    return await ask(app, "POST", headers=headers, body=body.encode() if isinstance(body, str) else body)


async def test_basic_switched_off(gateway: Gateway) -> None:
    app = endpoint(gateway, EndpointSettings(basic=False))
    answer = await ask(app, query=QUERY, headers=basic())
    assert answer.status == 401
    assert "<Code>AuthFailure</Code><Message>Basic authentication is switched off here" in answer.text
    assert "Regions" in await AwsClient(app, ACCESS_KEY, SECRET_KEY).call("DescribeRegions")


async def test_version_2_switched_off(gateway: Gateway) -> None:
    app = endpoint(gateway, EndpointSettings(sigv2=False))
    answer = await signed_by_version_2(app)
    assert answer.status == 401
    assert "<Code>AuthFailure</Code><Message>Signature version 2 is switched off here" in answer.text
    assert (await ask(app, query=QUERY, headers=basic())).status == 200


async def test_both_are_on_unless_switched_off(gateway: Gateway) -> None:
    app = endpoint(gateway, EndpointSettings())
    assert (await signed_by_version_2(app)).status == 200
    assert (await ask(app, query=QUERY, headers=basic())).status == 200
