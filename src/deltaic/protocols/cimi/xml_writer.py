"""Documents as XML: default namespace, the schema's order, nothing the schema does not know."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from deltaic.protocols.cimi.fixed import Fixed
from deltaic.protocols.cimi.kinds import NAMESPACE, Kind
from deltaic.protocols.cimi.scalars import FORMATS
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

#: Writes one value of an attribute.
_Put = Callable[[Any, list[str]], None]

_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_xml(name: str, document: Document) -> bytes:
    """A resource as an XML document, UTF-8.

    `name` is its type in the table, `document` its attributes; keys that the type does not have are not
    written, empty values are left out. TypeError for a value of another type than the table's.
    """
    out = [f'{_PROLOGUE}<{name} xmlns="{NAMESPACE}">']
    _put_elements(resource_shape(name), document, out)
    out.append(f"</{name}>")
    return "".join(out).encode()


def write_collection_xml(item_name: str, document: Document) -> bytes:
    """A collection of resources of the type `item_name` as an XML document, UTF-8."""
    shape = collection_shape(item_name)
    out = [f'{_PROLOGUE}<Collection xmlns="{NAMESPACE}" resourceURI="{shape.uri}">']
    _put_elements(shape, whole_collection({"id": "", **document, "items": document.get("items") or []}), out)
    out.append("</Collection>")
    return "".join(out).encode()


def fix_xml(document: Fixed) -> str:
    """The elements of a fixed document, written once."""
    if document.xml is None:
        out: list[str] = []
        _put_all(resource_shape(document.item), document, out)
        document.xml = "".join(out)
    return document.xml


def _put_elements(shape: Shape, document: Document, out: list[str]) -> None:
    if type(document) is Fixed:
        out.append(fix_xml(document))
    else:
        _put_all(shape, document, out)


def _put_all(shape: Shape, document: Document, out: list[str]) -> None:
    for name, many, put, empty in _puts(shape):
        value: Any = document.get(name)
        if not value and absent(value):
            if empty:
                out.append(empty)
        elif many:
            for item in value:
                put(item, out)
        else:
            put(value, out)


@cache
def _puts(shape: Shape) -> tuple[tuple[str, bool, _Put, str], ...]:
    """For each element: its key, whether it is a list, what writes it, and what stands for its absence."""
    return tuple((one.name, one.many, _put(one), f"<{one.xml}/>" if one.fill else "") for one in shape.elements)


def _put(member: Member) -> _Put:
    if member.scalar:
        return _scalar(member)
    if member.kind is Kind.MAP:
        return _put_map
    return _structure(member)


def _scalar(member: Member) -> _Put:
    text, begin, end = FORMATS[member.kind], member.open, member.close

    def put(value: Any, out: list[str]) -> None:
        out.append(f"{begin}{escape(text(value))}{end}")

    return put


def _put_map(value: dict[str, str], out: list[str]) -> None:
    for key, text in value.items():
        out.append(f'<property key="{escape_attribute(key)}">{escape(text)}</property>')


def _structure(member: Member) -> _Put:
    shape, kind, tag, end = member.shape, member.kind, f"<{member.xml}", member.close
    attributes = tuple(
        (one.name, FORMATS[one.kind], f' {one.xml}="', f' {one.xml}=""' if one.fill else "")
        for one in shape.in_tag
        if member.name != "items"
    )
    anything = kind is Kind.REF and not member.attribute.of

    def put(value: Document, out: list[str]) -> None:
        begin = tag
        for name, text, opening, empty in attributes:
            inner = value.get(name)
            if not inner and absent(inner):
                begin += empty
            else:
                begin += f'{opening}{escape_attribute(text(inner))}"'
        if kind is not Kind.STRUCT and not expanded(value):
            out.append(f"{begin}/>")
            return
        start = len(out)
        out.append(f"{begin}>")
        whole = whole_collection(value) if kind is Kind.COLLECTION else value
        _put_elements(resource_shape(value.item) if anything and isinstance(value, Fixed) else shape, whole, out)
        if len(out) == start + 1:
            out[start] = f"{begin}/>"
        else:
            out.append(end)

    return put
