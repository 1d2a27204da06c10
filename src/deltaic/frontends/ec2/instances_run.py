"""RunInstances: from AWS's many parameters to one launch."""

from __future__ import annotations

from typing import Any, Final

from deltaic.frontends.ec2 import run_limits
from deltaic.frontends.ec2.group_book import know_groups
from deltaic.frontends.ec2.image_book import check_made, know_images
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.render_instance import instance, owner_of, reservation_id
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.run_disks import wished_volumes
from deltaic.frontends.ec2.run_network import wiring
from deltaic.frontends.ec2.tagging import client_token, specified_tags
from deltaic.protocols.aws.paging import parameters_digest
from deltaic.protocols.aws.user_data import decode_user_data
from deltaic.services.launch import LaunchRequest

#: Resource types that a launch makes and so may tag.
TAGGED: Final = ("instance", "volume", "network-interface")


@action(
    "RunInstances",
    writes=True,
    unsupported=run_limits.refusals(),
    note="InstanceType may be absent: the image's own size. Without a subnet a machine gets its image's interfaces, "
    "else one in the default network. Several interfaces may be asked for, each with its subnet. "
    "Where the cloud has no security groups, one is that of its network, or `default` by name.",
)
async def run_instances(request: Ec2Request) -> dict[str, Any]:
    """Launch machines; answers as soon as the engine accepted them."""
    launch = await _launch_request(request)
    views = await request.services.instances.launch(request.context, launch)
    request.before_acting()
    request.learn("i", (view.instance.id for view in views))
    await know_images(request, views)
    await know_groups(request, views)
    return {
        "ReservationId": reservation_id(request, views[0].instance),
        "OwnerId": owner_of(request),
        "Groups": request.form.reservation_groups(),
        "Instances": [instance(request, view) for view in views],
    }


async def _launch_request(request: Ec2Request) -> LaunchRequest:
    run_limits.check_options(request.parameters)
    image_id = await native_id(request, "ami", request.require("ImageId"))
    check_made(request, image_id)
    volumes = await wished_volumes(request, image_id)
    plugs = await wiring(request)
    specified = specified_tags(request.get("TagSpecifications", ()), TAGGED)
    tags = specified.get("instance", {})
    minimum = request.get("MinCount", 1)
    return LaunchRequest(
        image_id=image_id,
        min_count=minimum,
        max_count=request.get("MaxCount", max(minimum, 1)),
        zone=plugs.zone,
        instance_type=request.get("InstanceType", ""),
        user_data=decode_user_data(request.get("UserData", "")),
        key_name=request.get("KeyName", ""),
        tags=tags,
        disk_tags=specified.get("volume", {}),
        nic_tags=specified.get("network-interface", {}),
        name=tags.get("Name", ""),
        client_token=client_token(request),
        fingerprint=parameters_digest(request.call.request, without=frozenset({"ClientToken", "DryRun"})),
        network_ids=plugs.network_ids,
        volumes=volumes,
        subnet_ids=plugs.subnet_ids,
        security_group_ids=plugs.group_ids,
        delete_protected=request.get("DisableApiTermination", False),
        monitored=request.get("Monitoring", {}).get("Enabled", False),
        dry_run=request.dry_run,
    )
