"""Documents as XML: default namespace, the schema's order, nothing the schema does not know."""

from __future__ import annotations

from typing import Any, Final

from deltaic.protocols.cimi.kinds import NAMESPACE, Kind
from deltaic.protocols.cimi.scalars import format_scalar
from deltaic.protocols.cimi.shapes import (
    Document,
    Member,
    Shape,
    absent,
    collection_shape,
    expanded,
    resource_shape,
    whole_collection,
)
from deltaic.protocols.cimi.text import escape, escape_attribute

_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_xml(name: str, document: Document) -> bytes:
    """A resource as an XML document, UTF-8.

    `name` is its type in the table, `document` its attributes; keys that the type does not have are not
    written, empty values are left out. TypeError for a value of another type than the table's.
    """
    out = [f'{_PROLOGUE}<{name} xmlns="{NAMESPACE}">']
    _write_elements(resource_shape(name), document, out)
    out.append(f"</{name}>")
    return "".join(out).encode()


def write_collection_xml(item_name: str, document: Document) -> bytes:
    """A collection of resources of the type `item_name` as an XML document, UTF-8."""
    shape = collection_shape(item_name)
    out = [f'{_PROLOGUE}<Collection xmlns="{NAMESPACE}" resourceURI="{shape.uri}">']
    _write_elements(shape, whole_collection({"id": "", **document, "items": document.get("items") or []}), out)
    out.append("</Collection>")
    return "".join(out).encode()


def _write_elements(shape: Shape, document: Document, out: list[str]) -> None:
    for member in shape.elements:
        value: Any = document.get(member.name)
        if absent(value):
            if member.fill:
                out.append(f"<{member.xml}/>")
            continue
        if not member.many:
            _write_value(member, value, out)
            continue
        for item in value:
            _write_value(member, item, out)


def _write_value(member: Member, value: Any, out: list[str]) -> None:
    kind = member.kind
    if member.scalar:
        out.append(f"{member.open}{escape(format_scalar(kind, value))}{member.close}")
    elif kind is Kind.MAP:
        for key, text in value.items():
            out.append(f'<property key="{escape_attribute(key)}">{escape(text)}</property>')
    else:
        if kind is Kind.COLLECTION:
            value = whole_collection(value)
        _write_tag(member, member.shape, value, out)


def _write_tag(member: Member, shape: Shape, value: Document, out: list[str]) -> None:
    out.append(f"<{member.xml}")
    for inner in shape.in_tag:
        text = value.get(inner.name)
        if not absent(text) and member.name != "items":
            out.append(f' {inner.xml}="{escape_attribute(format_scalar(inner.kind, text))}"')
        elif inner.fill:
            out.append(f' {inner.xml}=""')
    start = len(out)
    if member.kind is Kind.STRUCT or expanded(value):
        _write_elements(shape, value, out)
    if len(out) == start:
        out.append("/>")
    else:
        out.insert(start, ">")
        out.append(member.close)
