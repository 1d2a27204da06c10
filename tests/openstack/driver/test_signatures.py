"""Requests that botocore signed with keys of Keystone's, checked by Keystone."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import SigV2Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec import structs

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.driver import OpenstackDriver
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.model.signed_request import SignedRequest
from tests.openstack.support.common import service_login
from tests.openstack.support.gateway import options
from tests.openstack.support.tenant import Ec2Credentials, Tenant

URL = "http://gateway.example:5000/ec2/"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
QUERY = "Action=RunInstances&UserData=a%2Bb%3D%20%2F~.x&Empty=&Version=2016-11-15"


def in_header(keys: Ec2Credentials, method: str, url: str, body: bytes = b"") -> SignedRequest:
    request = AWSRequest(method=method, url=url, data=body, headers=FORM if body else {})
    SigV4Auth(Credentials(keys.access, keys.secret), "ec2", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return claim(keys, 4, method, url, body, headers, headers["authorization"].rpartition("Signature=")[2])


def presigned(keys: Ec2Credentials, url: str) -> SignedRequest:
    request = AWSRequest(method="GET", url=url)
    SigV4QueryAuth(Credentials(keys.access, keys.secret), "ec2", "us-east-1", expires=300).add_auth(request)
    made = claim(keys, 4, "GET", request.url, b"", {}, "")
    parameters = dict(made.parameters)
    return structs.replace(made, signature=parameters.pop("X-Amz-Signature"), parameters=parameters)


def version_2(keys: Ec2Credentials, method: str) -> SignedRequest:
    parameters = dict(parse_qsl(QUERY, keep_blank_values=True))
    where = {"params": parameters} if method == "GET" else {"data": parameters}
    request = AWSRequest(method=method, url=URL, **where)
    SigV2Auth(Credentials(keys.access, keys.secret)).add_auth(request)
    signature = parameters.pop("Signature")
    return structs.replace(claim(keys, 2, method, URL, b"", {}, signature), parameters=parameters)


def claim(
    keys: Ec2Credentials, version: int, method: str, url: str, body: bytes, headers: dict[str, str], signature: str
) -> SignedRequest:
    parts = urlsplit(url)
    return SignedRequest(
        access_key=keys.access,
        signature=signature,
        version=version,
        method=method,
        host=parts.netloc,
        path=parts.path,
        parameters=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={"host": parts.netloc, **headers},
        body_hash=hashlib.sha256(body).hexdigest(),
    )


def asks(user: str = "", password: str = "", view: str = "") -> Context:
    principal = Principal(id="1", user=user, password=Secret(password), token=bool(user))
    return Context(principal, Scope("lab", view=view), str(uuid.uuid4()), time.monotonic() + 60)


@pytest.fixture
async def driver(project: Tenant) -> AsyncIterator[OpenstackDriver]:
    service = options(service_login(project.plane.administrator()))
    made = OpenstackDriver(DriverConfig(provider=project.provider, options=service))
    yield made
    await made.close()


@pytest.fixture
def keys(project: Tenant) -> Any:
    made = project.ec2_credentials()
    yield made
    project.cloud.session.delete(
        f"{project.plane.keystone}/users/{project.user_id}/credentials/OS-EC2/{made.access}", raise_exc=False
    )


SIGNED = {
    "version 4, POST": lambda keys: in_header(keys, "POST", URL, QUERY.encode()),
    "version 4, GET": lambda keys: in_header(keys, "GET", f"{URL}?{QUERY}"),
    "version 4, presigned": lambda keys: presigned(keys, f"{URL}?{QUERY}"),
    "version 2, GET": lambda keys: version_2(keys, "GET"),
    "version 2, POST": lambda keys: version_2(keys, "POST"),
}


@pytest.mark.parametrize("form", SIGNED)
async def test_a_good_signature_and_its_token(
    driver: OpenstackDriver, project: Tenant, keys: Ec2Credentials, form: str
) -> None:
    grant = await driver.verify(asks(), SIGNED[form](keys))
    assert (grant.user, grant.view) == (f"{project.user}@Default", project.name)
    mine = asks(grant.user, grant.token.reveal(), grant.view)
    assert await driver.login(mine) == project.user_id
    assert project.plane.region in {zone.data_center_id for zone in await driver.zones.list(mine)}


@pytest.mark.parametrize("form", SIGNED)
async def test_another_action_is_refused(driver: OpenstackDriver, keys: Ec2Credentials, form: str) -> None:
    signed: SignedRequest = SIGNED[form](keys)
    if form == "version 4, POST":
        other = structs.replace(signed, body_hash=hashlib.sha256(b"Action=TerminateInstances").hexdigest())
    else:
        other = structs.replace(signed, parameters={**signed.parameters, "Action": "TerminateInstances"})
    assert await reason(driver, other) == "bad_signature"


async def reason(driver: OpenstackDriver, signed: SignedRequest) -> str:
    with pytest.raises(Error) as caught:
        await driver.verify(asks(), signed)
    assert caught.value.kind is ErrorKind.UNAUTHENTICATED
    return caught.value.context["reason"]


async def test_other_secrets_and_other_keys(driver: OpenstackDriver, keys: Ec2Credentials) -> None:
    other = Ec2Credentials(keys.access, "f" * 32)
    assert await reason(driver, in_header(other, "GET", URL)) == "bad_signature"
    other = Ec2Credentials("f" * 32, keys.secret)
    assert await reason(driver, in_header(other, "GET", URL)) == "unknown_key"


async def test_a_key_that_was_taken_back(driver: OpenstackDriver, project: Tenant, keys: Ec2Credentials) -> None:
    signed = in_header(keys, "GET", URL)
    assert (await driver.verify(asks(), signed)).user == f"{project.user}@Default"
    project.revoke(keys)
    assert await reason(driver, signed) == "unknown_key"


async def test_a_token_that_another_gateway_got_is_examined(
    driver: OpenstackDriver, project: Tenant, keys: Ec2Credentials
) -> None:
    grant = await driver.verify(asks(), in_header(keys, "GET", URL))
    service = options(service_login(project.plane.administrator()))
    other = OpenstackDriver(DriverConfig(provider=project.provider, options=service))
    assert await other.login(asks(grant.user, grant.token.reveal(), grant.view)) == project.user_id
    with pytest.raises(Error) as caught:
        await other.login(asks(grant.user, grant.token.reveal(), "admin"))
    assert caught.value.kind is ErrorKind.FORBIDDEN
    await other.close()


async def test_a_login_that_may_not_ask(project: Tenant, keys: Ec2Credentials) -> None:
    service = {
        "service_user": project.user, "service_password": project.password, "service_project": project.name,
    }  # fmt: skip
    driver = OpenstackDriver(DriverConfig(provider=project.provider, options=service))
    with pytest.raises(Error) as caught:
        await driver.verify(asks(), in_header(keys, "GET", URL))
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
    assert project.password not in str(caught.value)
    await driver.close()
