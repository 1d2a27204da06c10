"""From documents to the bytes of an answer, in XML or JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from deltaic.protocols.deltacloud import elements
from deltaic.protocols.deltacloud.drawing import draw
from deltaic.protocols.deltacloud.elements import element
from deltaic.protocols.deltacloud.families import entry, state
from deltaic.protocols.deltacloud.negotiation import Format
from deltaic.protocols.deltacloud.table import RESOURCES


def write_one(name: str, document: Any, form: Format, *, bare: bool = False) -> bytes:
    """One resource. In JSON it stands under its name, in the answer to an action `bare`."""
    resource = RESOURCES[name]
    if form is Format.XML:
        return elements.write(resource.xml(document))
    members = resource.json(document)
    return msgspec.json.encode(members if bare else {name: members})


def write_many(name: str, documents: Sequence[Any], form: Format) -> bytes:
    """A collection."""
    resource = RESOURCES[name]
    if form is Format.XML:
        return elements.write(element(resource.plural, *map(resource.xml, documents)))
    members = [resource.json(document) for document in documents]
    # Drivers stand under their ids, too, as they always did.
    by_id = {one["id"]: one for one in members} if name == "driver" else {}
    return msgspec.json.encode({resource.plural: members} | by_id)


def write_api(document: entry.Api, form: Format) -> bytes:
    """The entry point."""
    if form is Format.XML:
        return elements.write(entry.api_xml(document))
    return msgspec.json.encode({"api": entry.api_json(document)})


def write_states(states: Sequence[state.State], form: Format) -> bytes:
    """The states of instances; in JSON a plain list."""
    writers: dict[Format, Callable[[], bytes]] = {
        Format.XML: lambda: elements.write(state.states_xml(states)),
        Format.JSON: lambda: msgspec.json.encode(state.states_json(states)),
        Format.GV: lambda: state.states_graphviz(states),
        Format.SVG: lambda: draw(states),
    }
    return writers[form]()
