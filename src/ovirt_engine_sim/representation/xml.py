"""XML representation: writer and reader derived from the type table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from ovirt_engine_sim.faults import syntax
from ovirt_engine_sim.representation.paths import entity_href
from ovirt_engine_sim.representation.scalars import identity, parse, text
from ovirt_engine_sim.types import Field, Type, type_of

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAXIMUM_DEPTH: Final = 40
LEADING: Final = frozenset({"name", "description", "comment"})
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(
    kind: Type, data: dict[str, Any], extra: bytes = b"", tag: str = "", omit: frozenset[str] = frozenset()
) -> bytes:
    """Return one whole element; `extra` goes before the end tag."""
    return (opening(kind, data, tag) + body(kind, data, omit) + extra.decode() + f"</{tag or kind.element}>").encode()


def opening(kind: Type, data: dict[str, Any], tag: str = "") -> str:
    """Return the start tag with href and id."""
    return f"<{tag or kind.element}{_attributes(kind, data)}>"


def _attributes(kind: Type, data: dict[str, Any]) -> str:
    identity, href = data.get("id"), data.get("href")
    if href is None and identity is not None:
        href = entity_href(kind.name, identity)
    shown = f" href={_quoted(href)}" if href else ""
    return shown + (f" id={_quoted(str(identity))}" if identity is not None else "")


def leading(kind: Type, data: dict[str, Any]) -> str:
    """Return name, description and comment of what has an id: they stand before the links."""
    if not kind.identified:
        return ""
    return "".join(_member(kind.by_name[name], data[name]) for name in ("name", "description", "comment")
                   if data.get(name) is not None and name in kind.by_name)  # fmt: skip


def trailing(kind: Type, data: dict[str, Any], omit: frozenset[str] = frozenset()) -> str:
    """Return every other member in the order of the table."""
    return "".join(
        _member(field, data[field.name])
        for field in kind.fields
        if field.name in data
        and data[field.name] is not None
        and not field.attribute
        and not (kind.identified and field.name in LEADING)
        and field.name not in omit
    )


def body(kind: Type, data: dict[str, Any], omit: frozenset[str] = frozenset()) -> str:
    """Return what stands between the tags of a struct without links of its own."""
    return leading(kind, data) + given_links(data.get("link", ())) + trailing(kind, data, omit)


def given_links(given: Iterable[dict[str, str]]) -> str:
    """Return link elements, each from a dict of rel and href."""
    return "".join(f"<link href={_quoted(one['href'])} rel={_quoted(one['rel'])}/>" for one in given)


def links(href: str, rels: tuple[str, ...], actions: tuple[str, ...]) -> tuple[str, str]:
    """Return (actions element, link elements)."""
    shown = _links(href, actions)
    return (f"<actions>{shown}</actions>" if shown else "", _links(href, rels))


def _links(href: str, rels: tuple[str, ...]) -> str:
    return "".join(f'<link href="{href}/{rel}" rel="{rel}"/>' for rel in rels)


def collection(kind: Type, objects: list[bytes], tag: str = "") -> bytes:
    """Return a collection element around ready objects; an empty one closes itself."""
    name = (tag or kind.plural).encode()
    if not objects:
        return b"<" + name + b"/>"
    return b"<" + name + b">" + b"".join(objects) + b"</" + name + b">"


def _quoted(value: str) -> str:
    return quoteattr(_ILLEGAL.sub("", value))


def _member(field: Field, value: Any) -> str:
    if field.item:
        if not value:
            return f"<{field.name}/>"
        inner = "".join(_single(field, field.item, one) for one in value)
        return f"<{field.name}>{inner}</{field.name}>"
    return _single(field, field.name, value)


def _single(field: Field, tag: str, value: Any) -> str:
    if field.kind != "struct":
        return f"<{tag}>{escape(_ILLEGAL.sub('', text(field, value)))}</{tag}>"
    kind = type_of(field.type)
    inner = body(kind, value)
    start = f"<{tag}{_attributes(kind, value)}"
    # An element without content must close itself: the official SDK loses its place otherwise.
    return f"{start}>{inner}</{tag}>" if inner else f"{start}/>"


def read(kind: Type, payload: bytes, service: str) -> dict[str, Any]:
    """Decode one element into native values; raises Fault 400 for bad syntax, DOCTYPE or unknown members."""
    if not payload.strip():
        return {}
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(payload, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise syntax(service) from None
    doctype: str = getattr(root.getroottree().docinfo, "doctype", "")
    if doctype or root.tag not in (kind.element, kind.name):
        raise syntax(service)
    return _read(kind, root, service, 0)


def _read(kind: Type, node: Any, service: str, depth: int) -> dict[str, Any]:
    if depth > MAXIMUM_DEPTH:
        raise syntax(service)
    given = {name: node.attrib[name] for name in ("id", "href") if name in node.attrib}
    result: dict[str, Any] = {name: identity(kind, name, raw) for name, raw in given.items()}
    for child in node:
        if child.tag in ("link", "actions"):
            continue
        field = kind.by_name.get(child.tag) if isinstance(child.tag, str) else None
        if field is None:
            if child.tag in ("id", "href"):
                result[child.tag] = child.text or ""
                continue
            raise syntax(service)
        result[field.name] = _read_member(field, child, service, depth + 1)
    return result


def _read_member(field: Field, node: Any, service: str, depth: int) -> Any:
    if not field.item:
        return _read_single(field, node, service, depth)
    if any(child.tag != field.item for child in node):
        raise syntax(service)
    return [_read_single(field, child, service, depth) for child in node]


def _read_single(field: Field, node: Any, service: str, depth: int) -> Any:
    if field.kind == "struct":
        return _read(type_of(field.type), node, service, depth)
    if len(node):
        raise syntax(service)
    return parse(field, node.text or "")
