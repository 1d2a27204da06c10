"""How long what the cloud said goes unasked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance_type import InstanceType
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.services.identity import Clouds, Identity
from deltaic.services.recent import FRESH_SECONDS
from tests.unit.services.conftest import URL, World


class Door:
    """A cloud that lets one password in and counts who knocks."""

    def __init__(self) -> None:
        self.password = "right"
        self.knocks: list[str] = []

    def view(self, asked: str, configured: str = "") -> str:
        return asked or configured

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        return user, scope

    async def login(self, context: Context) -> str:
        given = context.principal.password.reveal()
        self.knocks.append(given)
        if given != self.password:
            raise Error(ErrorKind.UNAUTHENTICATED, "no")
        return "id"


async def test_each_password_is_asked_about_once_in_a_while(world: World) -> None:
    door, time = Door(), 0.0
    drivers: dict[str, Driver] = {"default": door}  # type: ignore[dict-item]
    clouds = Clouds(drivers, {"default": Provider.parse(URL)})
    identity = Identity(clouds, world.store, login_secret=b"s" * 32, clock=lambda: time)

    async def knock(password: str) -> str:
        try:
            return (await identity.basic("me@internal", Secret(password), Scope("default")))[0].user
        except Error as error:
            return error.kind.value

    assert [await knock(password) for password in ("right", "wrong", "right", "wrong")] == [
        "me@internal", "unauthenticated", "me@internal", "unauthenticated",
    ]  # fmt: skip
    assert door.knocks == ["right", "wrong", "wrong"]
    door.password = "newer"
    time = FRESH_SECONDS - 0.5
    assert await knock("right") == "me@internal"
    time = FRESH_SECONDS
    assert await knock("right") == "unauthenticated"
    assert door.knocks == ["right", "wrong", "wrong", "right"]


@pytest.mark.parametrize("other", ["other", "default"])
async def test_an_accepted_login_is_not_carried_to_another_cloud(world: World, other: str) -> None:
    doors = {"default": Door(), "other": Door()}
    drivers: dict[str, Driver] = dict(doors)  # type: ignore[arg-type]
    clouds = Clouds(drivers, {name: Provider.parse(URL) for name in doors})
    identity = Identity(clouds, world.store, login_secret=b"s" * 32, clock=lambda: 0.0)
    await identity.basic("me@internal", Secret("right"), Scope("default"))
    await identity.basic("me@internal", Secret("right"), Scope(other))
    assert [len(door.knocks) for door in doors.values()] == [1, 1 if other == "other" else 0]


async def test_a_size_that_was_just_added_can_be_asked_for(world: World) -> None:
    sizes = world.services.instance_types
    assert [view.type.name for view in await sizes.list(world.context) if not view.open] == ["Small"]
    world.driver.instance_types.rows.append(InstanceType("type-2", "Huge", memory=64 << 30))
    assert [view.type.name for view in await sizes.list(world.context) if not view.open] == ["Small"]
    assert (await sizes.resolve(world.context, "Huge")).type.id == "type-2"
    assert [view.type.name for view in await sizes.list(world.context) if not view.open] == ["Small", "Huge"]


async def test_each_data_center_has_its_own_sizes(world: World) -> None:
    sizes, away = world.services.instance_types, replace(world.context, scope=Scope("default", "elsewhere"))
    await sizes.list(world.context)
    world.driver.instance_types.rows[:] = [InstanceType("type-9", "Other", memory=1 << 30)]
    assert [view.type.name for view in await sizes.list(away) if not view.open] == ["Other"]
    assert [view.type.name for view in await sizes.list(world.context) if not view.open] == ["Small"]


async def test_a_cloud_without_named_sizes_has_none(world: World) -> None:
    world.driver.capability = Capability(instances_create_with_image_size=True)
    assert [view.type.name for view in await world.services.instance_types.list(world.context)] == [
        "SERVER", "DESKTOP", "HIGH_PERFORMANCE",
    ]  # fmt: skip
    world.driver.capability = Capability()
    assert await world.services.instance_types.list(world.context) == []
