"""Images, hardware profiles and instances."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional
from deltaic.protocols.deltacloud.families.links import Link, Reference, actions_json, actions_xml


class Property(Struct, frozen=True):
    """One figure of a hardware profile.

    `kind` is `fixed`, `range` (from `first` to `last`) or `enum` (one of `entries`); `value` the default;
    `href` where an instance is created, if a client may choose the figure there by `param`.
    """

    name: str
    unit: str
    value: str
    kind: str = "fixed"
    first: str = ""
    last: str = ""
    entries: tuple[str, ...] = ()
    href: str = ""

    @property
    def param(self) -> str:
        """The parameter that chooses the figure."""
        return f"hwp_{self.name}"


class HardwareProfile(Struct, frozen=True):
    """A size of instances. Without properties it is opaque."""

    id: str
    href: str
    name: str
    properties: tuple[Property, ...] = ()


class Image(Struct, frozen=True):
    """What instances are made from."""

    id: str
    href: str
    name: str
    description: str
    owner_id: str
    architecture: str
    state: str
    creation_time: str = ""
    root_type: str = "persistent"
    hardware_profiles: tuple[Reference, ...] = ()
    actions: tuple[Link, ...] = ()


class Address(Struct, frozen=True):
    """An address: `type` is `hostname`, `ipv4`, `ipv6`, `mac` or `vnc` (with a `port`)."""

    address: str
    type: str
    port: int | None = None


class AttachedVolume(Struct, frozen=True):
    """A volume of an instance."""

    volume: Reference
    device: str = ""


class Instance(Struct, frozen=True):
    """A virtual machine. `overrides` are the figures that are not its profile's own."""

    id: str
    href: str
    name: str
    owner_id: str
    image: Reference | None
    realm: Reference
    state: str
    hardware_profile: Reference
    overrides: tuple[Property, ...] = ()
    actions: tuple[Link, ...] = ()
    launch_time: str = ""
    public_addresses: tuple[Address, ...] = ()
    private_addresses: tuple[Address, ...] = ()
    storage_volumes: tuple[AttachedVolume, ...] = ()
    network_interfaces: tuple[Reference, ...] = ()
    firewalls: tuple[Reference, ...] = ()
    keyname: str = ""
    authentication: str = "key"


def hardware_profile_xml(one: HardwareProfile) -> Element:
    """The element `hardware_profile`."""
    return element(
        "hardware_profile",
        element("id", text=one.id),
        element("name", text=one.name),
        *(_property_xml(figure) for figure in one.properties),
        href=one.href,
        id_=one.id,
    )


def _property_xml(figure: Property) -> Element:
    choices: list[Element] = []
    if figure.href:
        choices.append(element("param", href=figure.href, method="post", name=figure.param, operation="create"))
    if figure.kind == "range":
        choices.append(element("range", first=figure.first, last=figure.last))
    if figure.kind == "enum":
        choices.append(element("enum", *(element("entry", value=entry) for entry in figure.entries)))
    return element("property", *choices, kind=figure.kind, name=figure.name, unit=figure.unit, value=figure.value)


def hardware_profile_json(one: HardwareProfile) -> dict[str, Any]:
    """The object; `properties` are the old defaults, `property` everything that XML tells."""
    document: dict[str, Any] = {"id": one.id, "href": one.href, "name": one.name}
    if one.properties:
        document["properties"] = {figure.name: figure.value for figure in one.properties}
        document["property"] = [_property_json(figure) for figure in one.properties]
    return document


def _property_json(figure: Property) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": figure.kind,
        "name": figure.name,
        "unit": figure.unit,
        "value": figure.value,
    }
    if figure.href:
        document["param"] = {
            "href": figure.href,
            "method": "post",
            "name": figure.param,
            "operation": "create",
        }
    if figure.kind == "range":
        document["range"] = {"first": figure.first, "last": figure.last}
    if figure.kind == "enum":
        document["enum"] = {"entry": [{"value": entry} for entry in figure.entries]}
    return document


