"""What machines are made of: images, configurations, templates; volumes and networks."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.render_common import KIBIBYTE, Document, common, kilobytes
from deltaic.model.image import Image, ImageState
from deltaic.model.network import Network
from deltaic.model.volume import Volume, VolumeState
from deltaic.services.instance_types import InstanceTypeView

IMAGE_STATES: Final = {
    ImageState.PENDING: "CREATING",
    ImageState.AVAILABLE: "AVAILABLE",
    ImageState.ERROR: "ERROR",
}
VOLUME_STATES: Final = {
    VolumeState.CREATING: "CREATING",
    VolumeState.AVAILABLE: "AVAILABLE",
    VolumeState.DELETING: "DELETING",
    VolumeState.ERROR: "ERROR",
}
#: The only type of volume that the standard names: a block device.
MAPPED: Final = "http://schemas.dmtf.org/cimi/1/mapped"


def image(links: Links, found: Image) -> Document:
    """An image. Its location is the engine's own id for it: where it lies there is nobody's business."""
    document = common(links.to("machine_images", found.id), found.name, found.description, found.created_at)
    document |= {"state": IMAGE_STATES[found.state], "type": "IMAGE"}
    return document | ({"imageLocation": location} if (location := _urn(found.id)) else {})


def _urn(native: str) -> str:
    try:
        return UUID(native).urn
    except ValueError:
        return ""


def configuration_id(view: InstanceTypeView) -> str:
    """The last segment of a configuration's URI: the engine's id, or the name of an open size."""
    return view.type.name if view.open else view.type.id


def configuration(links: Links, view: InstanceTypeView) -> Document:
    """A size. An open one has no figures: they are the image's."""
    size = view.type
    document = common(links.to("machine_configurations", configuration_id(view)), size.name, size.description)
    return document if view.open else document | {"cpu": size.cpus, "memory": size.memory // KIBIBYTE}


def machine_template(links: Links, found: Image, initial_state: str) -> Document:
    """The template that an image stands for: the image in its own size."""
    uri = links.to("machine_templates", found.id)
    return common(uri, found.name, found.description, found.created_at) | {
        "initialState": initial_state,
        "machineConfig": links.ref("machine_configurations", "DESKTOP" if found.kind == "desktop" else "SERVER"),
        "machineImage": links.ref("machine_images", found.id),
    }


def volume(links: Links, found: Volume) -> Document:
    """A disk that stands for itself."""
    document = common(links.to("volumes", found.id), found.name, found.description, found.created_at, found.tags)
    return document | {
        "state": VOLUME_STATES[found.state],
        "type": MAPPED,
        "capacity": kilobytes(found.size),
        "bootable": found.bootable,
    }


def network(links: Links, found: Network) -> Document:
    """A logical network: it is there for machines at any time."""
    document = common(links.to("networks", found.id), found.name, found.description, None, found.tags)
    return document | {"state": "STARTED"} | ({"mtu": found.mtu} if found.mtu else {})
