"""Network services that lack what most have: features that are not there, filters that are overlooked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.interfaces import InterfaceReader, remove_made_ports
from deltaic.model.address import AddressSpec
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.network import NetworkSpec, SubnetSpec
from deltaic.model.security_group import SecurityGroupSpec
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Cloud, asks, recorded

BASE = "/network/v2.0"
NET = "acf9d52d-50e5-4019-9e06-5c9fb08c8d62"
ONE: dict[str, Any] = {**json.loads(recorded("network.json"))["network"], "tags": [], "description": ""}
MISSING = Answer(
    {"NeutronError": {"type": "HTTPNotFound", "message": "The resource could not be found.", "detail": ""}}, 404
)
ROUTER = {"id": "router-of-somebody", "name": "r", "description": "by hand", "tenant_id": PROJECT}


def has(*aliases: str) -> Answer:
    return Answer({"extensions": [{"alias": alias, "name": alias} for alias in aliases]})


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_a_filter_that_is_overlooked_removes_nothing_of_others(driver: Driver, cloud: Cloud) -> None:
    cloud.answers |= {
        f"GET {BASE}/networks/{NET}": Answer({"network": ONE}),
        f"GET {BASE}/ports": Answer({"ports": []}),
        f"GET {BASE}/routers": Answer({"routers": [ROUTER]}),
        f"DELETE {BASE}/networks/{NET}": Answer(b"", 204),
    }
    await driver.networks.delete(asks(), NET)
    assert [asked.path for asked in cloud.of("DELETE")] == [f"{BASE}/networks/{NET}"]
    assert cloud.of("PUT") == []


async def test_ports_that_were_not_made_for_a_server_stay(cloud: Cloud, client: Client) -> None:
    ports = [{"id": "mine", "description": "deltaic:instance=1"}, {"id": "foreign", "description": ""}]
    cloud.answers |= {
        f"GET {BASE}/ports": Answer({"ports": ports}),
        f"DELETE {BASE}/ports/mine": Answer(b"", 204),
        f"DELETE {BASE}/ports/foreign": Answer(b"", 204),
    }
    await remove_made_ports(client, asks(), "1")
    assert [asked.path for asked in cloud.of("DELETE")] == [f"{BASE}/ports/mine"]


async def test_a_network_of_somebody_else_is_never_taken_for_a_new_one(driver: Driver, cloud: Cloud) -> None:
    """A service without tags and descriptions answers all networks to a question for one of them."""
    other = {**ONE, "id": "other", "name": "by hand"}
    new = {**ONE, "id": "new", "name": "n", "description": "deltaic:launch=m"}
    cloud.answers |= {
        f"GET {BASE}/extensions": has("router"),
        f"GET {BASE}/networks": lambda asked: Answer(
            {"networks": [other, new] if cloud.of("POST", f"{BASE}/networks") else [other]}
        ),
        f"GET {BASE}/subnets": Answer({"subnets": []}),
        f"POST {BASE}/networks": Answer({"network": new}, 201),
        f"PUT {BASE}/networks/new/tags": MISSING,
    }
    spec = NetworkSpec("n", "RegionOne", annotation=Annotation(launch="m"))
    made = await driver.networks.create(asks(), spec)
    assert (made.id, made.description) == ("new", "")
    assert (await driver.networks.create(asks(), spec)).id == "new"
    assert len(cloud.of("POST", f"{BASE}/networks")) == 1


async def test_a_subnet_of_somebody_else_is_never_taken_for_a_new_one(driver: Driver, cloud: Cloud) -> None:
    old = {"id": "old", "network_id": NET, "cidr": "10.0.0.0/24", "description": "by hand"}
    cloud.answers |= {
        f"GET {BASE}/networks/{NET}": Answer({"network": ONE}),
        f"GET {BASE}/networks": Answer({"networks": []}),
        f"GET {BASE}/subnets": Answer({"subnets": [old]}),
        f"POST {BASE}/subnets": Answer({"subnet": {**old, "id": "new"}}, 201),
    }
    made = await driver.networks.create_subnet(asks(), NET, SubnetSpec("10.0.1.0/24", marker="m"))
    assert made.id == "new"


async def test_tags_where_there_are_none(driver: Driver, cloud: Cloud) -> None:
    cloud.answers |= {f"GET {BASE}/extensions": has("router", "security-group")}
    given = {"a": "b"}
    attempts = (
        lambda: driver.networks.create(asks(), NetworkSpec("n", "RegionOne", annotation=Annotation(tags=given))),
        lambda: driver.security_groups.create(asks(), SecurityGroupSpec("g", tags=given)),
        lambda: driver.addresses.create(asks(), AddressSpec(tags=given)),
    )
    for attempt in attempts:
        with pytest.raises(Error) as caught:
            await attempt()
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "tags")
    # Nothing was made first.
    assert cloud.of("POST", BASE) == []


async def test_what_a_cloud_does_not_have_is_none_of_and_not_made(driver: Driver, cloud: Cloud) -> None:
    public = {**ONE, "id": "out", "router:external": True, "subnets": ["s"]}
    cloud.answers |= {
        f"GET {BASE}/extensions": has("standard-attr-tag"),
        f"GET {BASE}/networks": Answer({"networks": [public]}),
        **{f"{verb} {BASE}/{path}": MISSING for verb in ("GET", "POST") for path in ("security-groups", "floatingips")},
    }
    assert await driver.security_groups.list(asks()) == []
    assert await driver.addresses.list(asks()) == []
    for attempt in (
        driver.security_groups.create(asks(), SecurityGroupSpec("g")),
        driver.addresses.create(asks(), AddressSpec()),
    ):
        with pytest.raises(Error) as caught:
            await attempt
        assert caught.value.kind is ErrorKind.UNSUPPORTED
    assert len(cloud.of("GET", f"{BASE}/extensions")) == 1


async def test_machines_of_a_cloud_without_public_addresses(cloud: Cloud, client: Client) -> None:
    port = {
        "id": "p",
        "device_id": "1",
        "network_id": NET,
        "fixed_ips": [{"subnet_id": "s", "ip_address": "2001:db8::7"}],
    }
    cloud.answers |= {
        f"GET {BASE}/extensions": has("security-group"),
        f"GET {BASE}/floatingips": MISSING,
        f"GET {BASE}/ports": Answer({"ports": [port]}),
    }
    (nic,) = (await InterfaceReader(client).of_instances(asks(), {"1": ()}))["1"]
    assert (nic.ipv4, nic.ipv6, nic.public_ipv4, nic.security_group_ids) == ((), ("2001:db8::7",), (), ())


@pytest.mark.parametrize("extensions", [Answer(b"", 404), Answer(b"", 503), has("security-group")])
async def test_a_page_that_is_missing_without_reason_is_an_error(
    driver: Driver, cloud: Cloud, extensions: Answer
) -> None:
    cloud.answers |= {f"GET {BASE}/security-groups": MISSING, f"GET {BASE}/extensions": extensions}
    with pytest.raises(Error):
        await driver.security_groups.list(asks())


async def test_networks_are_no_pools_where_nothing_is_external(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/networks"] = Answer({"networks": [{**ONE, "subnets": ["s"]}]})
    assert await driver.addresses.pools(asks()) == []


async def test_rules_that_do_not_name_a_group_keep_nothing(driver: Driver, cloud: Cloud) -> None:
    rules = [{"id": "r", "security_group_id": "other", "remote_group_id": None}]
    cloud.answers |= {
        f"GET {BASE}/security-group-rules": Answer({"security_group_rules": rules}),
        f"DELETE {BASE}/security-groups/g": Answer(b"", 204),
    }
    await driver.security_groups.delete(asks(), "g")
    assert len(cloud.of("DELETE")) == 1
