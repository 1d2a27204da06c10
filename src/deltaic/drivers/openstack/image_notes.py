"""What the gateway keeps with an image in its properties, beside what other services have there.

Whoever makes an image of a server hands down the properties of the image that the server was made from, the gateway's
too: they count for the image alone whose id they repeat. While an image is made nothing may be written to it, so until
the first change that comes after that, `deltaic:keys` tells which properties are its own.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from deltaic.drivers.openstack import metadata
from deltaic.drivers.openstack.metadata import Items
from deltaic.drivers.openstack.wire_image import MEMBERS, Image
from deltaic.model.annotation import Annotation

DESCRIPTION: Final = "description"
#: Whose properties these are; `NEW` before the image has an id.
OWN_ID: Final = f"{metadata.PREFIX}id"
NEW: Final = "new"
#: The member that tells the own keys of a new image: the beginnings of their digests, one after another.
_KEYS: Final = "keys"
_DIGITS: Final = 6

#: Properties of other services: what they write by themselves, or do something by.
_NAMES: Final = frozenset(
    {
        "architecture", "auto_disk_config", "base_image_ref", "bdm_v2", "block_device_mapping", "boot_roles",
        "hypervisor_type", "image_location", "image_state", "image_type", "instance_type_flavorid",
        "instance_type_id", "instance_type_memory_mb", "instance_type_name", "instance_type_root_gb",
        "instance_type_vcpus", "instance_uuid", "kernel_id", "mappings", "network_allocated", "owner_id",
        "owner_project_name", "owner_user_name", "ramdisk_id", "root_device_name", "user_id", "vm_mode", "readonly",
        DESCRIPTION,
    }
)  # fmt: skip
_PREFIXES: Final = ("cinder_", "hw_", "img_", "os_", "owner_specified.", "signature_", "trait:", "vmware_", "xenapi_")


class _Foreign:
    """The properties that are no tags."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (key in MEMBERS or key in _NAMES or key.startswith(_PREFIXES))


FOREIGN: Final = _Foreign()


def note_of(image: Image) -> Annotation:
    """The annotation of an image."""
    return metadata.annotation_of(_own(image), FOREIGN)


def first_items(note: Annotation, description: str) -> Items:
    """The properties that a new image begins with; of a long description, its beginning."""
    items = metadata.items_of(note, FOREIGN)
    keys = metadata.put(_KEYS, "".join(sorted(map(_digest, items))))
    # An empty description, too: else another image's would be handed down.
    return {**items, **keys, OWN_ID: NEW, DESCRIPTION: description[: metadata.LIMIT]}


def patch(image: Image, note: Annotation, description: str | None = None) -> list[dict[str, Any]]:
    """What to change so that an image has this annotation, and this description when one is given."""
    wanted = metadata.items_of(note, FOREIGN)
    if OWN_ID in image.properties or any(key.startswith(metadata.PREFIX) for key in wanted):
        wanted[OWN_ID] = image.id
    changes = metadata.changes(image.properties, wanted, FOREIGN)
    changed = dict(changes.changed)
    if description is not None and description != image.properties.get(DESCRIPTION, ""):
        changed[DESCRIPTION] = description
    removed = [*changes.removed, *(key for key in image.properties if _tells_keys(key))]
    removals = [{"op": "remove", "path": _pointer(key)} for key in removed]
    return removals + [{"op": "add", "path": _pointer(key), "value": value} for key, value in changed.items()]


def _own(image: Image) -> Items:
    """The properties without what was handed down to the image."""
    owner = image.properties.get(OWN_ID, image.id)
    told = metadata.get(image.properties, _KEYS) if owner == NEW else None
    if told is not None:
        own = {told[start : start + _DIGITS] for start in range(0, len(told), _DIGITS)}
        return {key: value for key, value in image.properties.items() if _digest(key) in own}
    if owner in (image.id, NEW):
        return image.properties
    return {key: value for key, value in image.properties.items() if not key.startswith(metadata.PREFIX)}


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _tells_keys(key: str) -> bool:
    return key.removeprefix(metadata.PREFIX).partition(":")[0] == _KEYS and key.startswith(metadata.PREFIX)


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
