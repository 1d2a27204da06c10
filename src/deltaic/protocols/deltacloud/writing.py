"""From documents to the bytes of an answer, in XML or JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from deltaic.protocols.deltacloud import elements
from deltaic.protocols.deltacloud.drawing import draw
from deltaic.protocols.deltacloud.elements import DECLARATION, INDENT, element
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
    if name == "driver" and form is Format.JSON:
        # Drivers stand under their ids, too, as they always did.
        members = [RESOURCES[name].json(document) for document in documents]
        return msgspec.json.encode({RESOURCES[name].plural: members} | {one["id"]: one for one in members})
    return join_items(name, [write_item(name, document, form) for document in documents], form)


def write_item(name: str, document: Any, form: Format) -> bytes:
    """One resource as it stands in a collection, for `join_items`."""
    resource = RESOURCES[name]
    if form is Format.XML:
        return elements.lines(resource.xml(document), INDENT)
    return msgspec.json.encode(resource.json(document))


def join_items(name: str, items: Sequence[bytes], form: Format) -> bytes:
    """A collection of what `write_item` wrote."""
    plural = RESOURCES[name].plural
    if form is Format.JSON:
        return b'{"%s":[%s]}' % (plural.encode(), b",".join(items))
    if not items:
        return elements.write(element(plural))
    return b"".join((f"{DECLARATION}<{plural}>\n".encode(), *items, f"</{plural}>\n".encode()))


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
