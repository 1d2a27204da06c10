"""Clouds that are not the lab: the driver before the same control plane with another catalog, and with less in it.

Each disguise is a kind of cloud that people have; a project's usual day must go well in front of all of them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack import DRIVER
from deltaic.drivers.openstack.driver import OpenstackDriver
from deltaic.model.address import AddressSpec
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.health import Check
from deltaic.model.instance import InstanceState
from deltaic.model.network import NetworkSpec, SubnetSpec
from deltaic.model.security_group import SecurityGroupSpec
from deltaic.model.volume import VolumeSpec
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.disguise import MISSING, Asked, Catalog, Disguise, Proxy, disguised
from tests.openstack.driver.machines import machine
from tests.openstack.support.tenant import Tenant

GIB = 1 << 30


@asynccontextmanager
async def behind(project: Tenant, disguise: Disguise, **config: Any) -> AsyncIterator[tuple[Desk, Proxy]]:
    """The project's member before a disguised cloud."""
    async with disguised(project.plane.keystone, disguise) as proxy:
        provider = f"{proxy.keystone};{project.provider.partition(';')[2]}"
        driver = DRIVER.create(DriverConfig(provider=provider, **config))
        try:
            yield Desk(driver, project), proxy
        finally:
            await driver.close()


async def doctor(desk: Desk) -> dict[str, Check]:
    driver = desk.driver
    assert isinstance(driver, OpenstackDriver)
    return {check.name: check for check in await driver.doctor(desk.context)}


async def usual_day(desk: Desk) -> None:
    """Look around, make a network."""
    driver = desk.driver
    assert [zone.name for zone in await driver.zones.list(desk.context)][:1] == ["nova"]
    assert desk.tenant.image_id in {one.id for one in await driver.images.list(desk.context)}
    assert "m1.tiny" in {one.name for one in await driver.instance_types.list(desk.context)}
    assert await driver.instances.list(desk.context) == []
    await network_life(desk)


async def launch(desk: Desk) -> None:
    """Run a machine, list it, and find it by its marker."""
    tiny = desk.tenant.flavors["m1.tiny"]
    async with machine(desk, "worker", instance_type_id=tiny) as made:
        assert made.state is InstanceState.RUNNING
        (seen,) = await desk.driver.instances.list(desk.context)
        assert (seen.id, seen.name, seen.image_id) == (made.id, "worker", desk.tenant.image_id)
        assert (seen.instance_type_id, [len(nic.ipv4) for nic in seen.nics]) == (tiny, [1])
        assert [one.id for one in await desk.driver.instances.find_launch(desk.context, "worker:0")] == [made.id]


async def network_life(desk: Desk) -> None:
    """Make a network twice with one marker, and remove it; nothing else goes with it."""
    networks = desk.driver.networks
    before = {one.id for one in await networks.list(desk.context)}
    ranges = (SubnetSpec("10.88.0.0/24", marker="other:0"),)
    spec = NetworkSpec("other", desk.tenant.plane.region, subnets=ranges, annotation=Annotation(launch="network:other"))
    made = await networks.create(desk.context, spec)
    assert made.id not in before
    assert [one.cidr for one in made.subnets] == ["10.88.0.0/24"]
    assert (await networks.create(desk.context, spec)).id == made.id
    await networks.delete(desk.context, made.id)
    assert {one.id for one in await networks.list(desk.context)} == before


def of_types(*types: str, **renamed: str) -> Any:
    """Only these services, some under another name."""

    def changed(services: Catalog) -> Catalog:
        kept = [one for one in services if one["type"] in types or one["type"] in renamed]
        return [{**one, "type": renamed.get(one["type"], one["type"])} for one in kept]

    return changed


def rewritten(pattern: str, by: str) -> Any:
    """Other addresses in the catalog."""

    def changed(services: Catalog) -> Catalog:
        for one in services:
            for endpoint in one["endpoints"]:
                endpoint["url"] = re.sub(pattern, by, endpoint["url"])
        return services

    return changed


ALL = ("compute", "image", "network", "volumev3", "identity", "placement")

CATALOGS = {
    "volumev3 alone": of_types(*ALL),
    "block-storage alone": of_types("compute", "image", "network", "block-storage"),
    "volume alone": of_types("compute", "image", "network", volumev3="volume"),
    "volumev2 alone": of_types("compute", "image", "network", volumev3="volumev2"),
    "no versions": rewritten(r"/v[23][.0-9]*(/[0-9a-f]{32})?$", "/"),
    "older versions and a project": rewritten(r"(/cloud/compute)/v2\.1.*", r"\1/v2/%(tenant_id)s"),
    "a slash at each end": rewritten(r"$", "/"),
}


@pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)
async def test_catalogs(project: Tenant, catalog: Any) -> None:
    async with behind(project, Disguise(catalog)) as (desk, _):
        assert [name for name, check in (await doctor(desk)).items() if not check.ok] == []
        assert await desk.driver.instances.list(desk.context) == []
        assert await desk.driver.volumes.list(desk.context) == []
        assert await desk.driver.images.list(desk.context) != []
        assert await desk.driver.networks.list(desk.context) != []


