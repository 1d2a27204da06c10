"""Machines of a launch that nobody waits for: made by creations whose answers were lost.

A cloud may go on with a creation long after its caller stopped listening, and only some clouds refuse a second
machine of the same name. What such a creation made has the launch's marker, as the machine has that the launch knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceChanges, InstanceState
from deltaic.operations.flows import leftovers
from deltaic.operations.flows.looking import repeatable
from deltaic.operations.flows.tools import LOCKED_STATES, Job

log = structlog.get_logger(__name__)

_GOING: Final = frozenset({InstanceState.DELETING, InstanceState.DELETED})


async def withdraw(job: Job, launch: str, failure: Error) -> bytes:
    """Remove what a launch that is given up has made; after a lost answer look for it for a while."""

    async def find() -> Sequence[Instance]:
        found = await job.driver.instances.find_launch(await job.context(), launch)
        return [instance for instance in found if instance.state not in _GOING]

    return await leftovers.withdraw(job, failure, find, partial(_remove, job))


async def remove_twins(job: Job, launch: str, made: Instance) -> None:
    """Remove what the same launch made beside `made`, under the very same name."""
    found = await job.driver.instances.find_launch(await job.context(), launch)
    for instance in found:
        if instance.id != made.id and instance.name == made.name and instance.state not in _GOING:
            log.warning("a creation without an answer made another machine", instance=made.id, other=instance.id)
            await _remove(job, instance)


async def _remove(job: Job, instance: Instance) -> None:
    if not job.driver.capability.instances_delete_running:
        await job.wait(instance.id, lambda seen, _: seen.state not in LOCKED_STATES)
    try:
        if instance.delete_protected:
            await job.driver.instances.update(await job.context(), instance.id, InstanceChanges(delete_protected=False))
        await job.driver.instances.delete(await job.context(), instance.id)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise repeatable(error) from error
