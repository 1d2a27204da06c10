"""Driving instances from one state to another: start, stop, reboot, terminate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltaic.frontends.ec2 import states
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.services.instances import StateChange


async def _targets(request: Ec2Request) -> list[str]:
    """The machines the request names; a dry run ends here, after they were looked up."""
    natives = await native_ids(request, "i", request.require("InstanceIds", "InstanceId"))
    if request.dry_run:
        await request.services.instances.list(request.context, ids=natives, details=False)
    request.before_acting()
    return natives


def _changes(request: Ec2Request, natives: Sequence[str], changes: Sequence[StateChange]) -> list[dict[str, Any]]:
    place = {native: index for index, native in enumerate(natives)}
    return [
        {
            "InstanceId": request.id("i", change.instance_id),
            "CurrentState": states.state(change.current),
            "PreviousState": states.state(change.previous),
        }
        for change in sorted(changes, key=lambda change: place.get(change.instance_id, len(place)))
    ]


@action("StartInstances", writes=True, unsupported=("AdditionalInfo",))
async def start_instances(request: Ec2Request) -> dict[str, Any]:
    """Start stopped machines; fine on running ones."""
    if "AdditionalInfo" in request.parameters:
        raise unsupported("AdditionalInfo", "it is reserved by AWS.")
    natives = await _targets(request)
    changes = await request.services.instances.start(request.context, natives)
    return {"StartingInstances": _changes(request, natives, changes)}


@action("StopInstances", writes=True)
async def stop_instances(request: Ec2Request) -> dict[str, Any]:
    """Shut down, cut the power (Force or SkipOsShutdown) or suspend (Hibernate)."""
    force = bool(request.get("Force")) or bool(request.get("SkipOsShutdown"))
    hibernate = bool(request.get("Hibernate"))
    natives = await _targets(request)
    changes = await request.services.instances.stop(request.context, natives, force=force, hibernate=hibernate)
    return {"StoppingInstances": _changes(request, natives, changes)}


@action("RebootInstances", writes=True)
async def reboot_instances(request: Ec2Request) -> dict[str, Any]:
    """Restart the guests of running machines."""
    natives = await _targets(request)
    await request.services.instances.reboot(request.context, natives)
    return {}


@action("TerminateInstances", writes=True, note="Force and SkipOsShutdown: the power is always cut.")
async def terminate_instances(request: Ec2Request) -> dict[str, Any]:
    """Remove machines with their disks; they stay visible for an hour."""
    natives = await _targets(request)
    changes = await request.services.instances.terminate(request.context, natives)
    return {"TerminatingInstances": _changes(request, natives, changes)}
