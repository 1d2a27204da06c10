"""Volumes and snapshots of them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional
from deltaic.protocols.deltacloud.families.links import Link, Reference, actions_json, actions_xml


class StorageVolume(Struct, frozen=True):
    """A disk. `capacity` in GB as text; `instance` and `device` where it is attached."""

    id: str
    href: str
    name: str
    capacity: str
    state: str
    realm: Reference
    created: str = ""
    description: str = ""
    kind: str = ""
    device: str = ""
    instance: Reference | None = None
    actions: tuple[Link, ...] = ()


class StorageSnapshot(Struct, frozen=True):
    """A volume's content at one time; `volume` while that is known."""

    id: str
    href: str
    name: str
    state: str
    volume: Reference | None = None
    created: str = ""
    description: str = ""
    actions: tuple[Link, ...] = ()


def storage_volume_xml(one: StorageVolume) -> Element:
    """The element `storage_volume`."""
    mount = None
    if one.instance is not None:
        place = element("device", name=one.device) if one.device else None
        mount = element("mount", one.instance.xml("instance"), place)
    return element(
        "storage_volume",
        optional("created", one.created),
        element("capacity", text=one.capacity, unit="GB"),
        element("name", text=one.name or one.id),
        optional("description", one.description),
        optional("device", one.device),
        one.realm.xml("realm"),
        element("realm_id", text=one.realm.id),
        element("state", text=one.state),
        mount,
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def storage_volume_json(one: StorageVolume) -> dict[str, Any]:
    """The object; `instance` is the old form of `mount`."""
    instance = one.instance.json("instance") if one.instance else {}
    document: dict[str, Any] = {
        "id": one.id,
        "href": one.href,
        "name": one.name or one.id,
        "description": one.description or None,
        "state": one.state,
        "created": one.created or None,
        "realm": one.realm.json("realm"),
        "realm_id": one.realm.id,
        "device": one.device or None,
        "kind": one.kind or None,
        "capacity": one.capacity,
        "actions": actions_json(one.actions),
        "instance": instance,
    }
    if one.instance is not None:
        document["mount"] = {"instance": instance, "device": {"name": one.device} if one.device else {}}
    return document


def storage_snapshot_xml(one: StorageSnapshot) -> Element:
    """The element `storage_snapshot`."""
    return element(
        "storage_snapshot",
        element("name", text=one.name or one.id),
        optional("description", one.description),
        optional("created", one.created),
        element("state", text=one.state),
        one.volume.xml("storage_volume") if one.volume else None,
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def storage_snapshot_json(one: StorageSnapshot) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "href": one.href,
        "name": one.name or one.id,
        "description": one.description or None,
        "state": one.state,
        "storage_volume": one.volume.json("storage_volume") if one.volume else {},
        "created": one.created or None,
        "actions": actions_json(one.actions),
    }
