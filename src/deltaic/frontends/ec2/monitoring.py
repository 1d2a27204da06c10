"""Monitoring switches and CPU credits.

The engine samples every machine all the time; what is kept is only the caller's wish, because tools compare it.
"""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.filters_instances import CREDIT_SPECIFICATIONS
from deltaic.frontends.ec2.instances_describe import list_views
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.model.instance import InstanceState


@action("MonitorInstances", writes=True, unsupported=("MetricCategoryId",))
async def monitor_instances(request: Ec2Request) -> dict[str, Any]:
    """Switch detailed monitoring on."""
    return await _switch(request, True)


@action("UnmonitorInstances", writes=True, unsupported=("MetricCategoryId",))
async def unmonitor_instances(request: Ec2Request) -> dict[str, Any]:
    """Switch detailed monitoring off."""
    return await _switch(request, False)


async def _switch(request: Ec2Request, wanted: bool) -> dict[str, Any]:
    if "MetricCategoryIds" in request.parameters:
        raise unsupported("MetricCategoryId", "the engine's samples have no categories.")
    natives = await native_ids(request, "i", request.require("InstanceIds", "InstanceId"))
    await request.services.instances.list(request.context, ids=natives, details=False)
    request.before_acting()
    await request.services.instances.monitor(request.context, natives, wanted)
    state = monitoring_state(wanted)
    return {"InstanceMonitorings": [{"InstanceId": request.id("i", native), "Monitoring": state} for native in natives]}


def monitoring_state(wanted: bool) -> dict[str, str]:
    """A Monitoring structure."""
    return {"State": "enabled" if wanted else "disabled"}


@action(
    "DescribeInstanceCreditSpecifications",
    filters=CREDIT_SPECIFICATIONS,
    note="Always `standard`: no type is burstable.",
)
async def describe_instance_credit_specifications(request: Ec2Request) -> dict[str, Any]:
    """The credit option of machines."""
    matches = request.matcher(CREDIT_SPECIFICATIONS)
    views = await list_views(request, request.get("InstanceIds", ()), details=False)
    rows = [
        {"InstanceId": request.id("i", view.instance.id), "CpuCredits": "standard"}
        for view in views
        if view.instance.state is not InstanceState.DELETED
    ]
    return request.listing("InstanceCreditSpecifications", rows, matches, "InstanceId")
