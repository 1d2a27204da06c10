"""Shapes: the table's attributes with their names looked up and their lines of XML ready made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from deltaic.protocols.cimi.kinds import HREF, ID, OPERATIONS, SCALARS, Access, Attribute, Kind
from deltaic.protocols.cimi.table import RESOURCES

Document = dict[str, Any]


class Member:
    """An attribute in its place in a shape."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.name = attribute.name
        self.kind = attribute.kind
        self.many = attribute.many
        self.json = attribute.json_name
        self.xml = attribute.xml_name
        self.scalar = attribute.kind in SCALARS
        #: Whether XML has something empty in place of an absent value, because the schema asks for one.
        fillable = self.kind in (Kind.STRING, Kind.REF, Kind.STRUCT) or self.name == "id"
        self.fill = attribute.required and not attribute.choice and fillable
        self.open = f"<{self.xml}>"
        self.close = f"</{self.xml}>"

    @cached_property
    def shape(self) -> Shape:
        """What the value is made of; only for structures, references and collections."""
        attribute = self.attribute
        if self.kind is Kind.COLLECTION:
            return inlined_shape(attribute.of)
        if self.kind is Kind.REF and not attribute.fields:
            return reference_shape(attribute.of)
        if self.kind is Kind.REF:
            target = RESOURCES[attribute.of]
            return Shape((HREF, *attribute.fields, *target.attributes), target.uri)
        return Shape(attribute.fields)


@dataclass(frozen=True, eq=False)
class Shape:
    """A list of attributes, and the URI of the type if it is a resource or collection; equal only to itself."""

    attributes: tuple[Attribute, ...]
    uri: str = ""

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The attributes in the order of the schema."""
        return tuple(Member(attribute) for attribute in self.attributes)

    @cached_property
    def in_tag(self) -> tuple[Member, ...]:
        """What XML writes as attributes."""
        return tuple(member for member in self.members if member.attribute.attribute)

    @cached_property
    def elements(self) -> tuple[Member, ...]:
        """What XML writes as elements."""
        return tuple(member for member in self.members if not member.attribute.attribute)

    @cached_property
    def by_name(self) -> dict[str, Member]:
        """The members by their key in a document."""
        return {member.name: member for member in self.members}

    @cached_property
    def by_json(self) -> dict[str, Member]:
        """The members by every name that JSON may use, and those in lower case."""
        return _index(self.members, lambda m: (m.json, *m.attribute.also), lambda m: (m.xml, *m.attribute.aliases))

    @cached_property
    def by_xml(self) -> dict[str, Member]:
        """The members by every name that XML may use, and those in lower case."""
        return _index(self.members, lambda m: (m.xml,), lambda m: m.attribute.aliases)


def _index(members: tuple[Member, ...], *naming: Any) -> dict[str, Member]:
    """Members by name; standard names come before other ones, exact ones before lower case."""
    found: dict[str, Member] = {}
    for names in naming:
        for change in (str, str.lower):
            for member in members:
                for name in names(member):
                    found.setdefault(change(name), member)
    return found


@cache
def resource_shape(name: str) -> Shape:
    """The shape of a resource as the root of a document, or as an item."""
    resource = RESOURCES[name]
    return Shape(resource.attributes, resource.uri)


@cache
def reference_shape(of: str) -> Shape:
    """The shape of a reference to the type `of`, bare or with the resource inside."""
    if not of:
        return Shape((HREF,))
    resource = RESOURCES[of]
    return Shape((HREF, *resource.attributes), resource.uri)


@cache
def collection_shape(of: str) -> Shape:
    """The shape of a collection of the type `of` as the root of a document."""
    return Shape((*_contents(of), OPERATIONS), RESOURCES[of].collection_uri)


@cache
def inlined_shape(of: str) -> Shape:
    """The shape of a collection of the type `of` inside a resource, bare (href) or with its items."""
    item = RESOURCES[of]
    tail = (OPERATIONS,) if item.inlined_operations else ()
    return Shape((HREF, *_contents(of), *tail), item.collection_uri)


def _contents(of: str) -> tuple[Attribute, ...]:
    item = RESOURCES[of]
    items = Attribute(
        "items", Kind.REF, json=item.plural, xml=item.name, many=True, of=of, access=Access.PROVIDER, also=item.plurals
    )
    count = Attribute("count", Kind.INTEGER, access=Access.PROVIDER)
    return (replace(ID, required=True), count, items)


def expanded(value: Document) -> bool:
    """Whether a reference or collection holds more than its address."""
    return len(value) > ("href" in value)


def whole_collection(value: Document) -> Document:
    """The collection with the id and the count that every expanded one must have."""
    if not expanded(value):
        return value
    items = value.get("items") or []
    return {**value, "id": value.get("id") or value.get("href", ""), "count": value.get("count", len(items))}


def absent(value: Any) -> bool:
    """Whether a value is left out of what is written: none, or an empty text, list or map."""
    return value is None or (not value and isinstance(value, str | bytes | list | tuple | dict))
