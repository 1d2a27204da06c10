"""The components that a SystemTemplate describes, and what they refer to: pure functions over its document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from deltaic.frontends.cimi.common import Document
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.system import Component, MemberKind, Reference
from deltaic.services.system_plan import label, plan

K = MemberKind

FIELD: Final = "componentDescriptors"
#: The standard's types of what a system can have, by the neutral kind.
TYPES: Final[dict[MemberKind, str]] = {
    K.SYSTEM: "System",
    K.MACHINE: "Machine",
    K.CREDENTIAL: "Credential",
    K.VOLUME: "Volume",
    K.NETWORK: "Network",
    K.PORT: "NetworkPort",
    K.ADDRESS: "Address",
    K.FORWARDING_GROUP: "ForwardingGroup",
}
KINDS: Final = {name: kind for kind, name in TYPES.items()}
#: Attributes that can refer to another component (`#name`), and what it must be.
REFERENCES: Final[dict[str, MemberKind]] = {
    "credential": K.CREDENTIAL,
    "volumes": K.VOLUME,
    "network": K.NETWORK,
    "networks": K.NETWORK,
    "networkPort": K.PORT,
    "addresses": K.ADDRESS,
    "forwardingGroup": K.FORWARDING_GROUP,
}
_SIBLING: Final = "#"
_TEMPLATE: Final = "Template"

#: What stands for a component that is referred to: given its kind and name, the attributes instead of the `href`.
Replace = Callable[[MemberKind, str], Document]


def template_key(descriptor: Document) -> str:
    """The attribute that holds a descriptor's template (`machineTemplate`). Errors: INVALID, MISSING."""
    keys = [key for key in descriptor if key.endswith(_TEMPLATE) and descriptor[key] is not None]
    if len(keys) != 1:
        kind = ErrorKind.INVALID if keys else ErrorKind.MISSING
        raise Error(kind, "A componentDescriptor needs one template", field=FIELD)
    told, named = _type(descriptor), _type_of(keys[0])
    if told and told.lower() != named.lower():
        raise invalid(f"{FIELD}/type", f"A component of the type {told[:100]} can't be made from a {named}Template")
    return keys[0]


def component(descriptor: Document) -> Component:
    """What a descriptor tells of its members. UNSUPPORTED for types that no system has here."""
    key = template_key(descriptor)
    kind = KINDS.get(_type_of(key))
    if kind is None:
        raise Error(ErrorKind.UNSUPPORTED, f"A system can't be created with a {key} here", field=f"{FIELD}/{key}")
    quantity = descriptor.get("quantity")
    return Component(
        kind,
        str(descriptor.get("name") or "").strip(),
        1 if quantity is None else quantity,
        () if kind is K.SYSTEM else tuple(_references(descriptor[key], key)),
    )


def check(document: Document) -> Document:
    """A template that can be kept: its components have types, and refer to each other without circles. INVALID."""
    descriptors = document.get(FIELD) or []
    try:
        plan([component(one) for one in descriptors])
    except Error as error:
        if error.kind is not ErrorKind.UNSUPPORTED:  # others may make a system of it
            raise translated(error) from None
    return document


def translated(error: Error) -> Error:
    """An error of the plan as clients know its field."""
    if error.field == "components" or error.field.startswith("components/"):
        error.field = f"{FIELD}{error.field.removeprefix('components')}"
    return error


def of_component(error: Error, one: Component, index: int) -> Error:
    """The error of what a component asks for, with the component's name."""
    inner = translated(error).field
    field = f"{FIELD}/{inner}" if inner and not inner.startswith(FIELD) else inner or FIELD
    return Error(
        error.kind,
        f"The component {label(one, index)}: {error.message}",
        resource=error.resource,
        resource_id=error.resource_id,
        field=field,
        context=error.context,
    )


def substituted(value: Any, replace: Replace, key: str = "") -> Any:
    """A part of a document in which other things stand for references to components."""
    if isinstance(value, list):
        return [substituted(one, replace, key) for one in value]
    if not isinstance(value, dict):
        return value
    name = _sibling(value)
    inner = {at: substituted(one, replace, at) for at, one in value.items() if not (name and at == "href")}
    return inner | replace(_kind(key), name) if name else inner


def _references(value: Any, path: str, key: str = "") -> Iterator[Reference]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one, path, key)
    elif isinstance(value, dict):
        if name := _sibling(value):
            yield Reference(name, _kind(key, path), path)
        for at, one in value.items():
            yield from _references(one, f"{path}/{at}", at)


def _sibling(value: Document) -> str:
    href = value.get("href")
    return href.strip().removeprefix(_SIBLING) if isinstance(href, str) and href.strip().startswith(_SIBLING) else ""


def _kind(key: str, path: str = "") -> MemberKind:
    if key not in REFERENCES:
        raise invalid(f"{FIELD}/{path or key}", "This attribute can't refer to a component of the template")
    return REFERENCES[key]


def _type(descriptor: Document) -> str:
    return str(descriptor.get("type") or "").strip().rstrip("/").rpartition("/")[2]


def _type_of(key: str) -> str:
    return f"{key[0].upper()}{key.removesuffix(_TEMPLATE)[1:]}"
