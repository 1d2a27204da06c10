"""JSON representation: writer and reader derived from the type table.

Integers and booleans are strings, dates epoch milliseconds, decimals native numbers; `native=True`
writes integers and booleans as JSON has them, as some engines do for a few members.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ovirt_engine_sim.faults import syntax
from ovirt_engine_sim.representation.paths import entity_href
from ovirt_engine_sim.representation.scalars import identity, parse
from ovirt_engine_sim.types import Field, Type, type_of

MAXIMUM_DEPTH: Final = 40
_encode = msgspec.json.Encoder().encode


def members(kind: Type, data: dict[str, Any], native: bool = False, omit: frozenset[str] = frozenset()) -> bytes:
    """Return the members of one object, without its braces."""
    plain = _plain(kind, data, native, omit)
    return _encode(plain)[1:-1]


def wrap(inner: Iterable[bytes]) -> bytes:
    """Return an object from parts made by `members`, `links`, `collection_member`."""
    return b"{" + b",".join(part for part in inner if part) + b"}"


def collection(kind: Type, objects: list[bytes]) -> bytes:
    """Return a whole collection; an empty one is an empty object."""
    return b"{" + (items(kind.element, objects) if objects else b"") + b"}"


def items(element: str, objects: list[bytes]) -> bytes:
    """Return the one member that holds a collection's objects."""
    return b'"' + element.encode() + b'":[' + b",".join(objects) + b"]"


def member(name: str, value: bytes) -> bytes:
    """Return one ready member."""
    return b'"' + name.encode() + b'":' + value


def links(href: str, rels: tuple[str, ...], actions: tuple[str, ...]) -> bytes:
    """Return the `actions` and `link` members of an entity."""
    parts = []
    if actions:
        parts.append('"actions":{"link":[' + _links(href, actions) + "]}")
    if rels:
        parts.append('"link":[' + _links(href, rels) + "]")
    return ",".join(parts).encode()


def links_with(href: str, rels: tuple[str, ...], actions: tuple[str, ...], given: list[dict[str, str]]) -> bytes:
    """Return `links` with further links, each a dict of rel and href."""
    ready = [{"rel": rel, "href": f"{href}/{rel}"} for rel in rels]
    acting = [{"rel": rel, "href": f"{href}/{rel}"} for rel in actions]
    shown: dict[str, Any] = {"link": [*ready, *given]}
    if acting:
        shown["actions"] = {"link": acting}
    return _encode(shown)[1:-1]


def _links(href: str, rels: tuple[str, ...]) -> str:
    return ",".join(f'{{"rel":"{rel}","href":"{href}/{rel}"}}' for rel in rels)


def _plain(kind: Type, data: dict[str, Any], native: bool, omit: frozenset[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    href = data.get("href")
    if href is None and "id" in data:
        href = entity_href(kind.name, data["id"])
    if href:
        result["href"] = href
    for name, value in data.items():
        field = kind.by_name.get(name)
        if field is None or value is None or name in omit:
            continue
        result[name] = _value(field, value, native)
    if "link" in data:
        result["link"] = data["link"]
    return result


def _value(field: Field, value: Any, native: bool) -> Any:
    if field.item:
        return {field.item: [_single(field, one, native) for one in value]} if value else {}
    return _single(field, value, native)


def _single(field: Field, value: Any, native: bool) -> Any:
    kind = field.kind
    if kind == "struct":
        return _plain(type_of(field.type), value, native, frozenset())
    if kind == "integer":
        return value if native else str(value)
    if kind == "boolean":
        return value if native else ("true" if value else "false")
    return value


def read(kind: Type, body: bytes, service: str) -> dict[str, Any]:
    """Decode one object into native values; raises Fault 400 for bad syntax or unknown members."""
    try:
        raw = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
        raise syntax(service) from None
    return _read(kind, raw, service, 0)


def _read(kind: Type, raw: Any, service: str, depth: int) -> dict[str, Any]:
    if not isinstance(raw, dict) or depth > MAXIMUM_DEPTH:
        raise syntax(service)
    result: dict[str, Any] = {}
    for name, value in raw.items():
        if name in ("href", "id") and isinstance(value, str):
            result[name] = identity(kind, name, value)
            continue
        if name in ("link", "actions") or value is None:
            continue
        field = kind.by_name.get(name)
        if field is None:
            raise syntax(service)
        result[name] = _read_value(field, value, service, depth + 1)
    return result


def _read_value(field: Field, value: Any, service: str, depth: int) -> Any:
    if not field.item:
        return _read_single(field, value, service, depth)
    inner = value
    if isinstance(value, dict):
        if any(name not in (field.item, "href", "link") for name in value):
            raise syntax(service)
        inner = value.get(field.item, [])
    entries = inner if isinstance(inner, list) else [inner]
    return [_read_single(field, one, service, depth) for one in entries]


def _read_single(field: Field, value: Any, service: str, depth: int) -> Any:
    if field.kind == "struct":
        return _read(type_of(field.type), value, service, depth)
    if isinstance(value, (dict, list)):
        raise syntax(service)
    return parse(field, value)
