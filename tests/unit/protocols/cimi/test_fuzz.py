"""Whatever a client sends is a document or an error, and a document can be shown again as the schema wants it."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.errors import CimiError
from deltaic.protocols.cimi.shapes import Document, resource_shape
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_writer import write_xml
from tests.unit.protocols.cimi.schema import assert_valid

HARD = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = sorted({member.json for name in RESOURCES for member in resource_shape(name).members} | {"href", "type", "x"})
WORDS = st.one_of(
    st.sampled_from(["", " ", "1", "-1", "true", "x", "http://h/cimi/machines/1", "2012-01-01", "PT1H", "a b", "99e9"]),
    st.text(max_size=6),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(sorted(RESOURCES))


def outcome(body: bytes, content_type: str, expected: str) -> Document | ErrorKind | int:
    try:
        return read_body(body, content_type, expected)
    except Error as error:
        return error.kind
    except CimiError as error:
        return error.status


def judge(found: Document | ErrorKind | int, expected: str) -> None:
    if isinstance(found, dict):
        assert_valid(write_xml(expected, found))
    else:
        assert found in (ErrorKind.INVALID, ErrorKind.MISSING, 413, 415)


@HARD
@given(expected=TYPES, members=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5))
def test_any_json(expected: str, members: dict[str, Any]) -> None:
    judge(outcome(json.dumps(members).encode(), "application/json", expected), expected)


@HARD
@given(expected=TYPES, data=st.data())
def test_any_json_of_the_right_names(expected: str, data: st.DataObject) -> None:
    names = [member.json for member in resource_shape(expected).members]
    members = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=5))
    judge(outcome(json.dumps(members).encode(), "application/json", expected), expected)


def tree(name: str, attributes: dict[str, str], text: str, children: list[str]) -> str:
    inner = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{inner}>{text.replace('&', '&amp;').replace('<', '&lt;')}{''.join(children)}</{name}>"


XML_NAMES = sorted({member.xml for name in RESOURCES for member in resource_shape(name).members} | {"x"})
XML = st.recursive(
    st.builds(tree, st.sampled_from(XML_NAMES), st.just({}), WORDS, st.just([])),
    lambda inner: st.builds(
        tree,
        st.sampled_from(XML_NAMES),
        st.dictionaries(st.sampled_from(["href", "key", "name", "rel", "quantity", "units", "uri"]), WORDS, max_size=2),
        st.one_of(st.just(""), WORDS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=10,
)


@HARD
@given(expected=TYPES, children=st.lists(XML, max_size=5))
def test_any_xml(expected: str, children: list[str]) -> None:
    body = f"<{expected}>{''.join(children)}</{expected}>".encode("utf-8", "replace")
    judge(outcome(body, "application/xml", expected), expected)


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=60), content_type=st.sampled_from(["application/xml", "application/json", ""]))
def test_any_bytes(body: bytes, content_type: str) -> None:
    judge(outcome(body, content_type, "Machine"), "Machine")


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("CloudEntryPoint", '{"machines": []}'),
        ("CloudEntryPoint", '{"machines": {"operations": []}}'),
        ("ResourceMetadata", '{"attributes": {}}'),
        ("Sample", '{"sample": {}}'),
        ("Sample", "{}"),
        ("MachineTemplate", '{"networkInterfaces": [{}], "volumes": [{}], "volumeTemplates": [{}]}'),
        ("MachineConfiguration", '{"disks": [{"capacity": 1}]}'),
        ("Machine", '{"latestSnapshot": {}, "eventLog": ""}'),
    ],
)
def test_what_the_schema_asks_for_is_there_though_the_client_left_it_out(expected: str, body: str) -> None:
    found = outcome(body.encode(), "application/json", expected)
    assert isinstance(found, dict)
    judge(found, expected)
