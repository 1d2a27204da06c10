"""Configurations: sizes of machines, the engine's and those that clients make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KIBIBYTE, Document, common
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import invalid, not_found
from deltaic.services.instance_types import InstanceTypeView


async def configurations(call: Call, owners: Owners) -> Sequence[Document]:
    """The engine's instance types, and the open sizes."""
    return [configuration(call.links, one) for one in await call.world.sizes()]


async def named(call: Call, owners: Owners, wanted: str) -> Document:
    """A size by its id or its name."""
    for view in await call.world.sizes():
        if wanted in (view.type.id, view.type.name):
            return configuration(call.links, view)
    raise not_found("instance_type", wanted)


def configuration_id(view: InstanceTypeView) -> str:
    """The last segment of a configuration's URI: the engine's id, or the name of an open size."""
    return view.type.name if view.open else view.type.id


def configuration(links: Links, view: InstanceTypeView) -> Document:
    """A size. An open one has no figures: they are the image's."""
    size = view.type
    document = common(links.to("machine_configurations", configuration_id(view)), size.name, size.description)
    return document if view.open else document | {"cpu": size.cpus, "memory": size.memory // KIBIBYTE}


def positive(value: Any, name: str) -> int:
    """A count that a client sent; INVALID when it is none."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid(name, f"The {name} must be a whole number above 0")
    return value


def check(document: Document) -> Document:
    """Refuse figures that no machine can have."""
    for name in ("cpu", "memory", "cpuSpeed"):
        if document.get(name) is not None:
            positive(document[name], name)
    for disk in document.get("disks") or ():
        positive(disk.get("capacity"), "disks/capacity")
    return document


KEPT: Final = Kept("MachineConfiguration", configurations, named, check)
