"""A project with servers, a gateway before it, and clients of both."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import SECONDS
from tests.openstack.support.tenant import Ec2Credentials, Tenant
from tests.support.processes import until

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.claims import credentials
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import Servers
from deltaic.drivers.openstack.wire_network import Ports
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret
from deltaic.model.signed_request import SignedRequest

VERSION = "2016-11-15"
#: Addresses of a network of their own: the project's own subnet has room for some 250.
CIDR = "10.32.0.0/20"
#: Hundreds of servers are removed one by one.
CLEAR_SECONDS = 1200.0
#: Servers that one request makes.
AT_ONCE = 20
#: How the log names a request that the gateway made.
REQUEST = '"event": "http"'
#: The reader of the log may lag behind the answer.
SETTLE_SECONDS = 0.5
FORM = "application/x-www-form-urlencoded"

Work = Callable[[], Awaitable[object]]


def grow(tenant: Tenant, network_id: str, count: int) -> None:
    """Make servers on a network until the project has so many, all running."""
    compute = tenant.cloud.compute
    wanted: dict[str, Any] = {"image_id": tenant.image_id, "flavor_id": tenant.flavors["m1.tiny"]}
    while missing := count - len(list(compute.servers())):
        number = min(AT_ONCE, missing)
        networks = [{"uuid": network_id}]
        compute.create_server(name="bench", networks=networks, min_count=number, max_count=number, **wanted)
        for server in list(compute.servers(details=True)):
            if server.status != "ACTIVE":
                compute.wait_for_server(server, interval=1, wait=4 * SECONDS)


@contextmanager
def room(tenant: Tenant, count: int) -> Iterator[str]:
    """A network for servers, of which the project may have so many inside the block, and none after it."""
    admin = tenant.plane.administrator()
    admin.set_compute_quotas(tenant.project_id, instances=count + 10, cores=count + 10, ram=(count + 10) * 64)
    admin.set_network_quotas(tenant.project_id, port=count + 50)
    networking = tenant.cloud.network
    network = networking.create_network(name="bench")
    networking.create_subnet(network_id=network.id, ip_version=4, cidr=CIDR, name="bench")
    try:
        yield str(network.id)
    finally:
        _clear(tenant.cloud.compute)
        networking.delete_network(network)


def _clear(compute: Any) -> None:
    for server in list(compute.servers()):
        compute.delete_server(server)
    until(lambda: not list(compute.servers()), CLEAR_SECONDS, 1)


class Cloud:
    """The control plane, asked by the driver's own client."""

    def __init__(self, tenant: Tenant) -> None:
        self._client = Client(DriverConfig(provider=tenant.provider))
        self._principal = Principal(id="bench", user=tenant.user, password=Secret(tenant.password))

    async def fetch(self) -> int:
        """What a list of machines shows, decoded: servers, and their ports. How many servers there are."""
        context = Context(principal=self._principal, scope=Scope(), request_id="bench")
        project = await self._client.project_id(context)
        servers, _ = await asyncio.gather(
            self._client.pages(context, "compute", "servers/detail", Servers, lambda page: page.servers),
            self._client.pages(
                context, "network", "ports", Ports, lambda page: page.ports, query={"project_id": project}
            ),
        )
        return len(servers)

    async def close(self) -> None:
        """Close the sessions."""
        await self._client.close()


class Asker:
    """The gateway, asked over HTTP; answers are read, not parsed."""

    def __init__(self, site: Site, session: aiohttp.ClientSession) -> None:
        self._site = site
        self._session = session
        self._root = f"http://{site.gateway.host}"

    async def get(self, path: str, accept: str) -> bytes:
        """GET with a login."""
        headers = {**self._site.gateway.basic, "Accept": accept, "Accept-Encoding": "identity"}
        async with self._session.get(self._root + path, headers=headers) as response:
            return await _body(response)

    async def ec2(self, action: str, key: Ec2Credentials) -> bytes:
        """A POST that a key signed (version 4)."""
        request = self.signed(action, key)
        headers = {**dict(request.headers.items()), "Accept-Encoding": "identity"}
        async with self._session.post(request.url, data=request.body, headers=headers) as response:
            return await _body(response)

    def signed(self, action: str, key: Ec2Credentials) -> Any:
        """A signed request, unlike every other: what was signed a moment ago is not checked again."""
        data = urlencode({"Action": action, "Version": VERSION})
        headers = {"Content-Type": FORM, "X-Nonce": uuid.uuid4().hex}
        request = AWSRequest("POST", f"{self._root}/ec2/", data=data, headers=headers)
        SigV4Auth(Credentials(key.access, key.secret), "ec2", "us-east-1").add_auth(request)
        return request.prepare()

    def calls(self) -> int:
        """How many requests the gateway sent so far."""
        return self._site.process.output.count(REQUEST)

    async def calls_of(self, work: Work) -> int:
        """How many requests the gateway sends for one piece of work."""
        before = self.calls()
        await work()
        await asyncio.sleep(SETTLE_SECONDS)
        return self.calls() - before


class Checker:
    """The check of a signature alone, as the driver asks for it."""

    def __init__(self, asker: Asker, tenant: Tenant, key: Ec2Credentials, session: aiohttp.ClientSession) -> None:
        self._asker, self._key, self._session = asker, key, session
        self._url = f"{tenant.plane.keystone}/ec2tokens"
        self._token = tenant.plane.administrator().session.get_token()

    async def check(self) -> bytes:
        """One request."""
        request = self._asker.signed("DescribeRegions", self._key)
        headers = {name.lower(): value for name, value in request.headers.items()}
        parts = urlsplit(request.url)
        headers.setdefault("host", parts.netloc)
        claim = SignedRequest(
            access_key=self._key.access,
            signature=headers["authorization"].rpartition("=")[2],
            version=4,
            method="POST",
            host=parts.netloc,
            path=parts.path,
            parameters={},
            headers=headers,
            body_hash=hashlib.sha256(request.body.encode()).hexdigest(),
        )
        body = {"credentials": credentials(claim)}
        async with self._session.post(self._url, json=body, headers={"X-Auth-Token": self._token}) as response:
            return await _body(response)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = await response.read()
    if response.status != 200:
        raise SystemExit(body.decode())
    return body
