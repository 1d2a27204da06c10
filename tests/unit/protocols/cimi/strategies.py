"""Documents that the table allows, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from deltaic.protocols.cimi.kinds import Attribute, Kind
from deltaic.protocols.cimi.scalars import plain, valid_uri
from deltaic.protocols.cimi.shapes import Member, Shape, collection_shape, inlined_shape, resource_shape

#: Any character that XML can hold, with those that need escaping drawn often.
CHARACTERS = st.one_of(
    st.sampled_from("&<>\"'\r\n\t \u00a0]é\U0001f600"),
    st.characters(exclude_categories=["Cs"]).filter(lambda c: c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff")),
)
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12)
STRIPPED = TEXTS.map(str.strip).filter(bool)
URIS = st.one_of(
    st.just("http://127.0.0.1:3001/cimi/machines/7434e6e3-a85d-4bfb-b952-b191288c2aa2"),
    st.text("abZ09-._~:/?#[]@!$&'()*+,;=%é", min_size=1, max_size=16).filter(valid_uri),
)
SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.STRING: STRIPPED,
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATETIME: st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)),
    Kind.URI: URIS,
    Kind.DURATION: st.sampled_from(["PT1H", "P1D", "P1Y2M3DT4H5M6.5S", "-PT30S"]),
    Kind.HEX: st.binary(min_size=1, max_size=12),
    Kind.ANY: st.one_of(
        st.booleans(), st.integers(-(10**17), 10**17), STRIPPED.filter(lambda text: plain(text) == text)
    ),
}
DEEPEST = 3


@st.composite
def members(draw: st.DrawFn, shape: Shape, depth: int = 0, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A document of a shape: everything required, one alternative, some of the rest."""
    known = [m for m in shape.members if m.name not in without]
    choices = sorted({m.attribute.choice for m in known if m.attribute.choice})
    choice = draw(st.sampled_from(choices)) if choices else ""
    allowed = [m for m in known if not m.attribute.choice or m.attribute.choice == choice]
    if depth >= DEEPEST:
        allowed = [m for m in allowed if m.scalar or m.attribute.required or m.attribute.choice]
    needed = [m for m in allowed if m.attribute.required]
    others = [m for m in allowed if m not in needed]
    picked = draw(st.lists(st.sampled_from(others), max_size=5, unique_by=lambda m: m.name)) if others else []
    return {m.name: draw(value(m, depth)) for m in (*needed, *picked)}


def value(member: Member, depth: int) -> st.SearchStrategy[Any]:
    one = single(member, depth)
    return st.lists(one, min_size=1, max_size=2) if member.many else one


def single(member: Member, depth: int) -> st.SearchStrategy[Any]:
    attribute: Attribute = member.attribute
    if member.scalar:
        return TEXTS if attribute.secret else SCALARS[member.kind]
    if member.kind is Kind.MAP:
        return st.dictionaries(TEXTS, TEXTS.map(str.strip), min_size=1, max_size=3)
    if member.kind is Kind.STRUCT:
        return members(member.shape, depth + 1).filter(bool)
    bare = st.fixed_dictionaries({"href": URIS})
    if depth + 1 >= DEEPEST or not attribute.of:
        return bare
    if member.kind is Kind.COLLECTION:
        return st.one_of(bare, collections(attribute.of, depth + 1, with_href=True))
    inner = members(member.shape, depth + 1)
    return st.one_of(bare, st.builds(lambda href, rest: {**href, **rest}, bare, inner))


@st.composite
def collections(draw: st.DrawFn, item_name: str, depth: int = 0, with_href: bool = False) -> dict[str, Any]:
    """An expanded collection."""
    items = draw(st.lists(members(resource_shape(item_name), depth + 1).filter(bool), max_size=2))
    document = {"id": draw(URIS), "count": draw(st.integers(0, 2**31))}
    if items:
        document["items"] = items
    if with_href:
        document["href"] = draw(URIS)
    shape = inlined_shape(item_name) if with_href else collection_shape(item_name)
    if "operations" in shape.by_name and draw(st.booleans()):
        document["operations"] = [{"rel": "add", "href": draw(URIS)}]
    return document


def documents(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of a type of the table."""
    return members(resource_shape(name))