def image_xml(one: Image) -> Element:
    """The element `image`."""
    profiles = (profile.xml("hardware_profile", rel="hardware_profile") for profile in one.hardware_profiles)
    return element(
        "image",
        element("name", text=one.name),
        element("description", text=one.description),
        element("owner_id", text=one.owner_id),
        element("architecture", text=one.architecture),
        element("state", text=one.state),
        optional("creation_time", one.creation_time),
        element("hardware_profiles", *profiles) if one.hardware_profiles else None,
        element("root_type", text=one.root_type),
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def image_json(one: Image) -> dict[str, Any]:
    """The object; `owner` is the old name of `owner_id`."""
    return {
        "id": one.id,
        "href": one.href,
        "name": one.name,
        "description": one.description,
        "owner_id": one.owner_id,
        "owner": one.owner_id,
        "architecture": one.architecture,
        "state": one.state,
        "root_type": one.root_type,
        "creation_time": one.creation_time or None,
        "hardware_profiles": [profile.json("hardware_profile") for profile in one.hardware_profiles],
        "actions": actions_json(one.actions),
    }


#: Actions that say themselves whether an image can be made.
_CREATE_IMAGE: Final = "create_image"


def instance_xml(one: Instance) -> Element:
    """The element `instance`."""
    login = element("login", element("keyname", text=one.keyname)) if one.keyname else None
    figures = (
        element("property", kind="fixed", name=figure.name, unit=figure.unit, value=figure.value)
        for figure in one.overrides
    )
    return element(
        "instance",
        element("name", text=one.name),
        element("owner_id", text=one.owner_id),
        one.image.xml("image") if one.image else None,
        one.realm.xml("realm"),
        element("state", text=one.state),
        element("hardware_profile", *figures, href=one.hardware_profile.href, id_=one.hardware_profile.id),
        actions_xml(one.actions),
        optional("launch_time", one.launch_time),
        element("public_addresses", *map(_address_xml, one.public_addresses)),
        element("private_addresses", *map(_address_xml, one.private_addresses)),
        element(
            "storage_volumes",
            *(held.volume.xml("storage_volume", device=held.device or None) for held in one.storage_volumes),
        ),
        element("firewalls", *(firewall.xml("firewall") for firewall in one.firewalls)) if one.firewalls else None,
        element("authentication", login, type_=one.authentication),
        element("network_interfaces", *(nic.xml("network_interface") for nic in one.network_interfaces)),
        href=one.href,
        id_=one.id,
    )


def _address_xml(one: Address) -> Element:
    return element("address", text=one.address, type_=one.type, port=one.port)


def instance_json(one: Instance) -> dict[str, Any]:
    """The object; `owner`, `create_time` and `authentication_type` are old names."""
    profile = one.hardware_profile.json("hardware_profile")
    profile["properties"] = {figure.name: figure.value for figure in one.overrides}
    document: dict[str, Any] = {
        "id": one.id,
        "href": one.href,
        "name": one.name,
        "state": one.state,
        "owner_id": one.owner_id,
        "owner": one.owner_id,
        "image": one.image.json("image") if one.image else {},
        "realm": one.realm.json("realm"),
        "actions": actions_json(one.actions),
        "hardware_profile": profile,
        "public_addresses": [_address_json(address) for address in one.public_addresses],
        "private_addresses": [_address_json(address) for address in one.private_addresses],
        "create_image": any(link.rel == _CREATE_IMAGE for link in one.actions),
        "storage_volumes": [
            held.volume.json("storage_volume") | ({"device": held.device} if held.device else {})
            for held in one.storage_volumes
        ],
        "network_interfaces": [nic.json("network_interface") for nic in one.network_interfaces],
        "authentication_type": one.authentication,
    }
    if one.launch_time:
        document |= {"launch_time": one.launch_time, "create_time": one.launch_time}
    if one.firewalls:
        document["firewalls"] = [firewall.json("firewall") for firewall in one.firewalls]
    if one.keyname:
        login = {"keyname": one.keyname}
        document |= login | {"authentication": {"type": one.authentication, "login": login} | login}
    return document


def _address_json(one: Address) -> dict[str, Any]:
    return {"address": one.address, "type": one.type} | ({} if one.port is None else {"port": one.port})
