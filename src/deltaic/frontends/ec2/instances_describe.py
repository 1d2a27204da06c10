"""Reading instances: DescribeInstances and DescribeInstanceStatus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltaic.frontends.ec2 import states
from deltaic.frontends.ec2.filters_instances import INSTANCES, STATUSES
from deltaic.frontends.ec2.group_book import groups_of, know_groups
from deltaic.frontends.ec2.image_book import know_images
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.render_instance import instance, owner_of, reservation_id
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.volume_book import know_volumes, volumes_of
from deltaic.frontends.http.pace import paced
from deltaic.protocols.aws.filters import Matcher
from deltaic.protocols.aws.paging import check_ids_unpaged
from deltaic.protocols.aws.xml import Fragment, serialize_item
from deltaic.services.views import InstanceView


@action("DescribeInstances", filters=INSTANCES)
async def describe_instances(request: Ec2Request) -> dict[str, Any]:
    """Machines by reservation: all of the scope, those of `InstanceIds`, or those that the filters let pass."""
    check_ids_unpaged(request.call.request, "InstanceIds", "instancesSet")
    matches = request.matcher(INSTANCES)
    views = await list_views(request, request.get("InstanceIds", ()))
    if request.get("Filters"):
        views = [view async for view in paced(views) if _passes(request, view, matches)]
    page = request.page(views, lambda view: view.instance.id)
    answer: dict[str, Any] = {"Reservations": await reservations(request, page.items)}
    if page.next_token is not None:
        answer["NextToken"] = page.next_token
    return answer


async def list_views(request: Ec2Request, texts: Sequence[str], details: bool = True) -> Sequence[InstanceView]:
    """The machines of these ids, of the whole scope without any."""
    natives = await native_ids(request, "i", texts) if texts else ()
    views = await request.services.instances.list(request.context, ids=natives, details=details)
    request.learn("i", (view.instance.id for view in views))
    if details:
        await know_volumes(request, views)
        await know_groups(request, views)
        await know_images(request, views)
    return views


async def reservations(request: Ec2Request, views: Sequence[InstanceView]) -> list[Fragment]:
    """Machines grouped by what launched them together, in order of their first machine."""
    groups: dict[str, list[InstanceView]] = {}
    for view in views:
        own = view.instance.annotation.reservation or view.instance.id
        groups.setdefault(own, []).append(view)
    return [_reservation(request, members) async for members in paced(groups.values())]


def _reservation(request: Ec2Request, members: list[InstanceView]) -> Fragment:
    """A reservation, from the cache when nothing about its machines changed."""

    def render() -> Fragment:
        return serialize_item(
            "DescribeInstances",
            "Reservations",
            {
                "ReservationId": reservation_id(request, members[0].instance),
                "OwnerId": owner_of(request),
                "Groups": request.form.reservation_groups(),
                "Instances": [instance(request, view) for view in sorted(members, key=_launch_index)],
            },
        )

    first = members[0]
    key = (request.form.name, request.context.scope.provider, request.account, first.instance.id)
    source: Any = first if len(members) == 1 else members
    if request.volumes:
        source = (source, [volumes_of(request, (disk.disk_id for disk in view.instance.disks)) for view in members])
    if request.groups:
        source = (source, [groups_of(request, nic) for view in members for nic in view.instance.nics])
    return request.cache.get(key, source, render)


def _launch_index(view: InstanceView) -> int:
    return view.instance.annotation.launch_index


def _passes(request: Ec2Request, view: InstanceView, matches: Matcher) -> bool:
    rendered = instance(request, view)
    rendered["ReservationId"] = reservation_id(request, view.instance)
    rendered["OwnerId"] = owner_of(request)
    rendered["_zones"] = request.form.zone_names(view.zone)
    return matches(rendered)


@action("DescribeInstanceStatus", filters=STATUSES)
async def describe_instance_status(request: Ec2Request) -> dict[str, Any]:
    """Health of running machines; of all with IncludeAllInstances."""
    check_ids_unpaged(request.call.request, "InstanceIds", "instancesSet")
    matches = request.matcher(STATUSES)
    views = await list_views(request, request.get("InstanceIds", ()), details=False)
    everything = request.get("IncludeAllInstances", False)
    rows = [
        _status(request, view) for view in views if everything or states.CODES[view.instance.state] is states.RUNNING
    ]
    return request.listing("InstanceStatuses", rows, matches, "InstanceId")


def _status(request: Ec2Request, view: InstanceView) -> dict[str, Any]:
    own, system = states.CHECKS.get(view.instance.state, ("not-applicable", "not-applicable"))
    return {
        "AvailabilityZone": request.form.zone(view.zone),
        "_zones": request.form.zone_names(view.zone),
        "Events": [],
        "InstanceId": request.id("i", view.instance.id),
        "InstanceState": states.state(view.instance.state),
        "InstanceStatus": _check(own),
        "SystemStatus": _check(system),
    }


#: What the reachability check says under each status.
_REACHABILITY = {
    "ok": "passed",
    "impaired": "failed",
    "initializing": "initializing",
    "insufficient-data": "insufficient-data",
}


def _check(status: str) -> dict[str, Any]:
    if status not in _REACHABILITY:
        return {"Status": status}
    return {"Status": status, "Details": [{"Name": "reachability", "Status": _REACHABILITY[status]}]}
