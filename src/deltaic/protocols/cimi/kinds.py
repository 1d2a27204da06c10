"""The words the table of resources is written in: kinds, access, attributes, resources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

NAMESPACE: Final = "http://schemas.dmtf.org/cimi/1"


class Kind(StrEnum):
    """What a value is. In a document: str, int, bool, aware datetime, bytes (HEX), dict, or a list if `many`."""

    STRING = "string"
    INTEGER = "integer"  # 64 bits, signed
    BOOLEAN = "boolean"
    DATETIME = "dateTime"
    URI = "URI"
    DURATION = "duration"  # XML Schema's form, kept as text
    HEX = "hexBinary"
    ANY = "any"  # a truth value, a whole number or a text, whatever it looks like
    MAP = "map"  # the properties: str to str
    STRUCT = "structure"  # a value of its own, named by nothing
    REF = "ref"  # {"href": ...} and, expanded or given by value, the attributes of the resource
    COLLECTION = "collection"  # {"href": ...} and, expanded, id, count, items, operations


#: Kinds whose value is one text on the wire.
SCALARS: Final = frozenset(
    {Kind.STRING, Kind.INTEGER, Kind.BOOLEAN, Kind.DATETIME, Kind.URI, Kind.DURATION, Kind.HEX, Kind.ANY}
)


class Access(StrEnum):
    """Who may set an attribute, and when."""

    PROVIDER = "provider"  # never the client: ignored in what it sends
    CREATE = "create"  # the client, once
    EDIT = "edit"  # the client, at any time


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a resource or structure.

    `name` is the key in a document, `json` and `xml` the names on the wire (the singular in XML where
    `many`), `of` the resource that a REF or COLLECTION leads to ("" is any), `fields` the members of a
    STRUCT or what a REF carries besides the resource's attributes, `attribute` that XML writes it as one.
    `unit` is the number of bytes that an INTEGER counts in; `choice` names an alternative: a structure
    holds the attributes of one alternative only, and must hold one if they are `required`. A `secret` text
    keeps its outer blanks and is never searched. `aliases` are other names read, `also` other names written in JSON.
    """

    name: str
    kind: Kind
    json: str = ""
    xml: str = ""
    many: bool = False
    of: str = ""
    fields: tuple[Attribute, ...] = ()
    attribute: bool = False
    required: bool = False
    access: Access = Access.EDIT
    unit: int = 0
    choice: str = ""
    secret: bool = False
    aliases: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def json_name(self) -> str:
        """The name in JSON."""
        return self.json or self.name

    @property
    def xml_name(self) -> str:
        """The name of the XML element, or of each element of a list."""
        return self.xml or self.name

    @property
    def expandable(self) -> bool:
        """Whether `$expand` may put the resource in place of its reference."""
        return self.kind in (Kind.REF, Kind.COLLECTION)


@dataclass(frozen=True, slots=True)
class Resource:
    """One type of resource.

    `plural` is the JSON name of a collection's array, `path` the last segment of the collection's
    address (empty: no collection of the entry point), `aliases` its other spellings, `operations` the
    verbs it can have (`edit`, `delete`, or the last word of an action's URI), `states` its states,
    `plurals` further JSON names of the array, `inlined_operations` whether the schema lets a collection put
    in the place of its reference show its operations. Types that are only sent by clients have no `plural`.
    """

    name: str
    attributes: tuple[Attribute, ...]
    plural: str = ""
    path: str = ""
    aliases: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    plurals: tuple[str, ...] = ()
    inlined_operations: bool = True

    @property
    def uri(self) -> str:
        """The type's URI, as in `resourceURI`."""
        return f"{NAMESPACE}/{self.name}"

    @property
    def collection_uri(self) -> str:
        """The URI of the type of its collections."""
        return f"{self.uri}Collection"


_HREF: Final = Attribute("href", Kind.URI, attribute=True, access=Access.CREATE)
OPERATIONS: Final = Attribute(
    "operations",
    Kind.STRUCT,
    xml="operation",
    many=True,
    access=Access.PROVIDER,
    fields=(
        Attribute("rel", Kind.URI, attribute=True, required=True),
        Attribute("href", Kind.URI, attribute=True, required=True),
    ),
)
HREF: Final = _HREF
ID: Final = Attribute("id", Kind.URI, access=Access.PROVIDER, aliases=("uri",))
NAME: Final = Attribute("name", Kind.STRING)
DESCRIPTION: Final = Attribute("description", Kind.STRING)
PROPERTIES: Final = Attribute("properties", Kind.MAP, xml="property")
COMMON: Final = (
    ID,
    NAME,
    DESCRIPTION,
    Attribute("created", Kind.DATETIME, access=Access.PROVIDER),
    Attribute("updated", Kind.DATETIME, access=Access.PROVIDER),
    PROPERTIES,
)


def resource(
    name: str,
    *own: Attribute,
    plural: str = "",
    path: str = "",
    aliases: tuple[str, ...] = (),
    operations: tuple[str, ...] = ("edit", "delete"),
    states: tuple[str, ...] = (),
    inlined_operations: bool = True,
) -> Resource:
    """A resource of the usual form: the common attributes, its own, the operations."""
    plural = plural or f"{name[0].lower()}{name[1:]}s"
    known = tuple(dict.fromkeys(a for a in (plural, *aliases) if path and a != path))
    return Resource(name, (*COMMON, *own, OPERATIONS), plural, path, known, operations, states, (), inlined_operations)


def create(name: str, *more: Attribute) -> Resource:
    """What a client sends to make a resource `name`: the common attributes and the template."""
    key = f"{name[0].lower()}{name[1:]}Template"
    template = Attribute(key, Kind.REF, of=f"{name}Template", required=True, access=Access.CREATE)
    return Resource(f"{name}Create", (*COMMON, template, *more))


def provider(attribute: Attribute) -> Attribute:
    """The attribute, set by the provider alone."""
    return replace(attribute, access=Access.PROVIDER)


def once(attribute: Attribute) -> Attribute:
    """The attribute, set when the resource is made and never after."""
    return replace(attribute, access=Access.CREATE)


def string(name: str, **more: object) -> Attribute:
    """A text."""
    return Attribute(name, Kind.STRING, **more)  # type: ignore[arg-type]


def integer(name: str, unit: int = 0) -> Attribute:
    """A whole number; with `unit` a size, counted in that many bytes."""
    return Attribute(name, Kind.INTEGER, unit=unit)


def boolean(name: str) -> Attribute:
    """A truth value."""
    return Attribute(name, Kind.BOOLEAN)


def uri(name: str) -> Attribute:
    """A URI as text."""
    return Attribute(name, Kind.URI)


def moment(name: str) -> Attribute:
    """A point in time."""
    return Attribute(name, Kind.DATETIME)


def ref(name: str, of: str = "") -> Attribute:
    """A reference to one resource of the type `of` ("": of any type)."""
    return Attribute(name, Kind.REF, of=of)


def refs(name: str, xml: str, of: str = "") -> Attribute:
    """References to any number of resources."""
    return Attribute(name, Kind.REF, xml=xml, many=True, of=of)


def collection(name: str, of: str) -> Attribute:
    """A collection of resources of the type `of`: always the provider's."""
    return Attribute(name, Kind.COLLECTION, of=of, access=Access.PROVIDER)


METERS: Final = collection("meters", "Meter")
EVENT_LOG: Final = provider(ref("eventLog", "EventLog"))
METER_TEMPLATES: Final = refs("meterTemplates", "meterTemplate", "MeterTemplate")
EVENT_LOG_TEMPLATE: Final = ref("eventLogTemplate", "EventLogTemplate")
