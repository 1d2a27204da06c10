"""Single values: what is read, what is refused, what the schema takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from deltaic.protocols.cimi.kinds import Attribute, Kind
from deltaic.protocols.cimi.scalars import FORMATS, format_moment, parse_moment, parse_scalar, valid_uri

JUDGE = etree.XMLSchema(
    etree.fromstring(
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="u" type="s:anyURI"/></s:schema>'
    )
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.just(""), st.just("http://")), st.text("ab09-._~:/?#[]@!$&'()*+,;=%é日 \\{}|^`<>\"", max_size=12))
def test_every_uri_that_is_taken_is_one_for_the_schema(start: str, text: str) -> None:
    element = etree.Element("u")
    element.text = start + text
    assert not valid_uri(start + text) or JUDGE.validate(element)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:3001/cimi/machines/1", "https://user@h.example.org:8443/a?b=c#d", "nfs://h/1.img", "rhevmd://0",
        "#name", "/cimi/machines", "machines/1", "urn:uuid:1", "http://[::1]:80/", "http://h/%C3%A9", "http://h/é", "a",
    ],
)  # fmt: skip
def test_usual_uris_are_taken(text: str) -> None:
    assert valid_uri(text)


@pytest.mark.parametrize("text", ["a b", "http://h:port/", "%", "http://[x", "<", "a\nb", ":x", "x" * 5000])
def test_other_texts_are_no_uris(text: str) -> None:
    assert not valid_uri(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2012-10-18T14:22:57.675+02:00", datetime(2012, 10, 18, 12, 22, 57, 675_000, tzinfo=UTC)),
        ("2012-10-11 11:20:26 +0200", datetime(2012, 10, 11, 9, 20, 26, tzinfo=UTC)),
        ("2011-09-12 11:37:28 UTC", datetime(2011, 9, 12, 11, 37, 28, tzinfo=UTC)),
        ("2011-11-21", datetime(2011, 11, 21, tzinfo=UTC)),
        ("2000-01-01T00:00:00.000Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2000-01-01T00:00:00.123456789Z", datetime(2000, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
        ("2000-01-01T00:00:00", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "now", "2012", "2012-02-30", "2012-01-01T25:00:00Z", "0001-01-01T00:00:00+14:00", "٢٠١٢-٠١-٠١"]
)
def test_texts_that_are_no_moment(text: str) -> None:
    assert parse_moment(text) is None


def test_moments_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert format_moment(datetime(2012, 10, 18, 14, 22, 57, 675_000, tzinfo=east)) == "2012-10-18T12:22:57.675Z"
    assert format_moment(datetime(2012, 10, 18, 0, 0, 0, tzinfo=UTC)) == "2012-10-18T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "key"),
    [("00ff", b"\x00\xff"), ("c3NoLXJzYQ==", b"ssh-rsa"), ("ssh-rsa AAAA joe@h", b"ssh-rsa AAAA joe@h"), ("2", b"2")],
)
def test_keys(text: str, key: bytes) -> None:
    assert parse_scalar(Attribute("key", Kind.HEX), text, "key") == key
    assert FORMATS[Kind.HEX](key) == key.hex().upper()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.STRING, 1), (Kind.STRING, None), (Kind.INTEGER, "1"), (Kind.INTEGER, True), (Kind.BOOLEAN, 1),
        (Kind.DATETIME, "2012-01-01"), (Kind.HEX, "00"), (Kind.URI, b"x"), (Kind.INTEGER, 1.0),
    ],
)  # fmt: skip
def test_values_of_another_type_are_a_defect(kind: Kind, value: Any) -> None:
    with pytest.raises(TypeError):
        FORMATS[kind](value)
