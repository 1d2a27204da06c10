"""Logins, regions, sizes, pages and the doctor, before a real Keystone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.driver import OpenstackDriver
from deltaic.drivers.openstack.wire_compute import Flavors
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.zone import DataCenter
from tests.openstack.driver.conftest import asks
from tests.openstack.support.common import FLAVORS, service_login
from tests.openstack.support.gateway import options
from tests.openstack.support.tenant import Tenant

MIB = 1024 * 1024


@pytest.fixture
async def driver(project: Tenant) -> AsyncIterator[OpenstackDriver]:
    service = options(service_login(project.plane.administrator()))
    made = OpenstackDriver(DriverConfig(provider=project.provider, options=service))
    yield made
    await made.close()


@pytest.fixture
def credential(project: Tenant) -> Iterator[Any]:
    identity = project.cloud.identity
    made = identity.create_application_credential(project.user_id, "deltaic", description="tests")
    yield made
    identity.delete_application_credential(project.user_id, made)


async def kind(driver: OpenstackDriver, context: Context) -> ErrorKind:
    with pytest.raises(Error) as caught:
        await driver.login(context)
    return caught.value.kind


@pytest.mark.parametrize("form", ["{0}", "{0}@Default", "{0}@default", "{0}+{0}", "{0}@Default+{0}"])
async def test_all_ways_to_write_a_user(driver: OpenstackDriver, project: Tenant, form: str) -> None:
    user = form.format(project.name)
    assert await driver.login(asks(user, project.password)) == project.user_id
    name, scope = driver.account(user, Scope("lab", view=driver.view("")))
    assert (name, scope.view) == (f"{project.name}@Default", project.name)


async def test_who_is_refused(driver: OpenstackDriver, project: Tenant) -> None:
    assert await kind(driver, asks(project.user, "wrong")) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks("nobody", project.password)) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks(f"{project.user}@Nowhere", project.password)) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks(project.user, project.password, view="admin")) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks(project.user, "x" * 5000)) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks("\ud800", "x")) is ErrorKind.UNAUTHENTICATED


async def test_an_application_credential(driver: OpenstackDriver, project: Tenant, credential: Any) -> None:
    user = f"application_credential:{credential.id}"
    assert await driver.login(asks(user, credential.secret)) == project.user_id
    assert await kind(driver, asks(user, "wrong")) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks(user, credential.secret, view="admin")) is ErrorKind.FORBIDDEN
    assert driver.account(user, Scope("lab"))[0] == user


async def test_a_token_as_proof(driver: OpenstackDriver, client: Client, project: Tenant, me: Context) -> None:
    token = (await client.login(me)).token
    assert await driver.login(asks(f"{project.user}@Default", token, token=True)) == project.user_id
    assert await kind(driver, asks("admin@Default", token, token=True)) is ErrorKind.UNAUTHENTICATED
    assert await kind(driver, asks(f"{project.user}@Default", "gAAAA", token=True)) is ErrorKind.UNAUTHENTICATED


async def test_without_a_project_the_users_only_one(project: Tenant, me: Context) -> None:
    client = Client(DriverConfig(provider=f"{project.plane.keystone};{project.plane.region}"))
    assert await client.project_id(me) == project.project_id
    assert await client.region(me) == project.plane.region
    await client.close()


async def test_a_token_that_was_revoked_is_replaced(client: Client, project: Tenant, me: Context) -> None:
    first = (await client.login(me)).token
    answer = project.plane.administrator().session.delete(
        f"{project.plane.keystone}/auth/tokens", headers={"X-Subject-Token": first}
    )
    assert answer.status_code == 204
    found = await client.read(me, "identity", "auth/projects", dict[str, Any])
    assert [one["id"] for one in found["projects"]] == [project.project_id]
    assert (await client.login(me)).token != first


async def test_regions_zones_and_sizes(driver: OpenstackDriver, project: Tenant, me: Context) -> None:
    region = project.plane.region
    assert DataCenter(region, region) in await driver.zones.data_centers(me)
    zones = [zone for zone in await driver.zones.list(me) if zone.data_center_id == region]
    theirs = sorted(zone.name for zone in project.cloud.compute.availability_zones() if zone.state["available"])
    assert [(zone.id, zone.data_center_id) for zone in zones] == [(name, region) for name in theirs]
    sizes = await driver.instance_types.list(me)
    assert sizes == sorted(sizes, key=lambda one: (one.memory, one.cpus))
    mine = {one.id: one for one in sizes}
    for name, number in project.flavors.items():
        facts = (mine[number].name, mine[number].memory, mine[number].cpus)
        assert facts == (name, FLAVORS[name]["ram"] * MIB, FLAVORS[name]["vcpus"])


async def test_pages_of_one(client: Client, project: Tenant, me: Context) -> None:
    paged = await client.pages(me, "compute", "flavors/detail", Flavors, lambda one: one.flavors, query={"limit": "1"})
    assert {one.id for one in paged} >= set(project.flavors.values())
    assert len({one.id for one in paged}) == len(paged)
    whole = await client.pages(me, "network", "networks", dict[str, Any], lambda one: one["networks"])
    single = await client.pages(
        me, "network", "networks", dict[str, Any], lambda one: one["networks"], query={"limit": "1"}
    )
    assert sorted(one["id"] for one in single) == sorted(one["id"] for one in whole)
    assert len(whole) >= 2
    images = await client.pages(
        me,
        "image",
        "images",
        dict[str, Any],
        lambda one: one["images"],
        query={"limit": "1", "owner": project.project_id},
    )
    assert [one["id"] for one in images] == [project.image_id]


async def test_microversions(client: Client, me: Context) -> None:
    assert await client.microversion(me, "compute") == (2, 96)
    assert await client.microversion(me, "block-storage") == (3, 71)
    for version in ("2.1", "2.55", "2.96"):
        answer = await client.call(me, "compute", "GET", "flavors/detail", microversion=version)
        assert (b'"extra_specs"' in answer.body) is (version == "2.96")


async def test_the_request_id_arrives(client: Client, me: Context) -> None:
    answer = await client.call(me, "compute", "GET", "servers")
    assert answer.headers["x-openstack-request-id"].startswith("req-")


async def test_the_doctor_finds_nothing_wrong(driver: OpenstackDriver, project: Tenant, me: Context) -> None:
    checks = await driver.doctor(me)
    assert [check for check in checks if not check.ok] == []
    assert len(checks) == 12
    assert (
        checks[-1].detail
        == f"checked by the cloud, asked as {options(service_login(project.plane.administrator()))['service_user']}"
    )
