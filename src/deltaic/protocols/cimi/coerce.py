"""From what a client sent, by name and without types, to a document: where leniency and refusal live."""

from __future__ import annotations

from typing import Any, Final

from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.protocols.cimi.kinds import Access, Kind
from deltaic.protocols.cimi.scalars import parse_scalar
from deltaic.protocols.cimi.shapes import Document, Member, Shape
from deltaic.protocols.cimi.text import unfit
from deltaic.protocols.cimi.unknown import Unknown

#: Deepest nesting of structures that is read.
MAX_DEPTH: Final = 24

#: Names that any structure may carry without having them.
_TOLERATED: Final = frozenset({"href", "resourceuri"})


def too_deep() -> Error:
    """The error for a body nested deeper than `MAX_DEPTH`."""
    return invalid("", f"The body is nested deeper than {MAX_DEPTH} levels")


def coerce(shape: Shape, raw: dict[str, Any], unknown: Unknown, path: str = "", depth: int = 0) -> Document:
    """The document that a raw structure means.

    `unknown` is told of names that the shape does not have; a raw None stays None (the client erases). Errors:
    INVALID or MISSING with the path of the attribute as the field.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    document: Document = {}
    for name, value in _placed(shape, raw, unknown, path):
        member = shape.by_json.get(name) or shape.by_json[name.lower()]
        if member.name in document:
            continue
        field = f"{path}{member.json}"
        if value is None:
            document[member.name] = None
            continue
        try:
            _put(document, member, value, unknown, field, depth)
        except Error:
            if member.attribute.access is not Access.PROVIDER:
                raise
    _check(shape, document, path)
    return document


def _placed(shape: Shape, raw: dict[str, Any], unknown: Unknown, path: str) -> list[tuple[str, Any]]:
    """The known names with their values; what belongs into a create's template is moved there."""
    known: list[tuple[str, Any]] = []
    strays: dict[str, Any] = {}
    template = next((m for m in shape.members if m.attribute.required and m.name.endswith("Template")), None)
    for name, value in raw.items():
        member = shape.by_json.get(name) or shape.by_json.get(name.lower())
        if member is not None:
            unknown.spelling(path, name, name if name in member.attribute.also else member.json)
            known.append((name, value))
        elif name.lower() in _TOLERATED:
            continue
        elif template is not None and not unknown.strict and name.lower() in template.shape.by_json:
            strays[name] = value
        else:
            unknown.ignore(f"{path}{name}")
    if template is not None and strays and not any(name.lower() == template.name.lower() for name, _ in known):
        known.append((template.name, strays))
    return known


def _put(document: Document, member: Member, value: Any, unknown: Unknown, field: str, depth: int) -> None:
    if member.many:
        values = value if isinstance(value, list) else [value]
        document[member.name] = [_value(member, item, unknown, field, depth) for item in values]
        return
    if isinstance(value, list) and member.kind is Kind.COLLECTION:
        value = {member.shape.by_name["items"].json: value}
    read = _value(member, value, unknown, field, depth)
    if read is not None:
        document[member.name] = read


def _value(member: Member, value: Any, unknown: Unknown, field: str, depth: int) -> Any:
    if member.scalar:
        if value == "" and member.kind is not Kind.STRING:
            return None
        return parse_scalar(member.attribute, value, field)
    if member.kind is Kind.MAP:
        return _properties(value, field)
    if isinstance(value, str) and member.kind is not Kind.STRUCT:
        value = {"href": value}
    if not isinstance(value, dict):
        raise invalid(field, f"The value of '{field}' must be a structure")
    document = coerce(member.shape, value, unknown, f"{field}/", depth + 1)
    if member.name == "items" and document.get("href"):
        document.setdefault("id", document["href"])
        del document["href"]
    return document


def _properties(value: Any, field: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise invalid(field, f"The value of '{field}' must be a map of texts")
    found: dict[str, str] = {}
    for key, text in value.items():
        if text is None:
            continue
        if not isinstance(text, str | int | float):
            raise invalid(f"{field}/{key[:80]}", "The value of a property must be a text")
        plain = str(text).lower() if isinstance(text, bool) else str(text).strip()
        if unfit(key) or unfit(plain):
            raise invalid(field, f"The map '{field}' has a character that XML can't hold")
        found[key] = plain
    return found


def _check(shape: Shape, document: Document, path: str) -> None:
    """Raise MISSING for what can't be left out, INVALID for two alternatives at once."""
    chosen: str | None = None
    needed: Member | None = None
    for member in shape.members:
        attribute = member.attribute
        given = document.get(member.name) is not None
        if attribute.choice:
            if given and chosen not in (None, attribute.choice):
                field = f"{path}{member.json}"
                raise invalid(field, f"'{field}' excludes '{path}{chosen}'")
            chosen = attribute.choice if given else chosen
            needed = member if attribute.required else needed
        elif attribute.required and not given and (not member.fill or attribute.access is Access.CREATE):
            raise _missing(f"{path}{member.json}")
    if needed is not None and chosen is None:
        raise _missing(f"{path}{needed.json}")


def _missing(field: str) -> Error:
    return Error(ErrorKind.MISSING, f"The attribute '{field}' is required", field=field)
