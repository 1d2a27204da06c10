"""Machines for tests of the driver: made, waited for, and removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec, InstanceState
from tests.openstack.driver.conftest import Desk

_MADE = frozenset({InstanceState.RUNNING, InstanceState.ERROR})


def wish(desk: Desk, name: str, /, **members: Any) -> InstanceSpec:
    """A small machine on the project's network."""
    tenant = desk.tenant
    spec = InstanceSpec(name, tenant.image_id, "nova", network_ids=(tenant.network_id,))
    return msgspec.structs.replace(spec, **{"annotation": Annotation(launch=f"{name}:0"), **members})


async def state(desk: Desk, instance_id: str, *states: InstanceState) -> Instance:
    """Wait for one of some states."""
    return await desk.until(
        lambda: desk.driver.instances.get(desk.context, instance_id), lambda one: one.state in states
    )


async def gone(desk: Desk, instance_id: str) -> None:
    """Remove a machine and wait until it is no more."""
    instances = desk.driver.instances

    async def there() -> bool:
        try:
            await instances.get(desk.context, instance_id)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return False
        return True

    await instances.delete(desk.context, instance_id)
    await desk.until(there, lambda seen: not seen)


@asynccontextmanager
async def machine(desk: Desk, name: str, **members: Any) -> AsyncIterator[Instance]:
    """A machine that is made, and removed at the end."""
    first = await desk.driver.instances.create(desk.context, wish(desk, name, **members))
    try:
        yield await state(desk, first.id, *_MADE)
    finally:
        await gone(desk, first.id)
