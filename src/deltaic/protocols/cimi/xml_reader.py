"""XML bodies: no document types, no entities, no network, limited in size and depth."""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

from lxml import etree

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.coerce import MAX_DEPTH, coerce, too_deep
from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.shapes import Document, Member, Shape, collection_shape, resource_shape
from deltaic.protocols.cimi.unknown import Unknown

_BEFORE_ROOT: Final = re.compile(r"\ufeff?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARED: Final = re.compile(rb"""\A<\?xml[^>]{0,80}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")
_DECLARATION: Final = re.compile(r"\A\ufeff?\s*<\?xml\s.*?\?>", re.DOTALL)
_ENCODINGS: Final = frozenset({"utf-8", "ascii", "iso8859-1", "utf-16", "utf-16-le", "utf-16-be", "cp1252"})


def read_xml(body: bytes, expected: str, *, strict: bool = False, unknown: Unknown | None = None) -> Document:
    """The document in an XML body, read as the type `expected` whatever its root is called.

    Names are compared without their namespace; blanks around values are dropped. With `strict`, unknown attributes,
    other spellings and other roots are refused; `unknown` tells afterwards which attributes were ignored. Errors:
    INVALID and MISSING with the attribute as the field.
    """
    shape, root, unknown = resource_shape(expected), _parse(body), unknown or Unknown(strict=strict)
    if unknown.strict and (name := _split(root.tag)[1]) != expected:
        raise invalid("", f"The root of this body must be {expected}, not {name[:80]}")
    return coerce(shape, _raw(root, shape, unknown, "", 0), unknown)


def read_collection_xml(body: bytes, item_name: str) -> Document:
    """The collection in an XML body: id, count, items of the type `item_name`, operations."""
    shape = collection_shape(item_name)
    return coerce(shape, _raw(_parse(body), shape, Unknown(), "", 0), Unknown())


def root_of(body: bytes) -> tuple[str, str]:
    """The namespace ("" if none) and name of an XML body's root."""
    return _split(_parse(body).tag)


def _parse(body: bytes) -> Any:
    text = _decode(body)
    start = _BEFORE_ROOT.match(text)
    if start is not None and text.startswith("<!", start.end()):
        raise invalid("", "The body must not have a document type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(_DECLARATION.sub("", text).lstrip("\ufeff").strip().encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError):
        raise invalid("", "The body is not a well-formed XML document") from None


def _decode(body: bytes) -> str:
    """The body as text, whatever encoding it says it has, so that nothing hides from the check."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif body.startswith((b"<\0", b"\0<")):
        name = "utf-16-le" if body.startswith(b"<\0") else "utf-16-be"
    else:
        declared = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8).lstrip())
        name = declared[1].decode() if declared else "utf-8"
    try:
        if codecs.lookup(name).name in _ENCODINGS:
            return body.decode(name)
    except (LookupError, UnicodeDecodeError):
        pass
    raise invalid("", "The body's characters can't be read: send UTF-8")


def _split(tag: str) -> tuple[str, str]:
    """The namespace and the local name of a tag."""
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return "", tag


def _ours(namespace: str) -> bool:
    return not namespace or "dmtf.org/cimi" in namespace


def _raw(element: Any, shape: Shape, unknown: Unknown, path: str, depth: int) -> dict[str, Any]:
    """The element's attributes and children under their JSON names."""
    if depth > MAX_DEPTH:
        raise too_deep()
    raw: dict[str, Any] = {}
    for tag, text in element.attrib.items():
        namespace, name = _split(tag)
        member = shape.by_xml.get(name) or shape.by_xml.get(name.lower())
        if not namespace and member is not None and member.attribute.attribute:
            unknown.spelling(path, name, member.xml)
            raw[member.json] = text
    for child in element:
        namespace, name = _split(child.tag)
        if not _ours(namespace):
            continue
        member = shape.by_xml.get(name) or shape.by_xml.get(name.lower())
        if member is None:
            if unknown.strict:
                unknown.ignore(f"{path}{name}")
            _stray(child, name, raw)
            continue
        unknown.spelling(path, name, member.xml)
        if member.kind is Kind.MAP:
            _property(child, raw.setdefault(member.json, {}))
        elif member.many:
            raw.setdefault(member.json, []).append(_child(child, member, unknown, path, depth))
        elif member.json in raw and not member.attribute.attribute:
            raise invalid(member.json, f"The element '{member.xml}' may be given only once")
        else:
            raw[member.json] = _child(child, member, unknown, path, depth)
    return raw


def _stray(child: Any, name: str, raw: dict[str, Any]) -> None:
    """Keep an unknown element that is a plain text or reference: a create's template may know it."""
    if len(child) == 0:
        raw.setdefault(name, child.text or dict(child.attrib) or "")
    else:
        raw.setdefault(name, {})


def _property(child: Any, properties: dict[str, Any]) -> None:
    """One property; early clients named it by `name`, the first drafts put the value into `content`."""
    key = child.get("key", child.get("name"))
    if key is None or len(child):
        raise invalid("properties", "A property needs a key and a text")
    properties[key] = child.text if child.text is not None else child.get("content", "")


def _child(child: Any, member: Member, unknown: Unknown, path: str, depth: int) -> Any:
    if not member.scalar:
        text = (child.text or "").strip()
        if text and len(child) == 0 and not child.attrib:
            return text
        return _raw(child, member.shape, unknown, f"{path}{member.json}/", depth + 1)
    if len(child):
        raise invalid(member.json, f"The value of '{member.json}' must be a text")
    text = child.text or ""
    if not text.strip() and child.attrib:
        return {_split(key)[1]: value for key, value in child.attrib.items()}
    return text