async def test_a_cloud_with_internal_addresses_alone(project: Tenant) -> None:
    def internal(services: Catalog) -> Catalog:
        for one in services:
            here = [each for each in one["endpoints"] if each["region"] == project.plane.region]
            one["endpoints"] = [{**each, "interface": "internal"} for each in here[:1]]
        return services

    async with behind(project, Disguise(internal)) as (desk, _):
        with pytest.raises(Error) as caught:
            await desk.driver.instances.list(desk.context)
        assert caught.value.kind is ErrorKind.UNSUPPORTED
        assert "only at internal ones (option 'interface')" in caught.value.message
        assert "only at internal ones" in (await doctor(desk))["service compute"].detail
    async with behind(project, Disguise(internal), options={"interface": "internal"}) as (desk, _):
        assert await desk.driver.instances.list(desk.context) == []


async def test_another_regions_outage_is_its_own(project: Tenant) -> None:
    def moved(services: Catalog) -> Catalog:
        for one in services:
            for endpoint in one["endpoints"]:
                if endpoint["region_id"] != project.plane.region:
                    endpoint["url"] = "http://127.0.0.1:9/away"
        return services

    async with behind(project, Disguise(moved)) as (desk, _):
        zones = await desk.driver.zones.list(desk.context)
        assert {zone.data_center_id for zone in zones} == {project.plane.region}
        assert {one.name for one in await desk.driver.zones.data_centers(desk.context)} > {project.plane.region}


async def test_a_cloud_without_block_storage(project: Tenant) -> None:
    async with behind(project, Disguise(of_types("compute", "image", "network"))) as (desk, _):
        await usual_day(desk)
        with pytest.raises(Error) as caught:
            await desk.driver.volumes.list(desk.context)
        assert caught.value.kind is ErrorKind.UNSUPPORTED
        check = (await doctor(desk))["service block-storage"]
        assert (check.ok, "volumes and snapshots are refused" in check.detail) == (True, True)


def without(*extensions: str, paths: str) -> Disguise:
    """A network service without extensions: their pages are not there, filters for what they bring are overlooked."""
    missing = re.compile(paths)

    def refuse(asked: Asked) -> tuple[int, Any] | None:
        if asked.service != "network":
            return None
        asked.query = [(name, value) for name, value in asked.query if name not in ("tags", "description")]
        return (404, MISSING) if missing.search(asked.path) else None

    def tell(asked: Asked, body: Any) -> Any:
        if asked.service == "network" and asked.path.endswith("/extensions"):
            body["extensions"] = [one for one in body["extensions"] if one["alias"] not in extensions]
        return body

    return Disguise(refuse=refuse, tell=tell)


async def test_a_cloud_without_tags(project: Tenant) -> None:
    """Filters that a service overlooks must not make it take, or remove, what is somebody else's."""
    async with behind(project, without("standard-attr-tag", paths=r"/tags(/|$)")) as (desk, _):
        routers = {one.id for one in await desk.told(lambda: list(desk.cloud.network.routers()))}
        await usual_day(desk)
        assert {one.id for one in await desk.told(lambda: list(desk.cloud.network.routers()))} == routers
        group = await desk.driver.security_groups.create(desk.context, SecurityGroupSpec("apart", marker="group:0"))
        assert group.id != desk.tenant.security_group_id
        await desk.driver.security_groups.delete(desk.context, group.id)
        address = await desk.driver.addresses.create(desk.context, AddressSpec(marker="address:0"))
        other = await desk.driver.addresses.create(desk.context, AddressSpec(marker="address:1"))
        assert address.id != other.id
        for one in (address, other):
            await desk.driver.addresses.delete(desk.context, one.id)
        with pytest.raises(Error) as caught:
            await desk.driver.security_groups.create(desk.context, SecurityGroupSpec("tagged", tags={"a": "b"}))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "tags")
        assert "no tags" in (await doctor(desk))["network features"].detail


async def test_a_cloud_without_routers_and_public_addresses(project: Tenant) -> None:
    async with behind(project, without("router", "ext-gw-mode", paths=r"/(routers|floatingips)")) as (desk, _):
        await usual_day(desk)
        await launch(desk)
        assert await desk.driver.addresses.list(desk.context) == []
        with pytest.raises(Error) as caught:
            await desk.driver.addresses.create(desk.context, AddressSpec())
        assert caught.value.kind is ErrorKind.UNSUPPORTED
        assert "no routers" in (await doctor(desk))["network features"].detail


