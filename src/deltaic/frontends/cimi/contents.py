"""What is kept of a client's document, and how it is shown again: pure functions over the table.

Kept is only what a client may set. Addresses of this gateway are kept without their base (`machine_images/ID`), so that
they are right for whoever asks later under whatever name of the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.links import Links
from deltaic.model.errors import invalid
from deltaic.protocols.cimi.bodies import write
from deltaic.protocols.cimi.json_reader import read_json
from deltaic.protocols.cimi.kinds import Access, Kind
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.references import local_path
from deltaic.protocols.cimi.shapes import Member, Shape, absent, resource_shape
from deltaic.protocols.cimi.table import BY_PATH, RESOURCES

#: Changes an address: itself, the type that it leads to ("" is any), the attribute it stands in.
_Change = Callable[[str, str, str], str]
_Keep = Callable[[Member], bool]

#: Holds URIs of types, which lead nowhere.
TYPES_ATTRIBUTE: Final = "associatedTo"
#: The address of another component of the same template (`#name`) in a template of systems.
_SIBLING: Final = "#"


def settled(item: str, document: Document, links: Links, *, siblings: bool = False) -> Document:
    """What is kept of a document of the type `item`: neither the provider's attributes nor what is empty.

    With `siblings`, addresses such as `#name` are kept as they are. Errors: INVALID for an address of another host or
    of no resource, with the attribute as the field.
    """

    def change(href: str, of: str, field: str) -> str:
        as_it_is = field == TYPES_ATTRIBUTE or (siblings and href.startswith(_SIBLING))
        return href if as_it_is else relative(href, of, links, field)

    return _walk(resource_shape(item), document, change, lambda member: member.attribute.access is not Access.PROVIDER)


def shown(item: str, document: Document, links: Links) -> Document:
    """A kept document as its reader sees it: whole addresses, no secrets."""

    def change(href: str, of: str, field: str) -> str:
        return href if field == TYPES_ATTRIBUTE or href.startswith(_SIBLING) else f"{links.base}/{href}"

    return _walk(resource_shape(item), document, change, lambda member: not member.attribute.secret)


def secrets(item: str, old: Document, new: Document) -> Document:
    """`new` with the secrets of `old` that it does not have: nobody can send back what nobody is shown."""
    return _with_secrets(resource_shape(item), old, new)


def encoded(item: str, document: Document) -> bytes:
    """A kept document as it is stored."""
    return write(item, document, Format.JSON)


def decoded(item: str, content: bytes) -> Document:
    """A kept document from the store."""
    return read_json(content, item)


def relative(href: str, of: str, links: Links, field: str) -> str:
    """The address below the base, in its canonical spelling; `of` is the type it leads to ("" is any).

    The id alone is enough where the type is known. Errors: INVALID with the field.
    """
    segments = local_path(href, links.base, field).split("/")
    known = BY_PATH.get(segments[0])
    if len(segments) > 1 and known is not None:
        segments[0] = known.path
    elif of and RESOURCES[of].path:
        segments = [RESOURCES[of].path, segments[-1]]
    else:
        raise invalid(field, f"'{href[:200]}' does not lead to a resource of this entry point")
    return links.to(*segments).removeprefix(f"{links.base}/")


def _walk(shape: Shape, document: Document, change: _Change, keep: _Keep, of: str = "", field: str = "") -> Document:
    found: Document = {}
    for member in shape.members:
        value: Any = document.get(member.name)
        if absent(value) or not keep(member):
            continue
        path = f"{field}{member.json}"
        if member.name == "href" and member.kind is Kind.URI:
            found["href"] = change(value, of, field.removesuffix("/") or path)
        elif member.scalar or member.kind is Kind.MAP:
            found[member.name] = value
        else:
            values = value if member.many else [value]
            inner = [_walk(member.shape, one, change, keep, member.attribute.of, f"{path}/") for one in values]
            inner = [one for one in inner if one]
            if inner:
                found[member.name] = inner if member.many else inner[0]
    return found


def _with_secrets(shape: Shape, old: Document, new: Document) -> Document:
    grown = dict(new)
    for member in shape.members:
        before, after = old.get(member.name), new.get(member.name)
        if member.attribute.secret and before and not after:
            grown[member.name] = before
        elif member.kind not in (Kind.REF, Kind.STRUCT) or not before or not after:
            continue
        elif not member.many:
            grown[member.name] = _of_part(member, before, after)
        elif len(before) == len(after):
            grown[member.name] = [_of_part(member, *pair) for pair in zip(before, after, strict=True)]
    return grown


def _of_part(member: Member, before: Document, after: Document) -> Document:
    """A part with the secrets of the one in its place, unless it is a reference now."""
    return after if after.get("href") else _with_secrets(member.shape, before, after)
