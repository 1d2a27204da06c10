"""Parameters wherever clients put them, and the format of the answer."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.deltacloud import parameters
from deltaic.protocols.deltacloud.negotiation import Format, negotiate

DOCUMENTS = (Format.XML, Format.JSON, Format.HTML)


@pytest.mark.parametrize(
    ("path", "plain", "found"),
    [
        ("/api", "/api", {}),
        ("/api;driver=ovirt;provider=p/images", "/api/images", {"driver": "ovirt", "provider": "p"}),
        ("/api/images;instance_id=a%3Bb", "/api/images", {"instance_id": "a;b"}),
        ("/api/instances/i/run;id=i", "/api/instances/i/run", {"id": "i"}),
        ("/api/a%2Fb;;x", "/api/a/b", {"x": ""}),
    ],
)
def test_matrix_parameters_stand_in_any_segment(path: str, plain: str, found: dict[str, str]) -> None:
    assert parameters.matrix(path) == (plain, found)


def test_a_form_is_read_and_what_is_empty_is_not_there() -> None:
    fields = parameters.form(b"image_id=a&name=&x=1+2")

    assert parameters.merged({"image_id": "query", "y": "2"}, fields) == {"image_id": "a", "y": "2", "x": "1 2"}


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a%d=1" % i for i in range(300))])
def test_a_form_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(Error) as caught:
        parameters.form(body)
    assert caught.value.kind is ErrorKind.INVALID
    assert caught.value.field == "body"


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(Error) as caught:
        parameters.required({"name": "x"}, "image_id")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.MISSING, "image_id")


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 30, "٣", "1001"])
def test_a_wrong_number_is_named(text: str) -> None:
    with pytest.raises(Error) as caught:
        parameters.whole({"hwp_cpu": text}, "hwp_cpu", lowest=1, highest=1000)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "hwp_cpu")


def test_numbers_and_truths_are_read() -> None:
    given = {"cpu": " 4 ", "capacity": "1.5", "start": "TRUE", "off": "0"}

    assert parameters.whole(given, "cpu") == 4
    assert parameters.whole(given, "memory") is None
    assert parameters.number(given, "capacity") == 1.5
    assert parameters.truth(given, "start") is True
    assert parameters.truth(given, "off", default=True) is False
    assert parameters.truth(given, "absent") is False


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("aGVsbG8=", b"hello"),
        ("aGVs\nbG8=\n", b"hello"),
        ("#!/bin/sh\necho", b"#!/bin/sh\necho"),
        ("#cloud-config\n", b"#cloud-config\n"),
        ("abc", b"abc"),
    ],
)
def test_user_data_is_base64_or_a_text(text: str, data: bytes) -> None:
    assert parameters.user_data({"user_data": text}) == data


@pytest.mark.parametrize(
    ("parameter", "accept", "form"),
    [
        (None, None, Format.XML),
        (None, "*/*", Format.HTML),
        (None, "text/xml", Format.XML),
        (None, "application/xhtml+xml", Format.HTML),
        (None, "application/json;q=0.9, application/xml;q=0.5", Format.JSON),
        (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format.HTML),
        (None, "application/xml;q=1", Format.XML),
        (None, "text/csv", None),
        (None, "image/png", None),
        ("json", "application/xml", Format.JSON),
        ("JSON", None, Format.JSON),
        ("yaml", "application/xml", None),
        (None, "application/json;q=abc, application/xml;q=0.1", Format.XML),
    ],
)
def test_the_format_is_the_originals(parameter: str | None, accept: str | None, form: Format | None) -> None:
    assert negotiate(parameter, accept, DOCUMENTS) is form
