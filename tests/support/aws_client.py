"""A botocore client without HTTP: its serializer, signer and parser around an ASGI application."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any
from urllib.parse import urlencode

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from tests.support.asgi import Answer, ask

URL = "http://gateway.example:3001"


class AwsFault(Exception):
    """An error answer, parsed by botocore."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class AwsClient:
    """`await client.call("DescribeInstances", InstanceIds=[...])` gives what boto3 would return."""

    def __init__(self, app: Any, access_key: str, secret_key: str, region: str = "us-east-1", path: str = "/") -> None:
        self.app = app
        self.credentials = Credentials(access_key, secret_key)
        self.region = region
        self.path = path
        self.last: Answer | None = None

    async def call(self, action: str, service: str = "ec2", **parameters: Any) -> dict[str, Any]:
        """Serialize, sign, send and parse; AwsFault for an error answer."""
        api = model(service)
        operation = api.operation_model(action)
        serializer = create_serializer(api.metadata["protocol"], include_validation=False)
        body = urlencode(serializer.serialize_to_request(parameters, operation)["body"]).encode()
        request = AWSRequest("POST", URL + self.path, data=body)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        SigV4Auth(self.credentials, service, self.region).add_auth(request)
        answer = await ask(self.app, "POST", self.path, headers=dict(request.headers), body=body)
        self.last = answer
        parser = create_parser(api.metadata["protocol"])
        parsed: dict[str, Any] = parser.parse(
            {"status_code": answer.status, "headers": answer.headers, "body": answer.body}, operation.output_shape
        )
        if answer.status >= 300:
            raise AwsFault(answer.status, parsed["Error"]["Code"], parsed["Error"]["Message"])
        parsed.pop("ResponseMetadata")
        return parsed


def basic(user: str = "admin@internal", password: str = "deltaic") -> dict[str, str]:
    """The header of a Basic login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
