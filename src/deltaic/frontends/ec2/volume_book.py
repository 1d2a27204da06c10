"""What machines' disks are as volumes: names of their devices, and whether they outlive the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_id
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.volume import Volume
from deltaic.services.views import InstanceView

Volumes = Mapping[str, Volume]


async def know_volumes(request: Ec2Request, views: Iterable[InstanceView]) -> None:
    """Have at hand the volumes that these machines have beside their root disks.

    Machines with one disk need nothing. A listing is believed for some seconds, as long as it has every attachment and
    none is pending.
    """
    extra = {(view.instance.id, disk.disk_id) for view in views for disk in view.instance.disks if not disk.boot}
    if not extra:
        return
    try:
        known = await request.recent_volumes.get(_key(request), lambda: _read(request))
        if not all(_is_attached(known, machine, disk) for machine, disk in extra):
            known = await request.recent_volumes.get(_key(request), lambda: _read(request), anew=True)
    except Error as error:
        # Whoever may not see volumes sees machines all the same.
        if error.kind not in (ErrorKind.FORBIDDEN, ErrorKind.UNSUPPORTED):
            raise
        return
    request.volumes = known


def _is_attached(volumes: Volumes, machine: str, disk: str) -> bool:
    plugs = (*volumes[disk].attachments, *volumes[disk].leaving) if disk in volumes else ()
    return any(plug.instance_id == machine and not plug.pending for plug in plugs)


async def all_volumes(request: Ec2Request) -> Volumes:
    """All volumes of the scope by id, as they are now."""
    request.volumes = await request.recent_volumes.get(_key(request), lambda: _read(request), anew=True)
    return request.volumes


def volumes_of(request: Ec2Request, disks: Iterable[str]) -> list[Volume]:
    """The volumes at hand among these disks."""
    return [request.volumes[disk_id] for disk_id in disks if disk_id in request.volumes]


def _key(request: Ec2Request) -> tuple[str, Scope]:
    return (request.context.owner, request.context.scope)


async def _read(request: Ec2Request) -> Volumes:
    volumes = {volume.id: volume for volume in await request.services.volumes.list(request.context)}
    request.learn("vol", volumes)
    return volumes


async def one_volume(request: Ec2Request) -> Volume:
    """The volume of the parameter VolumeId. Errors: InvalidVolume.NotFound, InvalidVolumeID.Malformed."""
    native = await native_id(request, "vol", request.require("VolumeId"))
    return (await request.services.volumes.list(request.context, ids=[native]))[0]
