"""Servers -> instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from deltaic.drivers.openstack import instance_types, metadata, states
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.wire_compute import Flavor, Server
from deltaic.model.annotation import Annotation, Want
from deltaic.model.instance import DiskAttachment, Instance, InstanceState
from deltaic.model.instance_type import InstanceType
from deltaic.model.nic import Nic

#: States without a run.
_RESTING = frozenset(
    {InstanceState.CREATING, InstanceState.STOPPED, InstanceState.SUSPENDED, InstanceState.LOCKED, InstanceState.ERROR}
)

#: The item that says that a server is protected against deletion through the gateway: compute knows nothing like it.
PROTECTION = "delete_protected"


def instance(
    server: Server,
    region: str,
    flavor: Flavor | None = None,
    nics: Sequence[Nic] = (),
    devices: Mapping[str, str] | None = None,
) -> Instance:
    """The neutral form of a server. `devices`: volume id -> device, as far as known.

    Compute keeps the time of the first start only, and none of a stop.
    """
    state = states.state_of(server)
    size = _size(server, flavor)
    return Instance(
        id=server.id,
        name=server.name or "",
        state=state,
        zone_id=server.zone or server.pinned_zone or "",
        data_center_id=region,
        description=server.description or "",
        state_reason=states.reason_of(server),
        image_id=server.image_id,
        instance_type_id=size.id,
        memory=size.memory,
        cpu_sockets=size.cpu_sockets,
        cpu_cores=size.cpu_cores,
        cpu_threads=size.cpu_threads,
        host_id=server.host_id or "",
        created_at=moment(server.created),
        started_at=None if state in _RESTING else moment(server.launched_at),
        delete_protected=is_protected(server.metadata),
        nics=tuple(nics),
        disks=disks(server, devices or {}),
        annotation=annotation(server),
    )


def annotation(server: Server) -> Annotation:
    """What the gateway keeps at a server, with the key pair that compute knows of."""
    note = metadata.annotation_of(server.metadata)
    if server.key_name and not note.key_name:
        note = structs.replace(note, key_name=server.key_name)
    return structs.replace(note, want=None) if note.want is Want.RUNNING and _ran(server) else note


def _ran(server: Server) -> bool:
    """Whether a server rests after it ran: whoever wanted it to run got that.

    Compute takes no edits of metadata in some states, shelved ones among them, so the note may still be there.
    """
    return server.launched_at is not None and states.state_of(server) is InstanceState.STOPPED


def is_protected(items: Mapping[str, str]) -> bool:
    """Whether metadata says that its server is protected."""
    return metadata.get(items, PROTECTION) == "true"


def disks(server: Server, devices: Mapping[str, str]) -> tuple[DiskAttachment, ...]:
    """The volumes of a server, the one it starts from first; what belongs to the host alone is none."""
    boot = "" if server.image_id else _boot_volume(server, devices)
    found = [DiskAttachment(one.id, boot=one.id == boot, device=devices.get(one.id, "")) for one in server.volumes]
    return tuple(sorted(found, key=lambda disk: (not disk.boot, disk.device)))


def _boot_volume(server: Server, devices: Mapping[str, str]) -> str:
    """The volume that a server without an image starts from: that on the first device."""
    if server.root_device:
        named = (one.id for one in server.volumes if devices.get(one.id) == server.root_device)
        return next(named, "")
    if len(server.volumes) == 1:
        return server.volumes[0].id
    known = [(devices[one.id], one.id) for one in server.volumes if devices.get(one.id)]
    return min(known)[1] if known else ""


def _size(server: Server, flavor: Flavor | None) -> InstanceType:
    if flavor is not None:
        return instance_types.instance_type(flavor)
    told = server.flavor
    size = Flavor("", told.original_name, told.ram, told.vcpus or 1, told.disk, extra_specs=told.extra_specs)
    return instance_types.instance_type(size)
