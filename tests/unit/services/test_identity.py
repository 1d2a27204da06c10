"""Credentials and scopes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.access_key import AccessKey
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.services.identity import Clouds, now
from tests.unit.services.conftest import URL, World


@pytest.mark.parametrize(
    ("provider", "driver", "expected"),
    [
        ("", "", Scope("default")),
        ("barcelona", "", Scope("default", "barcelona", chosen=True)),
        ("barcelona;USER", "", Scope("default", "barcelona", "USER", True)),
        (f"{URL};barcelona", "", Scope("default", "barcelona", chosen=True)),
        ("other", "", Scope("other", "dc-9", "USER", True)),
        ("https://other.example/ovirt-engine/api;dc-1", "", Scope("other", "dc-1", "USER", True)),
        ("", "other", Scope("other", "dc-9", "USER")),
    ],
)
async def test_scopes(world: World, provider: str, driver: str, expected: Scope) -> None:
    assert world.services.identity.scope(provider, driver) == expected


@pytest.mark.parametrize(
    ("provider", "kind", "field"),
    [
        ("https://evil.example/ovirt-engine/api;dc", ErrorKind.FORBIDDEN, "X-Deltacloud-Provider"),
        ("http://engine.example/ovirt-engine/api", ErrorKind.FORBIDDEN, "X-Deltacloud-Provider"),
        ("https://engine.example@evil.example/api", ErrorKind.INVALID, "provider"),
        ("a;b;c;d", ErrorKind.INVALID, "provider"),
    ],
)
async def test_engines_that_are_not_configured_are_refused(
    world: World, provider: str, kind: ErrorKind, field: str
) -> None:
    with pytest.raises(Error) as caught:
        world.services.identity.scope(provider)
    assert (caught.value.kind, caught.value.field) == (kind, field)


async def test_an_unknown_driver_is_named(world: World) -> None:
    with pytest.raises(Error) as caught:
        world.services.identity.scope("", "openstack")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "X-Deltacloud-Driver")


async def test_access_keys(world: World) -> None:
    key = AccessKey("AKIA1", Secret("s"), "me@internal", Secret("p"), "default", now())
    await world.store.access_keys.create(key)
    found = await world.services.identity.access_key("AKIA1")
    assert world.services.identity.principal_of(found).id == "key:AKIA1"
    await world.store.access_keys.revoke("AKIA1", now())
    for key_id, reason in (("AKIA1", "revoked_key"), ("AKIA2", "unknown_key")):
        with pytest.raises(Error) as caught:
            await world.services.identity.access_key(key_id)
        assert (caught.value.kind, caught.value.context["reason"]) == (ErrorKind.UNAUTHENTICATED, reason)


async def test_a_key_of_a_cloud_that_is_gone_opens_no_other(world: World) -> None:
    """Its password belongs to that cloud's engine: the default one must never be asked with it."""
    identity = world.services.identity
    assert identity.scope_of_cloud("other") == Scope("other", "dc-9", "USER")
    with pytest.raises(Error) as caught:
        identity.scope_of_cloud("gone")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.FORBIDDEN, "provider")


async def test_a_key_remembers_its_view(world: World) -> None:
    identity = world.services.identity
    key = AccessKey("AKIA1", Secret("s"), "me@internal", Secret("p"), "other", now(), view="mine")
    assert identity.scope_of_key(key) == Scope("other", "dc-9", "mine")
    assert identity.scope_of_key(replace(key, view="")) == Scope("other", "dc-9", "USER")
    home = identity.scope_of_key(key)
    assert identity.scope("dc-1", home=home) == Scope("other", "dc-1", "mine", chosen=True)
    assert identity.scope("other", home=home) == Scope("other", "dc-9", "mine", chosen=True)
    assert identity.scope("https://other.example/api;dc-2", home=home) == Scope("other", "dc-2", "mine", chosen=True)
    assert identity.scope("default", home=home) == Scope("default", chosen=True)


SAME_HOST = {
    "north": Provider.parse("https://shared.example/identity;north"),
    "south": Provider.parse("https://shared.example/identity;south"),
    "virtual": Provider.parse("https://shared.example/engine/api"),
}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://shared.example/identity;south", "south"),
        ("https://shared.example:443/identity/;north", "north"),
        ("https://SHARED.example/identity", "north"),
        ("https://shared.example/engine/api;south", "virtual"),
        ("https://shared.example/Identity;south", ""),
        ("https://shared.example/other", ""),
        ("https://shared.example", ""),
        ("https://shared.example:8443/identity;south", ""),
        ("http://shared.example/identity;south", ""),
        ("https://shared.example.evil.example/identity;south", ""),
    ],
)
async def test_clouds_at_one_address_are_told_apart(world: World, url: str, name: str) -> None:
    clouds = Clouds(dict.fromkeys(SAME_HOST, world.driver), SAME_HOST)
    assert clouds.at(Provider.parse(url)) == name


async def test_regions_name_clouds(world: World) -> None:
    clouds = Clouds(dict.fromkeys(SAME_HOST, world.driver), SAME_HOST)
    found = [clouds.of_region(region) for region in ("north", "SOUTH", "virtual", "us-east-1", "")]
    assert found == [("north",), ("south",), ("virtual",), (), ()]


async def test_driver_and_provider_must_not_contradict_each_other(world: World) -> None:
    with pytest.raises(Error) as caught:
        world.services.identity.scope("other", "default")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "X-Deltacloud-Driver")


async def test_basic_principals_differ_by_user_and_cloud(world: World) -> None:
    identity = world.services.identity
    password = Secret("p")
    one = (await identity.basic("me@internal", password, Scope("default")))[0]
    ids = {
        one.id,
        (await identity.basic("you@internal", password, Scope("default")))[0].id,
        (await identity.basic("me@internal", password, Scope("other")))[0].id,
    }
    assert len(ids) == 3
    assert (await identity.basic("me@internal", Secret("q"), Scope("default")))[0].id == one.id


async def test_regions_choose_data_centers(world: World) -> None:
    zones = world.services.zones
    for region, expected in (("Default", "dc-1"), ("default", "dc-1"), ("dc-1", "dc-1"), ("us-east-1", ""), ("", "")):
        assert (await zones.scope_of_region(world.context, region)).data_center == expected


async def test_zones_by_every_name(world: World) -> None:
    for name in ("Defaulta", "Default", "zone-1"):
        assert (await world.services.zones.resolve(world.context, name)).zone.id == "zone-1"
    with pytest.raises(Error) as caught:
        await world.services.zones.resolve(world.context, "Defaultb")
    assert caught.value.kind is ErrorKind.NOT_FOUND
