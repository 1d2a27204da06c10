"""Launching: validation, idempotency, counts."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec, InstanceState
from deltaic.model.network import Network
from deltaic.services.launch import LaunchRequest
from tests.unit.services.conftest import World

ONE = LaunchRequest(image_id="img-1", fingerprint="f1", name="web")


async def refusal(world: World, request: LaunchRequest) -> Error:
    with pytest.raises(Error) as caught:
        await world.services.instances.launch(world.context, request)
    return caught.value


async def test_a_launch_is_pending_then_running(world: World) -> None:
    made = await world.services.instances.launch(world.context, replace(ONE, tags={"Name": "web"}))
    assert [(view.instance.state, view.type_name) for view in made] == [(InstanceState.CREATING, "SERVER")]
    await world.operations.settle()
    seen = await world.services.instances.list(world.context)
    assert [(view.instance.name, view.instance.state) for view in seen] == [("web", InstanceState.RUNNING)]
    annotation = seen[0].instance.annotation
    assert (annotation.want, annotation.tags, annotation.owner) == (None, {"Name": "web"}, "me@internal")
    assert [verb for verb, _ in world.driver.instances.changes] == ["create", "start", "annotate"]


async def test_a_launch_never_looks_stopped_on_its_way(world: World) -> None:
    states = set()
    await world.services.instances.launch(world.context, ONE)
    task = asyncio.create_task(world.operations.settle())
    while not task.done():
        states |= {view.instance.state for view in await world.services.instances.list(world.context)}
        await asyncio.sleep(0)
    assert states <= {InstanceState.CREATING, InstanceState.STARTING, InstanceState.RUNNING}


async def test_without_start_it_ends_stopped(world: World) -> None:
    await world.services.instances.launch(world.context, replace(ONE, start=False))
    await world.operations.settle()
    seen = await world.services.instances.list(world.context)
    assert [view.instance.state for view in seen] == [InstanceState.STOPPED]


async def test_several_share_a_reservation(world: World) -> None:
    made = await world.services.instances.launch(world.context, replace(ONE, min_count=3, max_count=3))
    assert [view.instance.name for view in made] == ["web-1", "web-2", "web-3"]
    assert len({view.instance.annotation.reservation for view in made}) == 1
    assert [view.instance.annotation.launch_index for view in made] == [0, 1, 2]


async def test_fewer_than_the_smallest_count_leaves_nothing(world: World) -> None:
    quota = Error(ErrorKind.QUOTA, "no more")
    world.driver.instances.faults.before["create"] = [lambda: None, quota]
    error = await refusal(world, replace(ONE, min_count=2, max_count=2))
    assert error.kind is ErrorKind.QUOTA
    await world.operations.settle()
    assert world.driver.instances.machines == {}


async def test_at_least_the_smallest_count_is_enough(world: World) -> None:
    world.driver.instances.faults.before["create"] = [lambda: None, Error(ErrorKind.QUOTA, "no more")]
    made = await world.services.instances.launch(world.context, replace(ONE, min_count=1, max_count=2))
    assert len(made) == 1


async def test_the_same_token_makes_one_machine(world: World) -> None:
    request = replace(ONE, client_token="token")
    first = await world.services.instances.launch(world.context, request)
    await world.operations.settle()
    again = await world.services.instances.launch(world.context, request)
    assert [view.instance.id for view in again] == [view.instance.id for view in first]
    assert again[0].instance.state is InstanceState.RUNNING
    assert len(world.driver.instances.machines) == 1


async def test_a_token_outlives_its_machines(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    request = replace(ONE, client_token="token", min_count=2, max_count=2)
    first, second = await world.services.instances.launch(world.context, request)
    await world.operations.settle()
    await world.services.instances.terminate(world.context, [first.instance.id])
    await world.operations.settle()
    later = datetime.now(UTC) + timedelta(hours=2)
    monkeypatch.setattr("deltaic.services.instances.now", lambda: later)
    again = await world.services.instances.launch(world.context, request)
    assert [(view.instance.id, view.instance.state) for view in again] == [
        (first.instance.id, InstanceState.DELETED),
        (second.instance.id, InstanceState.RUNNING),
    ]


async def test_the_same_token_at_the_same_time_makes_one_machine(world: World) -> None:
    request = replace(ONE, client_token="token")
    answers = await asyncio.gather(*(world.services.instances.launch(world.context, request) for _ in range(5)))
    assert len({view.instance.id for views in answers for view in views}) == 1
    assert len(world.driver.instances.machines) == 1


async def test_a_token_is_of_its_data_center(world: World) -> None:
    request = replace(ONE, client_token="token")
    here = await world.services.instances.launch(world.context, request)
    there = await world.services.instances.launch(replace(world.context, scope=Scope("default", "dc-1")), request)
    assert here[0].instance.id != there[0].instance.id


async def test_a_token_with_other_arguments_is_refused(world: World) -> None:
    await world.services.instances.launch(world.context, replace(ONE, client_token="token"))
    error = await refusal(world, replace(ONE, client_token="token", fingerprint="f2"))
    assert (error.kind, error.field) == (ErrorKind.IDEMPOTENCY_MISMATCH, "client_token")


async def test_a_token_whose_launch_failed_can_be_used_again(world: World) -> None:
    request = replace(ONE, client_token="token")
    world.driver.instances.faults.before["create"] = [Error(ErrorKind.QUOTA, "no more")]
    assert (await refusal(world, request)).kind is ErrorKind.QUOTA
    made = await world.services.instances.launch(world.context, replace(request, fingerprint="f2"))
    assert len(made) == 1


async def test_a_token_whose_time_was_up_meets_the_launch_that_goes_on(world: World) -> None:
    held = asyncio.Event()
    create = world.driver.instances.create

    async def slow(context: Context, spec: InstanceSpec) -> Instance:
        await held.wait()
        return await create(context, spec)

    world.driver.instances.create = slow  # type: ignore[method-assign]
    request = replace(ONE, min_count=1, max_count=2, client_token="token")
    hurried = replace(world.context, deadline=time.monotonic() + 0.05)
    with pytest.raises(Error) as raised:
        await world.services.instances.launch(hurried, request)
    assert raised.value.kind is ErrorKind.TIMEOUT
    held.set()
    made = await world.services.instances.launch(world.context, request)
    await world.operations.settle()
    assert sorted(view.instance.id for view in made) == sorted(world.driver.instances.machines)
    assert len(made) == 2


async def test_a_taken_name_gets_a_mark(world: World) -> None:
    world.driver.instances.add(InstanceState.RUNNING, "vm-9", name="web")
    made = await world.services.instances.launch(world.context, ONE)
    assert made[0].instance.name.startswith("web-")


@pytest.mark.parametrize(
    ("request_", "kind", "field", "resource"),
    [
        (replace(ONE, image_id="img-9"), ErrorKind.NOT_FOUND, "", "image"),
        (replace(ONE, image_id="img-2"), ErrorKind.CONFLICT, "", "image"),
        (replace(ONE, zone="nowhere"), ErrorKind.NOT_FOUND, "", "zone"),
        (replace(ONE, instance_type="t9.huge"), ErrorKind.NOT_FOUND, "", "instance_type"),
        (replace(ONE, key_name="mine"), ErrorKind.NOT_FOUND, "", "key_pair"),
        (replace(ONE, network_ids=("net-9",)), ErrorKind.NOT_FOUND, "", "network"),
        (replace(ONE, min_count=0), ErrorKind.INVALID, "min_count", ""),
        (replace(ONE, min_count=2, max_count=1), ErrorKind.INVALID, "min_count", ""),
        (replace(ONE, max_count=1000), ErrorKind.QUOTA, "max_count", "instance"),
        (replace(ONE, user_data=b"x" * 16385), ErrorKind.INVALID, "user_data", ""),
    ],
)
async def test_wrong_requests_make_nothing(
    world: World, request_: LaunchRequest, kind: ErrorKind, field: str, resource: str
) -> None:
    error = await refusal(world, request_)
    assert (error.kind, error.field, error.resource) == (kind, field, resource)
    assert world.driver.instances.changes == []


async def test_dry_run_validates_and_makes_nothing(world: World) -> None:
    assert await world.services.instances.launch(world.context, replace(ONE, dry_run=True)) == []
    assert (await refusal(world, replace(ONE, dry_run=True, image_id="img-9"))).kind is ErrorKind.NOT_FOUND
    assert world.operations.started == []


async def test_key_type_and_zone_reach_the_cloud(world: World) -> None:
    pair, _ = await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    request = replace(ONE, key_name="mine", instance_type="Small", zone="Defaulta", user_data=b"#!/bin/sh\n")
    await world.services.instances.launch(world.context, request)
    spec = world.driver.instances.given["vm-1"]
    assert spec.authorized_keys == (pair.public_key,)
    assert (spec.instance_type_id, spec.zone_id, spec.user_data) == ("type-1", "zone-1", b"#!/bin/sh\n")
    assert spec.annotation.key_name == "mine"


async def test_a_login_reaches_the_cloud_and_no_text(world: World) -> None:
    pair, _ = await world.services.key_pairs.generate(world.context, "mine", "ed25519")
    secret = "correct horse"
    request = replace(ONE, user_name="me", password=secret, authorized_keys=("ssh-rsa AAAA",), key_name="mine")
    await world.services.instances.launch(world.context, request)
    spec = world.driver.instances.given["vm-1"]
    assert (spec.user_name, spec.password) == ("me", secret)
    assert spec.authorized_keys == (pair.public_key, "ssh-rsa AAAA")
    assert secret not in f"{request!r}{request}{spec!r}{spec}"


async def test_an_architecture_is_that_of_a_zone(world: World) -> None:
    await world.services.instances.launch(world.context, replace(ONE, architecture="x86_64"))
    for given in (replace(ONE, architecture="arm64"), replace(ONE, architecture="arm64", zone="Defaulta")):
        error = await refusal(world, given)
        assert (error.kind, error.field, "arm64" in error.message) == (ErrorKind.INVALID, "architecture", True)
    assert len(world.driver.instances.given) == 1


@pytest.mark.parametrize(
    ("brings", "networks", "given"),
    [
        (1, (), ()),
        (0, (), ("net-m",)),
        (0, ("net-a",), ("net-a",)),
    ],
)
async def test_a_machine_gets_an_interface_where_its_image_brings_none(
    world: World, brings: int, networks: tuple[str, ...], given: tuple[str, ...]
) -> None:
    world.driver.capability = Capability(networks_list=True, instances_create_with_networks=True)
    world.driver.images.brings = brings
    reached = {"zone_ids": ("zone-1",), "pluggable": True}
    world.driver.networks.rows = [
        Network("net-a", "apples", "dc-1", **reached),
        Network("net-m", "ovirtmgmt", "dc-1", default=True, **reached),
    ]
    await world.services.instances.launch(world.context, replace(ONE, network_ids=networks))
    assert world.driver.instances.given["vm-1"].network_ids == given


async def test_the_default_network_is_one_that_the_zone_reaches(world: World) -> None:
    world.driver.capability = Capability(networks_list=True, instances_create_with_networks=True)
    world.driver.images.brings = 0
    world.driver.networks.rows = [
        Network("net-m", "ovirtmgmt", "dc-1", zone_ids=("zone-2",), pluggable=True, default=True),
        Network("net-b", "pears", "dc-1", zone_ids=("zone-1",), pluggable=True),
        Network("net-a", "apples", "dc-1", zone_ids=("zone-1",), pluggable=False),
    ]
    await world.services.instances.launch(world.context, ONE)
    assert world.driver.instances.given["vm-1"].network_ids == ("net-b",)
