"""Renders entities, collections, actions and faults in the representation a call asked for.

Fragments are cached per entity and dropped when it changes; `follow` composes cached fragments.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ovirt_engine_sim.call import Call, FollowTree
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.registry import service_at, service_of
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault
from ovirt_engine_sim.representation import json, xml
from ovirt_engine_sim.representation.paths import BASE
from ovirt_engine_sim.types import Field, Type, type_of

JSON: Final = "json"
_TURN: Final = 100
# Clients choose what they follow and how: only so many renderings of one entity are kept.
_VARIANTS: Final = 12


def content_type(format: str) -> str:
    """Return the Content-Type of a format."""
    return "application/json" if format == JSON else "application/xml;charset=UTF-8"


def entity(call: Call, service: Service, parent_href: str, one: Entity, follow: FollowTree | None = None) -> bytes:
    """Return one entity as an object or element."""
    call.spend()
    tree = call.follow if follow is None else follow
    href = service.href(parent_href, one)
    kind = type_of(service.document_type)
    extra = service.computed(call, one)
    followed = _followed(call, service, kind, href, one, tree, extra)
    omit = service.omitted(call).union(followed)
    cached = not (extra or one.volatile)
    key = (call.format, call.native, href, omit)
    found = one.fragments.get(key) if cached else None
    if found is None:
        found = _fragment(call, kind, service, href, one, extra, omit)
        if cached:
            if len(one.fragments) >= _VARIANTS:
                one.fragments.clear()
            one.fragments[key] = found
    if call.format == JSON:
        return json.wrap([found, *(json.member(name, value) for name, value in followed.items())])
    return found + b"".join(followed.values()) + f"</{kind.element}>".encode()


def _fragment(
    call: Call, kind: Type, service: Service, href: str, one: Entity, extra: dict[str, Any], omit: frozenset[str]
) -> bytes:
    data = {**one.data, **service.derived(call.engine, one), **extra, "href": href, "id": one.id}
    rels, actions = service.links_of(one), tuple(service.actions)
    if call.format == JSON:
        given = data.pop("link", None)
        parts = [json.members(kind, data, call.native, omit), json.links(href, rels, actions)]
        if given:
            parts[1] = json.links_with(href, rels, actions, given)
        return b",".join(part for part in parts if part)
    shown_actions, shown_links = xml.links(href, rels, actions)
    given_links = xml.given_links(data.get("link", ()))
    return (
        xml.opening(kind, data) + shown_actions + xml.leading(kind, data) + shown_links + given_links
        + xml.trailing(kind, data, omit)
    ).encode()  # fmt: skip


def _followed(
    call: Call, service: Service, kind: Type, href: str, one: Entity, tree: FollowTree, extra: dict[str, Any]
) -> dict[str, bytes]:
    result: dict[str, bytes] = {}
    for name, below in tree.items():
        field = kind.by_name.get(name)
        rel = name.replace("_", "")
        inner = service_at(service.kind, rel)
        if inner is not None and rel in service.links_of(one):
            rows = inner.members(call, one)
            objects = [entity(call, inner, href, row, below) for row in rows]
            result[name] = _list(call, name, inner, objects)
        elif field is not None and field.kind == "struct":
            value = extra.get(name, one.data.get(name))
            if value:
                shown = _followed_reference(call, field, value, below)
                if shown is not None:
                    result[name] = shown
        elif inner is None or field is None:
            raise Fault(500, "Operation Failed", f"The link '{name}' can not be followed.")
    return result


def _list(call: Call, name: str, inner: Service, objects: list[bytes]) -> bytes:
    kind = type_of(inner.document_type)
    return json.collection(kind, objects) if call.format == JSON else xml.collection(kind, objects, name)


def _followed_reference(call: Call, field: Field, value: Any, below: FollowTree) -> bytes | None:
    service = service_of(field.type)
    if service is None:
        return None
    references = value if field.item else [value]
    entities = [call.engine.get(service.kind, str(one.get("id", ""))) for one in references]
    objects = [entity(call, service, BASE, one, below) for one in entities if one is not None]
    if not field.item:
        if not objects:
            return None
        return objects[0] if call.format == JSON else _renamed(objects[0], service, field)
    if call.format == JSON:
        return b"{" + json.items(field.item, objects) + b"}"
    return xml.collection(type_of(service.document_type), objects, field.name)


def _renamed(shown: bytes, service: Service, field: Field) -> bytes:
    """A followed member keeps its own name: `original_template` is not written as `template`."""
    tag = type_of(service.document_type).element.encode()
    if tag == field.name.encode():
        return shown
    name = field.name.encode()
    return b"<" + name + shown[len(tag) + 1 : -len(tag) - 1] + name + b">"


async def collection(call: Call, service: Service, parent_href: str, rows: list[Entity]) -> bytes:
    """Return a collection; gives other requests a turn now and then."""
    kind = type_of(service.document_type)
    shown = [] if "-main" in call.detail else rows
    objects = []
    for number, one in enumerate(shown):
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)
        objects.append(entity(call, service, parent_href, one))
    size = len(rows) if "size" in call.detail else None
    if call.format == JSON:
        parts = [json.items(kind.element, objects)] if objects else []
        return json.wrap(parts if size is None else [*parts, b'"size":"%d"' % size])
    return xml.DECLARATION + xml.collection(kind, objects if size is None else [b"<size>%d</size>" % size, *objects])


def document(call: Call, type_name: str, data: dict[str, Any], format: str = "") -> bytes:
    """Return a document that is no entity: an action, a fault, the root."""
    kind = type_of(type_name)
    if (format or call.format) == JSON:
        return b"{" + json.members(kind, data, call.native) + b"}"
    return xml.DECLARATION + xml.element(kind, data)


def plain(format: str, type_name: str, data: dict[str, Any]) -> bytes:
    """Return a small document without a call: a fault, or an action that failed."""
    kind = type_of(type_name)
    if format == JSON:
        return b"{" + json.members(kind, data) + b"}"
    return xml.DECLARATION + xml.element(kind, data)


def single(call: Call, service: Service, parent_href: str, one: Entity, extra: dict[str, Any] | None = None) -> bytes:
    """Return the document of one entity; `extra` members are added to it."""
    shown = one
    if extra:
        shown = Entity(one.kind, one.id, {**one.data, **extra}, one.inner, one.parent, volatile=True)
    rendered = entity(call, service, parent_href, shown)
    return rendered if call.format == JSON else xml.DECLARATION + rendered
