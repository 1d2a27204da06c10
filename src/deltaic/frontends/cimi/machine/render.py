"""Machines as clients see them: pure functions from the model."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.common import KIBIBYTE, Document, common, operation
from deltaic.frontends.cimi.labels import shown_name, shown_properties
from deltaic.frontends.cimi.links import Links
from deltaic.model.capability import Capability
from deltaic.model.instance import Instance, InstanceState
from deltaic.services.views import InstanceView

S = InstanceState

#: The standard's word for each state. A machine that a disk operation holds is stopped: it starts when it is free.
STATES: Final[dict[InstanceState, str]] = {
    S.CREATING: "CREATING",
    S.STARTING: "STARTING",
    S.REBOOTING: "STARTING",
    S.RESUMING: "STARTING",
    S.RUNNING: "STARTED",
    S.MIGRATING: "STARTED",
    S.PAUSED: "PAUSED",
    S.STOPPING: "STOPPING",
    S.STOPPED: "STOPPED",
    S.LOCKED: "STOPPED",
    S.SUSPENDING: "SUSPENDING",
    S.SUSPENDED: "SUSPENDED",
    S.DELETING: "DELETING",
    S.DELETED: "DELETING",
    S.NOT_RESPONDING: "ERROR",
    S.UNKNOWN: "ERROR",
    S.PAUSED_BY_ERROR: "ERROR",
    S.ERROR: "ERROR",
}

#: The actions that a state offers. Old clients look for `start` anywhere in a word and take the last one that has it:
#: it comes after `restart`.
OFFERED: Final[dict[str, tuple[str, ...]]] = {
    "CREATING": (),
    "STARTING": ("stop",),
    "STARTED": ("stop", "restart", "suspend", "capture", "snapshot", "restore"),
    "PAUSED": ("start", "stop", "capture", "snapshot", "restore"),
    "STOPPING": ("stop",),
    "STOPPED": ("restart", "start", "capture", "snapshot", "restore"),
    "SUSPENDING": (),
    "SUSPENDED": ("start", "restore"),
    "DELETING": (),
    "ERROR": ("stop",),
}

#: Collections below a machine, and the flags of the cloud that they need.
PARTS: Final = {
    "disks": "volumes_list",
    "volumes": "volumes_list",
    "networkInterfaces": "",
    "snapshots": "instance_snapshots_list",
    "meters": "metrics_read",
}
#: The flags of the cloud that what can be done to a machine needs.
NEEDS: Final = {
    "start": "instances_start",
    "stop": "instances_stop",
    "restart": "instances_reboot",
    "suspend": "instances_suspend",
    "capture": "images_create",
    "snapshot": "instance_snapshots_create",
    "restore": "instance_snapshots_restore",
    "delete": "instances_delete",
}
#: Operations whose address is that of machine images: what is asked for is sent there as a new one.
IMAGING: Final = frozenset({"capture", "snapshot"})
#: What a machine that is locked is asked for in vain.
_FREE: Final = IMAGING | {"restore"}


def machine(links: Links, view: InstanceView, latest: str, cloud: Capability) -> Document:
    """A machine with references to its parts; `latest` is the id of the image that its state follows."""
    instance = view.instance
    uri = links.to("machines", instance.id)
    tags = instance.annotation.tags
    document = common(
        uri,
        shown_name(tags, instance.name),
        instance.description,
        instance.created_at,
        shown_properties(tags),
    )
    document |= {
        "state": STATES[instance.state],
        "cpu": instance.cpus,
        "memory": instance.memory // KIBIBYTE,
        "cpuArch": instance.architecture,
    }
    document |= {part: {"href": f"{uri}/{part}"} for part, flag in PARTS.items() if not flag or getattr(cloud, flag)}
    if cloud.events_list:
        document["eventLog"] = links.ref("event_logs", f"machine.{instance.id}")
    if latest:
        document["latestSnapshot"] = links.ref("machine_images", latest)
    document["operations"] = operations(links, instance, uri, cloud)
    return {key: value for key, value in document.items() if value not in ("", [])}


def operations(links: Links, instance: Instance, uri: str, cloud: Capability) -> list[Document]:
    """What can be done to a machine in its state."""
    verbs = () if instance.state is S.ERROR else OFFERED[STATES[instance.state]]
    if instance.state is S.LOCKED:
        verbs = tuple(verb for verb in verbs if verb not in _FREE)
    if instance.state is not S.STOPPED and not cloud.images_create_from_running:
        verbs = tuple(verb for verb in verbs if verb != "capture" or cloud.instance_snapshots_create)
    images = links.to("machine_images")
    offered = [
        operation(verb, images if verb in IMAGING else f"{uri}/{verb}")
        for verb in verbs
        if getattr(cloud, NEEDS[verb]) and (cloud.images_create or verb not in IMAGING)
    ]
    if instance.state is not S.CREATING:
        offered.append(operation("edit", uri))
    protected = instance.delete_protected or not cloud.instances_delete
    return offered if protected else [*offered, operation("delete", uri)]
