"""ResourceMetadata: what the table says of a type, told to clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deltaic.protocols.cimi.actions import rel
from deltaic.protocols.cimi.kinds import NAMESPACE, Access, Attribute, Kind
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.scalars import plain
from deltaic.protocols.cimi.scopes import Scope, scope
from deltaic.protocols.cimi.shapes import Document
from deltaic.protocols.cimi.table import RESOURCES

_WORDS: Final = frozenset({"add", "edit", "delete"})
_ALWAYS: Final = frozenset({"id", "name", "description", "created", "updated", "properties", "operations"})
#: The media types of messages.
_MEDIA: Final = ", ".join(form.media_type for form in Format)
#: What the standard's actions do.
_ACTIONS: Final = {
    "start": "Start it, or go on where it was paused or suspended",
    "stop": "Shut it down; with force at once",
    "restart": "Stop and start it; with force at once",
    "pause": "Keep it in memory without running",
    "suspend": "Save its memory and stop it",
    "capture": "Make an image of it: a MachineImage of the type IMAGE is sent",
    "snapshot": "Keep its present state: a MachineImage of the type SNAPSHOT is sent",
    "restore": "Bring it back to the state in an image",
    "export": "Write it into a package",
    "import": "Make it from a package",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What of a type is served: all that the table has where nothing is said.

    `shows` are own attributes, `actions` verbs, `scopes` values of attributes that differ from the standard's;
    whether clients can make items, and change them.
    """

    shows: Collection[str] | None = None
    actions: Collection[str] | None = None
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    creatable: bool = True
    editable: bool = True


def resource_metadata(
    name: str, address: str, served: Served | None = None, capabilities: Mapping[str, str] | None = None
) -> Document:
    """The ResourceMetadata of the type `name`, to be read at `address`.

    `capabilities` are values by the last word of their URI (`true`, `false` and numbers are told as such).
    """
    resource, served = RESOURCES[name], served or Served()
    attributes = [a for a in resource.attributes if a.name in _ALWAYS or served.shows is None or a.name in served.shows]
    verbs = [verb for verb in resource.operations if served.actions is None or verb in served.actions]
    return {
        "id": address,
        "typeURI": resource.uri,
        "name": name,
        "attributes": [
            _attribute(one, served, served.scopes.get(one.name) or scope(resource, one))
            for one in attributes
            if one.name != "operations"
        ],
        "capabilities": [
            {"name": word, "uri": f"{NAMESPACE}/capability/{name}/{word}", "value": plain(value)}
            for word, value in (capabilities or {}).items()
        ],
        "actions": [_action(verb) for verb in verbs if verb not in _WORDS],
    }


def _attribute(attribute: Attribute, served: Served, values: Scope) -> dict[str, Any]:
    mutable = served.editable and attribute.access is Access.EDIT
    told = {
        "name": attribute.json_name,
        "namespace": NAMESPACE,
        "type": type_name(attribute),
        "required": attribute.required,
        "mutable": mutable,
        "consumerWritable": mutable or (served.creatable and attribute.access is not Access.PROVIDER),
        "values": list(values.values),
        "minimum": values.minimum,
        "maximum": values.maximum,
        "units": values.units,
    }
    return {key: value for key, value in told.items() if value is not None and value not in ("", [])}


def _action(verb: str) -> dict[str, Any]:
    told = {"name": verb, "uri": rel(verb), "description": _ACTIONS.get(verb, ""), "method": "POST"}
    return {key: value for key, value in told.items() if value} | {"inputMessage": _MEDIA, "outputMessage": _MEDIA}


def type_name(attribute: Attribute) -> str:
    """The attribute's type in the words of the standard: `integer`, `ref`, `collection[Disk]`, `structure[]`."""
    if attribute.kind is Kind.COLLECTION:
        return f"collection[{attribute.of}]"
    return f"{attribute.kind.value}[]" if attribute.many else attribute.kind.value
