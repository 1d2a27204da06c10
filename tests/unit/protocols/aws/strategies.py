"""Hypothesis strategies for values of botocore's shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape
from hypothesis import strategies as st

from deltaic.protocols.aws.readers import KEEP_EMPTY

#: Every character that XML 1.0 can hold, with those that need escaping made likely.
#: Characters that no answer can hold: requests with them are refused.
UNSENDABLE = [*(chr(code) for code in range(32) if chr(code) not in "\t\n\r"), "\ufffe", "\uffff"]

XML_TEXT = st.text(
    st.one_of(
        st.sampled_from("&<>\"'\r\n\t ]"),
        st.characters(
            exclude_categories=("Cs",),
            exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"],
        ),
    ),
    max_size=8,
)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
DOUBLES = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
MAX_MEMBERS = 5


def _integers(shape: Shape) -> st.SearchStrategy[int]:
    bits = 31 if shape.type_name == "integer" else 63
    low = shape.metadata.get("min", -(1 << bits))
    high = shape.metadata.get("max", (1 << bits) - 1)
    return st.integers(low, high)


def answers(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """What a service may answer: any subset of members, empty lists and texts included."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, depth, answers, ())
    if kind == "list":
        return st.lists(answers(shape.member, depth + 1), max_size=2)
    return _scalar(shape, XML_TEXT)


def requests(shape: Shape, depth: int = 0, empty_text: bool = False) -> st.SearchStrategy[Any]:
    """What a client may ask: no empty texts, lists or structures, for the protocol can't tell them from absence."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, depth, requests, shape.required_members)
    if kind == "list":
        return st.lists(requests(shape.member, depth + 1, empty_text=True), min_size=1, max_size=2)
    text = st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters=UNSENDABLE),
        min_size=0 if empty_text else 1,
        max_size=8,
    )
    return _scalar(shape, text, 0 if empty_text else 1)


def _scalar(shape: Shape, text: st.SearchStrategy[str], smallest_blob: int = 0) -> st.SearchStrategy[Any]:
    return {
        "integer": _integers,
        "long": _integers,
        "boolean": lambda _: st.booleans(),
        "timestamp": lambda _: MOMENTS,
        "double": lambda _: DOUBLES,
        "blob": lambda _: st.binary(min_size=smallest_blob, max_size=20),
        "string": lambda _: text,
    }[shape.type_name](shape)


@st.composite
def _structure(draw: st.DrawFn, shape: Shape, depth: int, of: Any, required: Any) -> dict[str, Any]:
    names = list(shape.members)
    limit = MAX_MEMBERS if depth < 4 else 1
    floor = 1 if of is requests and depth else 0
    chosen = draw(st.lists(st.sampled_from(names), min_size=floor, max_size=limit, unique=True)) if names else []
    result = {}
    for name in [*required, *(name for name in chosen if name not in required)]:
        options = {"empty_text": (shape.name, name) in KEEP_EMPTY} if of is requests else {}
        result[name] = draw(of(shape.members[name], depth + 1, **options))
    return result
