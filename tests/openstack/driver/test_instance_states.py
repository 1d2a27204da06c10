"""What others do to machines, as the driver tells it, and what can be done from there."""

from __future__ import annotations

from typing import Any

import pytest
from openstack.exceptions import SDKException

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.machines import gone, machine, state, wish
from tests.openstack.support.flavors import own_flavor

#: A disk that no host of the lab has; projects have no quota for it.
TOO_LARGE = {"ram": 64, "vcpus": 1, "disk": 5_000_000}


async def status(desk: Desk, server_id: str, wanted: str) -> Any:
    async def look() -> Any:
        return await desk.told(desk.cloud.compute.get_server, server_id)

    return await desk.until(look, lambda one: one.status == wanted and one.task_state is None)


async def ask(desk: Desk, verb: str, server_id: str, wanted: str) -> None:
    """Have openstacksdk do something."""
    await desk.told(getattr(desk.cloud.compute, verb), server_id)
    await status(desk, server_id, wanted)


async def test_what_others_did(desk: Desk) -> None:
    instances = desk.driver.instances
    async with machine(desk, "passive") as made:

        async def shown() -> tuple[InstanceState, str]:
            one = await instances.get(desk.context, made.id)
            return one.state, one.state_reason

        async def back(wanted: InstanceState = InstanceState.RUNNING) -> None:
            await instances.start(desk.context, made.id)
            await state(desk, made.id, wanted)

        await ask(desk, "pause_server", made.id, "PAUSED")
        assert await shown() == (InstanceState.PAUSED, "")
        await back()
        await ask(desk, "pause_server", made.id, "PAUSED")
        await instances.stop(desk.context, made.id)
        await state(desk, made.id, InstanceState.STOPPED)
        await back()

        await ask(desk, "rescue_server", made.id, "RESCUE")
        assert await shown() == (InstanceState.RUNNING, "The machine runs a rescue system")
        await back()
        assert (await status(desk, made.id, "ACTIVE")).status == "ACTIVE"

        await ask(desk, "shelve_server", made.id, "SHELVED_OFFLOADED")
        assert await shown() == (InstanceState.STOPPED, "The machine is shelved")
        await instances.stop(desk.context, made.id)
        with pytest.raises(Error) as caught:
            await instances.annotate(desk.context, made.id, lambda _: Annotation())
        assert caught.value.kind is ErrorKind.CONFLICT
        await back()

        await ask(desk, "stop_server", made.id, "SHUTOFF")
        medium = desk.tenant.flavors["m1.medium"]
        await desk.told(desk.cloud.compute.resize_server, made.id, medium)
        await status(desk, made.id, "VERIFY_RESIZE")
        assert await shown() == (InstanceState.STOPPED, "The machine's new size waits to be confirmed")
        await back()
        assert (await instances.get(desk.context, made.id)).instance_type_id == medium

        await desk.told(desk.cloud.compute.lock_server, made.id)
        with pytest.raises(Error) as caught:
            await instances.delete(desk.context, made.id)
        assert caught.value.kind is ErrorKind.PROTECTED
        await desk.told(desk.cloud.compute.unlock_server, made.id)


async def test_no_host_has_room(desk: Desk) -> None:
    admin = desk.tenant.plane.administrator()
    flavor = await desk.told(lambda: own_flavor(desk.tenant, "large", **TOO_LARGE))
    instances = desk.driver.instances
    try:
        made = await instances.create(desk.context, wish(desk, "large", instance_type_id=flavor.id))
        broken = await state(desk, made.id, InstanceState.ERROR)
        assert broken.state_reason.startswith("No valid host was found.")
        assert await instances.creation_failure(desk.context, made.id) == broken.state_reason
        assert broken.instance_type_id == flavor.id
        await instances.stop(desk.context, made.id)
        with pytest.raises(Error) as caught:
            await instances.start(desk.context, made.id)
        assert caught.value.kind is ErrorKind.CONFLICT
        await gone(desk, made.id)
    finally:
        await desk.told(admin.compute.delete_flavor, flavor)


async def test_quota(desk: Desk) -> None:
    admin = desk.tenant.plane.administrator()
    project = desk.tenant.project_id
    await desk.told(lambda: admin.compute.update_quota_set(project, instances=0))
    try:
        with pytest.raises(Error) as caught:
            await desk.driver.instances.create(desk.context, wish(desk, "too-many"))
        assert caught.value.kind is ErrorKind.QUOTA
        assert await desk.driver.instances.list(desk.context) == []
    finally:
        await desk.told(lambda: admin.compute.update_quota_set(project, instances=10))


async def test_a_size_that_was_removed_is_still_told(desk: Desk) -> None:
    admin = desk.tenant.plane.administrator()
    flavor = await desk.told(lambda: own_flavor(desk.tenant, "short", ram=96, vcpus=1, disk=1))
    async with machine(desk, "sized", instance_type_id=flavor.id) as made:
        await desk.told(admin.compute.delete_flavor, flavor)
        with pytest.raises(SDKException):
            await desk.told(desk.cloud.compute.get_flavor, flavor.id)
        there = await desk.until(
            lambda: desk.driver.instances.get(desk.context, made.id), lambda one: not one.instance_type_id
        )
        assert (there.memory, there.cpus) == (96 << 20, 1)
