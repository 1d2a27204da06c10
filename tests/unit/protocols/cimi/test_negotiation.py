"""Formats, versions and entity tags."""

from __future__ import annotations

import pytest

from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.errors import CimiError
from deltaic.protocols.cimi.negotiation import Format, etag, matches, negotiate, negotiate_version, request_format


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, Format.XML),
        ("", Format.XML),
        ("application/xml", Format.XML),
        ("text/xml", Format.XML),
        ("application/json", Format.JSON),
        ("Application/JSON; charset=utf-8", Format.JSON),
        ("application/vnd.x+json", Format.JSON),
        ("*/*", Format.JSON),
        ("application/*", Format.JSON),
        ("text/html", Format.JSON),
        ("*/*; q=0.5, application/xml", Format.XML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format.XML),
        ("application/json, application/xml", Format.XML),
        ("application/json, application/xml;q=0.5", Format.JSON),
        ("application/xml;q=0, application/json", Format.JSON),
        ("application/xml;q=0, */*", Format.JSON),
        ("text/plain, application/json;q=0.1", Format.JSON),
    ],
)
def test_accept(accept: str | None, wanted: Format) -> None:
    assert negotiate(accept) is wanted


@pytest.mark.parametrize("accept", ["text/plain", "image/*", "application/xml;q=0", ",", "nonsense"])
def test_nothing_acceptable(accept: str) -> None:
    with pytest.raises(CimiError) as caught:
        negotiate(accept)
    assert caught.value.status == 406


@pytest.mark.parametrize(("parameter", "wanted"), [("json", Format.JSON), ("JSON", Format.JSON), (" Xml ", Format.XML)])
def test_the_format_parameter_beats_accept(parameter: str, wanted: Format) -> None:
    assert negotiate("text/plain", parameter) is wanted


def test_a_format_that_is_none() -> None:
    with pytest.raises(CimiError) as caught:
        negotiate(None, "yaml")
    assert (caught.value.status, caught.value.field) == (406, "$format")


@pytest.mark.parametrize(
    ("content_type", "body", "wanted"),
    [
        ("application/xml", b"", Format.XML),
        ("text/xml; charset=utf-8", b"{}", Format.XML),
        ("application/cimi-machine+xml", b"", Format.XML),
        ("application/json;charset=UTF-8", b"<a/>", Format.JSON),
        ("APPLICATION/X+JSON", b"", Format.JSON),
        (None, b"  \n<Machine/>", Format.XML),
        (None, b"\xef\xbb\xbf<Machine/>", Format.XML),
        ("", b" {}", Format.JSON),
    ],
)
def test_the_format_of_a_body(content_type: str | None, body: bytes, wanted: Format) -> None:
    assert request_format(content_type, body) is wanted


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/plain", b"<Machine/>"), ("application/x-www-form-urlencoded", b"a=b"), (None, b"name=x"), (None, b"[]")],
)
def test_other_formats_are_not_read(content_type: str | None, body: bytes) -> None:
    with pytest.raises(CimiError) as caught:
        read_body(body, content_type, "Machine")
    assert caught.value.status == 415


def test_an_empty_body_is_an_empty_document() -> None:
    assert read_body(b" \n", "application/octet-stream", "Machine") == {}


@pytest.mark.parametrize("wanted", [None, "", "1.0", "1.0.1", "1.1.0", "2.0.0, 1.0.0", " 1 "])
def test_versions_of_one_are_answered(wanted: str | None) -> None:
    assert negotiate_version(wanted) == "1.1.0"


@pytest.mark.parametrize("wanted", ["2.0.0", "0.9", "new", "11.0", "1.", "2, 3"])
def test_other_versions_are_refused(wanted: str) -> None:
    with pytest.raises(CimiError) as caught:
        negotiate_version(wanted)
    assert caught.value.status == 400


def test_entity_tags() -> None:
    tag = etag(b"body")
    assert tag == '"230d8358dc8e8890b4c58deeb62912ee"'
    assert etag(b"other") != tag
    assert matches(tag, tag)
    assert matches(f'"x", {tag}', tag)
    assert matches("*", tag)
    assert not matches('"x"', tag)
    assert not matches(f"W/{tag}", tag)
    assert matches(f"W/{tag}", tag, weak=True)
    assert not matches(tag[1:-1], tag)
