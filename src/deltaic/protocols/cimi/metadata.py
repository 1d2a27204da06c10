"""ResourceMetadata: what the table says of a type, told to clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from deltaic.protocols.cimi.actions import rel
from deltaic.protocols.cimi.kinds import NAMESPACE, Attribute, Kind
from deltaic.protocols.cimi.scalars import plain
from deltaic.protocols.cimi.shapes import Document
from deltaic.protocols.cimi.table import RESOURCES

_WORDS: Final = frozenset({"add", "edit", "delete"})
_ALWAYS: Final = frozenset({"id", "name", "description", "created", "updated", "properties", "operations"})


def resource_metadata(
    name: str,
    address: str,
    *,
    served: Collection[str] | None = None,
    operations: Collection[str] | None = None,
    capabilities: Mapping[str, str] | None = None,
) -> Document:
    """The ResourceMetadata of the type `name`, to be read at `address`.

    `served` are the own attributes that are served (all, if None), `operations` the verbs (all of the
    table, if None), `capabilities` values by the last word of their URI (`true`,
    `false` and numbers are told as such).
    """
    resource = RESOURCES[name]
    attributes = [a for a in resource.attributes if a.name in _ALWAYS or served is None or a.name in served]
    verbs = [verb for verb in resource.operations if operations is None or verb in operations]
    return {
        "id": address,
        "typeURI": resource.uri,
        "name": name,
        "attributes": [_attribute(attribute) for attribute in attributes if attribute.name != "operations"],
        "capabilities": [
            {"name": word, "uri": f"{NAMESPACE}/capability/{name}/{word}", "value": plain(value)}
            for word, value in (capabilities or {}).items()
        ],
        "actions": [
            {"name": verb, "uri": rel(verb), "method": "POST", "inputMessage": f"{NAMESPACE}/Action"}
            for verb in verbs
            if verb not in _WORDS
        ],
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    return {
        "name": attribute.json_name,
        "namespace": NAMESPACE,
        "type": type_name(attribute),
        "required": attribute.required,
    }


def type_name(attribute: Attribute) -> str:
    """The attribute's type in the words of the standard: `integer`, `ref`, `collection[Disk]`, `structure[]`."""
    if attribute.kind is Kind.COLLECTION:
        return f"collection[{attribute.of}]"
    return f"{attribute.kind.value}[]" if attribute.many else attribute.kind.value
