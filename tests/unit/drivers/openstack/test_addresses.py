"""Public addresses as a real network service answered them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.model.address import AddressChanges, AddressPool, AddressSpec
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks, recorded

BASE = "/network/v2.0"
ALL = f"{BASE}/floatingips"
FREE = "56bc32cb-118b-4379-86e8-9d3dfaba18f9"
LED = "cc4fe788-5104-4997-b7a4-9a49fe92de72"
PORT = "10cd3798-c701-42fd-af5b-59f25050161c"
HOST = "37890f4d-45e7-44fa-8dd7-70fde43e135a"
PUBLIC = "331ccb8a-a23f-4310-a568-22585fc0241a"
ONE = json.loads(recorded("floating_ip_free.json"))["floatingip"]
ROWS = json.loads(recorded("floating_ips.json"))["floatingips"]
FAULTS = json.loads(recorded("network_faults.json"))


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {ALL}": Answer(recorded("floating_ips.json")),
        f"GET {ALL}/{FREE}": Answer({"floatingip": ONE}),
        f"PUT {ALL}/{FREE}": Answer({"floatingip": ONE}),
        f"PUT {ALL}/{FREE}/tags": lambda asked: Answer(asked.body),
        f"GET {BASE}/networks": Answer(recorded("networks.json")),
        f"GET {BASE}/ports/{PORT}": Answer(recorded("port.json")),
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_what_is_listed(driver: Driver, cloud: Cloud) -> None:
    led, free = await driver.addresses.list(asks())
    assert (led.id, led.ip, led.nic_id, led.instance_id) == (LED, "198.51.100.70", PORT, HOST)
    assert (led.private_ip, led.pool_id, led.data_center_id) == ("10.20.0.208", PUBLIC, "RegionOne")
    assert (free.id, free.ip, free.nic_id, free.instance_id, free.private_ip) == (FREE, "198.51.100.130", "", "", "")
    assert (free.description, free.tags) == ("mail", {"a": "b"})
    assert [one.query for one in cloud.of("GET", BASE)] == [f"project_id={PROJECT}"]
    assert [one.id for one in await driver.addresses.list(asks(), ids=[FREE, "no/such id"])] == [FREE]


async def test_old_services_do_not_tell_whose_port_it_is(driver: Driver, cloud: Cloud) -> None:
    rows = [{name: value for name, value in one.items() if name != "port_details"} for one in ROWS]
    cloud.answers |= {
        f"GET {ALL}": Answer({"floatingips": rows}),
        f"GET {BASE}/ports": Answer({"ports": [json.loads(recorded("port.json"))["port"]]}),
    }
    led, free = await driver.addresses.list(asks())
    assert (led.instance_id, free.instance_id) == (HOST, "")
    assert [one.query for one in cloud.of("GET", f"{BASE}/ports")] == [f"id={PORT}"]


async def test_pools_are_external_networks(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/networks"] = Answer(
        {"networks": [{"id": PUBLIC, "name": "public", "router:external": True, "subnets": ["s"]}, {"id": "x"}]}
    )
    assert await driver.addresses.pools(asks()) == [AddressPool(PUBLIC, "public")]
    assert cloud.of("GET", BASE)[0].query == "router%3Aexternal=true"


async def test_an_address_is_allocated_and_found_again(driver: Driver, cloud: Cloud) -> None:
    bare = {**ONE, "tags": [], "description": "deltaic:launch=address:1"}
    begun = [False]

    def rows(asked: Asked) -> Answer:
        return Answer({"floatingips": [bare] if begun[0] and "description=" in asked.query else []})

    cloud.answers |= {f"GET {ALL}": rows, f"POST {ALL}": Answer({"floatingip": bare}, 201)}
    spec = AddressSpec(PUBLIC, description="mail", tags={"a": "b"}, marker="address:1")
    made = await driver.addresses.create(asks(), spec)
    assert (made.id, made.ip, made.description, made.tags) == (FREE, "198.51.100.130", "mail", {"a": "b"})
    assert [one.json for one in cloud.of("POST", ALL)] == [
        {"floatingip": {"floating_network_id": PUBLIC, "description": "deltaic:launch=address:1"}}
    ]
    assert [one.json for one in cloud.of("PUT")] == [
        {"tags": ["deltaic:launch=address:1", "a=b"]}, {"floatingip": {"description": "mail"}},
    ]  # fmt: skip
    begun[0] = True
    assert (await driver.addresses.create(asks(), spec)).id == FREE
    assert len(cloud.of("POST", ALL)) == 1


@pytest.mark.parametrize(
    ("status", "type_", "message", "kind", "resource"),
    [
        (404, "NetworkNotFound", "Network x could not be found.", ErrorKind.NOT_FOUND, "address_pool"),
        (400, "BadRequest", "Network x is not a valid external network", ErrorKind.NOT_FOUND, "address_pool"),
        (409, "OverQuota", "Quota exceeded for resources: ['floatingip'].", ErrorKind.QUOTA, "address_pool"),
        (409, "IpAddressGenerationFailure", "No more IP addresses available", ErrorKind.CAPACITY, "address_pool"),
    ],
)
async def test_refused_allocations(
    driver: Driver, cloud: Cloud, status: int, type_: str, message: str, kind: ErrorKind, resource: str
) -> None:
    cloud.answers[f"POST {ALL}"] = Answer({"NeutronError": {"type": type_, "message": message, "detail": ""}}, status)
    with pytest.raises(Error) as caught:
        await driver.addresses.create(asks(), AddressSpec("x"))
    assert (caught.value.kind, caught.value.resource) == (kind, resource)


async def test_a_cloud_without_external_networks(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/networks"] = Answer({"networks": []})
    with pytest.raises(Error) as caught:
        await driver.addresses.create(asks(), AddressSpec())
    assert caught.value.kind is ErrorKind.CAPACITY


async def test_changes(driver: Driver, cloud: Cloud) -> None:
    old = next(one for one in json.loads(recorded("floating_ip_free.json"))["floatingip"]["tags"] if one[:1] != "d")
    cloud.answers |= {
        f"PUT {ALL}/{FREE}/tags/c=d": Answer(),
        f"DELETE {ALL}/{FREE}/tags/{old}": Answer(status=404),
    }
    await driver.addresses.update(asks(), FREE, AddressChanges("web", {"c": "d"}))
    described, tagged = cloud.of("PUT")
    assert described.json == {"floatingip": {"description": "web"}}
    # Tags that somebody else writes in this very moment stay.
    assert (tagged.path, tagged.body) == (f"{ALL}/{FREE}/tags/c=d", b"")
    assert [one.path for one in cloud.of("DELETE")] == [f"{ALL}/{FREE}/tags/{old}"]


async def test_many_tags_are_changed_at_once(driver: Driver, cloud: Cloud) -> None:
    tags = {f"k{number}": "v" for number in range(5)}
    await driver.addresses.update(asks(), FREE, AddressChanges(tags=tags))
    texts = ["deltaic:launch=address:1", *(f"{key}=v" for key in tags)]
    assert [one.json for one in cloud.of("PUT")] == [{"tags": texts}]


async def test_a_tag_that_changes_in_case_alone_is_changed_with_all(driver: Driver, cloud: Cloud) -> None:
    old = next(one for one in json.loads(recorded("floating_ip_free.json"))["floatingip"]["tags"] if one[:1] != "d")
    key, _, value = old.partition("=")
    await driver.addresses.update(asks(), FREE, AddressChanges(tags={key: value.upper()}))
    assert [one.json for one in cloud.of("PUT")] == [{"tags": ["deltaic:launch=address:1", f"{key}={value.upper()}"]}]


async def test_a_tag_with_a_slash_is_no_part_of_an_address(driver: Driver, cloud: Cloud) -> None:
    await driver.addresses.update(asks(), FREE, AddressChanges(tags={"a/b": "c"}))
    assert [one.json for one in cloud.of("PUT")] == [{"tags": ["deltaic:launch=address:1", "a/b=c"]}]


async def test_an_address_is_led_somewhere_and_nowhere(driver: Driver, cloud: Cloud) -> None:
    await driver.addresses.associate(asks(), FREE, PORT)
    await driver.addresses.associate(asks(), FREE, PORT, private_ip="10.20.0.208")
    await driver.addresses.disassociate(asks(), FREE)
    there = {"floatingip": {"port_id": PORT, "fixed_ip_address": "10.20.0.208"}}
    assert [one.json for one in cloud.of("PUT")] == [there, there, {"floatingip": {"port_id": None}}]


async def test_where_no_address_can_lead(driver: Driver, cloud: Cloud) -> None:
    for nic_id, private_ip, kind, field in (
        (PORT, "10.9.9.9", ErrorKind.INVALID, "private_ip"),
        ("no/such id", "", ErrorKind.NOT_FOUND, ""),
    ):
        with pytest.raises(Error) as caught:
            await driver.addresses.associate(asks(), FREE, nic_id, private_ip=private_ip)
        assert (caught.value.kind, caught.value.field) == (kind, field)
    assert cloud.of("PUT") == []
    taken = {"NeutronError": {"type": "FloatingIPPortAlreadyAssociated", "message": "It has one", "detail": ""}}
    for status, fault, kind in (
        (404, FAULTS["unreachable"], ErrorKind.CONFLICT),
        (409, taken, ErrorKind.IN_USE),
    ):
        cloud.answers[f"PUT {ALL}/{FREE}"] = Answer(fault, status)
        with pytest.raises(Error) as caught:
            await driver.addresses.associate(asks(), FREE, PORT)
        assert caught.value.kind is kind