async def test_a_cloud_without_security_groups(project: Tenant) -> None:
    async with behind(project, without("security-group", paths=r"/security-group")) as (desk, _):
        await usual_day(desk)
        await launch(desk)
        assert await desk.driver.security_groups.list(desk.context) == []
        with pytest.raises(Error) as caught:
            await desk.driver.security_groups.create(desk.context, SecurityGroupSpec("mine"))
        assert caught.value.kind is ErrorKind.UNSUPPORTED
        assert "no security groups" in (await doctor(desk))["network features"].detail


async def test_a_proxys_page_is_no_missing_extension(project: Tenant) -> None:
    def refuse(asked: Asked) -> tuple[int, Any] | None:
        return (404, "<h1>Not Found</h1>") if "security-groups" in asked.path else None

    async with behind(project, Disguise(refuse=refuse)) as (desk, _):
        with pytest.raises(Error):
            await desk.driver.security_groups.list(desk.context)


async def test_a_strict_policy(project: Tenant) -> None:
    """What plain users of some clouds may not read, the gateway can do without."""
    closed = re.compile(r"/(types|limits|types/default|regions|os-availability-zone)$")

    def refuse(asked: Asked) -> tuple[int, Any] | None:
        if asked.service in ("volumev3", "block-storage", "identity") and closed.search(asked.path):
            return 403, {"forbidden": {"message": "Policy doesn't allow volume_extension:quotas to be performed."}}
        return None

    async with behind(project, Disguise(refuse=refuse)) as (desk, _):
        await usual_day(desk)
        assert await desk.driver.volumes.storage_domains(desk.context) == []
        made = await desk.driver.volumes.create(
            desk.context, VolumeSpec("disk", GIB, zone_id="nova", marker="volume:0")
        )
        await desk.until(lambda: desk.driver.volumes.get(desk.context, made.id), lambda one: one.state == "available")
        await desk.driver.volumes.delete(desk.context, made.id)
        await desk.until(lambda: desk.driver.volumes.list(desk.context), lambda found: found == [])


async def test_short_pages(project: Tenant) -> None:
    def refuse(asked: Asked) -> tuple[int, Any] | None:
        lists = asked.method == "GET" and re.search(r"/(detail|images|networks|subnets|ports|os-keypairs)$", asked.path)
        if lists:
            asked.query = [pair for pair in asked.query if pair[0] != "limit"] + [("limit", "1")]
        return None

    async with behind(project, Disguise(refuse=refuse)) as (desk, _):
        whole = await DRIVER.create(DriverConfig(provider=project.provider)).instance_types.list(desk.context)
        assert await desk.driver.instance_types.list(desk.context) == whole
        await usual_day(desk)


async def test_an_old_cloud(project: Tenant) -> None:
    """No microversions, and nulls where newer services leave things out."""

    def refuse(asked: Asked) -> tuple[int, Any] | None:
        asked.query = [(name, value) for name, value in asked.query if name != "tags"]
        if asked.service == "compute" and asked.path.rstrip("/").endswith("/v2.1"):
            return 200, {"version": {"id": "v2.1", "status": "CURRENT", "version": "", "min_version": ""}}
        if asked.service in ("volumev3", "block-storage") and asked.path.rstrip("/").endswith("/v3"):
            versions = [{"id": "v3.0", "status": "CURRENT", "version": "3.0", "min_version": "3.0"}]
            return 300, {"versions": versions}
        return None

    def tell(asked: Asked, body: Any) -> Any:
        for server in body.get("servers") or [body.get("server", {})]:
            if "addresses" in server:
                server |= {"security_groups": None, "tags": None, "addresses": server["addresses"] or None,
                           "created": server["created"].removesuffix("Z") + ".000000"}  # fmt: skip
        for port in body.get("ports", ()):
            port |= {"tags": None, "security_groups": port["security_groups"] or None, "description": None}
        for flavor in body.get("flavors", ()):
            flavor |= {"OS-FLV-EXT-DATA:ephemeral": None, "ram": str(flavor.get("ram", 0))}
        return body

    async with behind(project, Disguise(refuse=refuse, tell=tell)) as (desk, _):
        await usual_day(desk)


@pytest.mark.parametrize("status", [413, 429, 503])
async def test_who_asks_too_much(project: Tenant, status: int) -> None:
    """Layers repeat what may be repeated; the driver says which fault it is."""
    bodies: dict[int, Any] = {
        413: {"overLimit": {"code": 413, "message": "This request was rate-limited.", "retryAfter": "1"}},
        429: {"error": {"message": "Too Many Requests", "code": 429}},
        503: "<html><body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>",
    }
    kinds = {413: ErrorKind.RATE_LIMITED, 429: ErrorKind.RATE_LIMITED, 503: ErrorKind.UNAVAILABLE}

    def refuse(asked: Asked) -> tuple[int, Any] | None:
        return (status, bodies[status]) if asked.path.endswith("/servers/detail") else None

    async with behind(project, Disguise(refuse=refuse)) as (desk, _):
        with pytest.raises(Error) as caught:
            await desk.driver.instances.list(desk.context)
        assert (caught.value.kind, caught.value.retryable) == (kinds[status], True)
