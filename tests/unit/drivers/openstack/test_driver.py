"""The driver as a whole: names, zones, sizes, and what the doctor says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.drivers import registry
from deltaic.drivers.openstack.driver import OpenstackDriver
from deltaic.layers import wrap
from deltaic.layers.base import layered
from deltaic.layers.retry import RetryLayer
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.health import Check
from deltaic.model.zone import DataCenter, Zone
from tests.unit.drivers.openstack.cloud import LOGIN, PROJECT, Answer, Cloud, asks, recorded

ZONES = "GET /compute/v2.1/os-availability-zone"
FLAVORS = "GET /compute/v2.1/flavors/detail"
REGIONS = "GET /identity/v3/regions"
MIB = 1024 * 1024


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[OpenstackDriver]:
    made = OpenstackDriver(cloud.config())
    yield made
    await made.close()


def test_the_registry_knows_it(cloud: Cloud) -> None:
    assert registry.find("OpenStack").title == "OpenStack"
    assert wrap(registry.create("openstack", cloud.config(name="blue"))).name == "blue"


async def test_a_pause_that_the_cloud_asks_for_is_made(cloud: Cloud, driver: OpenstackDriver) -> None:
    slow = Answer({"overLimit": {"code": 429, "message": "slow down"}}, 429, headers={"Retry-After": "5"})
    cloud.answers[FLAVORS] = [slow, Answer({"flavors": []})]
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    patient = layered(driver, [RetryLayer(sleep=pause)])
    assert await patient.instance_types.list(asks()) == []
    assert [5 < seconds < 5.2 for seconds in pauses] == [True]
    cloud.answers[FLAVORS] = [slow]
    with pytest.raises(Error) as caught:
        await patient.instance_types.list(asks(seconds=4.0))
    assert (caught.value.kind, caught.value.retry_after, len(pauses)) == (ErrorKind.RATE_LIMITED, 5, 1)


@pytest.mark.parametrize(
    ("user", "view", "account", "chosen"),
    [
        ("demo", "", "demo@Default", "demo"),
        ("demo@default", "other", "demo@Default", "other"),
        ("demo@Default", "", "demo@Default", "demo"),
        ("demo+web", "", "demo@Default", "web"),
        ("eve@Corp+web", "", "eve@Corp", "web;Corp"),
        ("eve", ";Corp", "eve@Corp", ";Corp"),
        ("eve@example.com@Default", "", "eve@example.com@Default", "demo"),
        ("application_credential:7a", "", "application_credential:7a", "demo"),
    ],
)
async def test_accounts_and_scopes(driver: OpenstackDriver, user: str, view: str, account: str, chosen: str) -> None:
    name, scope = driver.account(user, Scope("blue", "RegionOne", driver.view(view)))
    assert (name, scope) == (account, Scope("blue", "RegionOne", chosen))
    assert driver.account(name, scope) == (name, scope)


def test_views(cloud: Cloud) -> None:
    driver = OpenstackDriver(cloud.config("RegionOne;main;Corp"))
    assert driver.view("") == "main;Corp"
    assert driver.view("web") == "web;Corp"
    assert driver.view("web;Default", "x;y") == "web;Default"
    assert driver.view("", driver.view("web")) == "web;Corp"
    with pytest.raises(Error) as caught:
        driver.view("a;b;c")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "provider")


async def test_regions_with_and_without_permission_to_read_them(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[REGIONS] = Answer({"regions": [{"id": "RegionOne", "description": "first"}, {"id": "Idle"}]})
    for _ in range(2):
        assert await driver.zones.data_centers(asks()) == [DataCenter("RegionOne", "RegionOne", "first")]
    assert len(cloud.of("GET", "/identity/v3/regions")) == 1
    cloud.answers[REGIONS] = Answer({"error": {"code": 403, "message": "no"}}, 403)
    other = OpenstackDriver(cloud.config())
    assert await other.zones.data_centers(asks()) == [DataCenter("RegionOne", "RegionOne")]
    await other.close()


async def test_zones_that_work(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[ZONES] = Answer(recorded("availability_zones.json"))
    assert await driver.zones.list(asks()) == [Zone("nova", "nova", "RegionOne")]
    told = [{"zoneName": name, "zoneState": {"available": name != "b"}} for name in ("c", "b", "a")]
    cloud.answers[ZONES] = Answer({"availabilityZoneInfo": told})
    assert [zone.id for zone in await driver.zones.list(asks())] == ["a", "c"]


async def test_zones_of_all_regions(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[LOGIN] = lambda asked: cloud.token(catalog=cloud.catalog("RegionOne", "East"))
    cloud.answers[ZONES] = Answer(recorded("availability_zones.json"))
    assert await driver.zones.list(asks()) == [Zone("nova", "nova", "East"), Zone("nova", "nova", "RegionOne")]
    assert await driver.zones.list(asks(region="East")) == [Zone("nova", "nova", "East")]


async def test_recorded_flavors_smallest_first(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[FLAVORS] = Answer(recorded("flavors.json"))
    found = await driver.instance_types.list(asks())
    assert [(one.name, one.memory, one.cpus) for one in found] == [("m1.tiny", 64 * MIB, 1), ("m1.small", 128 * MIB, 1)]
    ids = {one["name"]: one["id"] for one in json.loads(recorded("flavors.json"))["flavors"]}
    assert {one.name: one.id for one in found} == ids


@pytest.mark.parametrize(
    ("vcpus", "specs", "topology"),
    [
        (4, {}, (4, 1, 1)),
        (4, {"hw:cpu_cores": "2"}, (2, 2, 1)),
        (8, {"hw:cpu_cores": "2", "hw:cpu_threads": "2"}, (2, 2, 2)),
        (3, {"hw:cpu_cores": "2"}, (3, 1, 1)),
        (4, {"hw:cpu_cores": "0"}, (4, 1, 1)),
        (4, {"hw:cpu_cores": "many"}, (4, 1, 1)),
        (4, {"hw:cpu_cores": "9" * 5000}, (4, 1, 1)),
    ],
)
async def test_processors_of_a_flavor(
    cloud: Cloud, driver: OpenstackDriver, vcpus: int, specs: dict[str, str], topology: tuple[int, int, int]
) -> None:
    flavor = {"id": "1", "name": "m", "ram": 512, "vcpus": vcpus, "description": "d", "extra_specs": specs}
    off = {"id": "2", "name": "old", "ram": 256, "OS-FLV-DISABLED:disabled": True}
    cloud.answers[FLAVORS] = Answer({"flavors": [flavor, off]})
    (found,) = await driver.instance_types.list(asks())
    assert (found.cpu_sockets, found.cpu_cores, found.cpu_threads, found.description) == (*topology, "d")


async def test_login_tells_the_users_id(cloud: Cloud, driver: OpenstackDriver) -> None:
    token: dict[str, Any] = json.loads(recorded("token.json"))["token"]
    assert await driver.login(asks()) == token["user"]["id"]


def extensions(*aliases: str) -> Answer:
    return Answer({"extensions": [{"alias": alias} for alias in aliases]})


def well(cloud: Cloud) -> None:
    cloud.answers |= {
        "GET /identity/v3": Answer({"version": {"id": "v3.14"}}, headers={"Date": "Thu, 01 Jan 2026 00:00:00 GMT"}),
        ZONES: Answer(recorded("availability_zones.json")),
        "GET /compute/v2.1/servers": Answer({"servers": []}),
        "GET /image/v2/images": Answer({"images": [{"id": "i"}]}),
        "GET /network/v2.0/networks": Answer({"networks": [{"id": "n"}]}),
        "GET /network/v2.0/extensions": extensions("security-group", "router", "standard-attr-tag"),
        "GET /compute/v2.1/flavors": Answer({"flavors": [{"id": "f"}]}),
    }


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


async def test_the_doctor_looks_at_everything(cloud: Cloud, driver: OpenstackDriver) -> None:
    well(cloud)
    found = by_name(await driver.doctor(asks()))
    assert [name for name, check in found.items() if not check.ok] == ["clock"]
    assert list(found) == [
        "address and TLS", "clock", "login", "region", "service compute", "service image", "service network",
        "service block-storage", "network features", "permissions", "project", "signed requests",
    ]  # fmt: skip
    assert found["login"].detail == "demo in project demo, roles: member, reader"
    assert found["service compute"].detail == f"{cloud.url}/compute/v2.1, microversion 2.96"
    assert found["service block-storage"].detail == f"{cloud.url}/volume/v3/{PROJECT}, microversion 3.71"
    assert found["permissions"].detail == "availability zones: nova"
    assert found["network features"].detail == "security groups, routers, public addresses, tags"
    assert found["project"].detail == "has sizes, images, networks"


async def test_the_doctor_stops_where_nothing_can_follow(cloud: Cloud, driver: OpenstackDriver) -> None:
    assert [(one.name, one.ok) for one in await driver.doctor(asks())] == [("address and TLS", False)]
    well(cloud)
    cloud.answers[LOGIN] = Answer(b"", 401)
    found = await driver.doctor(asks())
    assert [(one.name, one.ok) for one in found] == [("address and TLS", True), ("clock", False), ("login", False)]
    assert "NAME@DOMAIN" in found[-1].advice


async def test_the_doctor_goes_on_after_a_service_that_is_missing(cloud: Cloud, driver: OpenstackDriver) -> None:
    well(cloud)
    catalog = [one for one in cloud.catalog() if one["type"] != "image"]
    cloud.answers[LOGIN] = lambda asked: cloud.token(catalog=catalog)
    cloud.answers["GET /network/v2.0/networks"] = Answer(b"", 503)
    found = by_name(await driver.doctor(asks()))
    assert found["service image"].ok is False
    assert "interface" in found["service image"].advice
    assert found["service network"].ok is False
    assert found["permissions"].ok is True


async def test_the_doctor_names_what_a_cloud_lacks(cloud: Cloud, driver: OpenstackDriver) -> None:
    """Gateways work before such clouds: only what nothing works without is a failure."""
    well(cloud)
    catalog = [one for one in cloud.catalog() if one["type"] != "volumev3"]
    cloud.answers |= {
        LOGIN: lambda asked: cloud.token(catalog=catalog),
        "GET /network/v2.0/extensions": extensions("agent"),
        "GET /network/v2.0/networks": Answer({"networks": []}),
    }
    found = by_name(await driver.doctor(asks()))
    assert [name for name, check in found.items() if not check.ok] == ["clock"]
    assert found["service block-storage"].detail == (
        "The cloud offers no block-storage service in region 'RegionOne': volumes and snapshots are refused"
    )
    words = found["network features"].detail
    assert [one.partition(":")[0] for one in words.split("; ")] == ["no security groups", "no routers", "no tags"]
    assert found["project"].detail == "has sizes, images; none of the cloud's networks may be used"


async def test_the_doctor_of_a_project_that_can_not_have_machines(cloud: Cloud, driver: OpenstackDriver) -> None:
    well(cloud)
    cloud.answers |= {
        "GET /image/v2/images": Answer({"images": []}),
        "GET /network/v2.0/extensions": extensions("security-group", "router", "standard-attr-tag"),
    }
    check = by_name(await driver.doctor(asks()))["project"]
    assert (check.ok, check.detail) == (False, "has sizes, networks; none of the cloud's images may be used")
    assert check.advice


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"", 301, headers={"Location": "https://user:secret@x.example/v3?token=1"}), "https://x.example/v3"),
        (Answer(b"<html>Horizon</html>", content_type="text/html"), "not the dashboard's"),
        (Answer({"version": {"id": "v2.0"}}), "identity API's address"),
    ],
)
async def test_the_doctor_before_something_else(
    cloud: Cloud, driver: OpenstackDriver, answer: Answer, words: str
) -> None:
    cloud.answers["GET /identity/v3"] = answer
    (check,) = await driver.doctor(asks())
    assert check.ok is False
    assert words in check.advice
    assert "secret" not in f"{check.advice}{check.detail}"


async def test_the_doctor_names_the_regions_that_there_are(cloud: Cloud) -> None:
    well(cloud)
    driver = OpenstackDriver(cloud.config("Regionone;demo"))
    check = (await driver.doctor(asks()))[-1]
    assert (check.name, check.ok) == ("region", False)
    assert check.advice.endswith("RegionOne")
    await driver.close()


async def test_a_region_that_is_away_is_left_out(cloud: Cloud, driver: OpenstackDriver) -> None:
    """Those who work in another one must not be refused because of it."""
    catalog = cloud.catalog("RegionOne", "RegionTwo")
    for service in catalog:
        service["endpoints"][1]["url"] = service["endpoints"][1]["url"].replace("/compute", "/away")
    cloud.answers |= {
        LOGIN: lambda asked: cloud.token(catalog=catalog),
        ZONES: Answer(recorded("availability_zones.json")),
    }
    cloud.answers |= {"GET /away/v2.1/": Answer(b"", 503)}
    assert {zone.data_center_id for zone in await driver.zones.list(asks())} == {"RegionOne"}
    for service in catalog:
        service["endpoints"][0]["url"] = service["endpoints"][0]["url"].replace("/compute", "/away")
    other = OpenstackDriver(cloud.config())
    with pytest.raises(Error) as caught:
        await other.zones.list(asks())
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    await other.close()


@pytest.mark.parametrize(("status", "ok"), [(404, True), (403, False), (503, False)])
async def test_the_doctor_asks_about_a_signature_of_nobody(cloud: Cloud, status: int, ok: bool) -> None:
    well(cloud)
    cloud.answers["POST /identity/v3/ec2tokens"] = Answer(b"", status)
    driver = OpenstackDriver(cloud.config(options={"service_user": "demo", "service_password": "x"}))
    assert by_name(await driver.doctor(asks()))["signed requests"].ok is ok
    await driver.close()
