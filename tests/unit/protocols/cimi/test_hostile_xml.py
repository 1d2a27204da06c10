"""XML made to hurt is refused before it can."""

from __future__ import annotations

import tracemalloc

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import MAX_BODY, read_body
from deltaic.protocols.cimi.coerce import MAX_DEPTH
from deltaic.protocols.cimi.errors import CimiError
from deltaic.protocols.cimi.xml_reader import read_xml

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCUMENT_TYPES = {
    "bare": "<!DOCTYPE Machine>",
    "internal entity": '<!DOCTYPE Machine [<!ENTITY e "x">]>',
    "external entity": '<!DOCTYPE Machine [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "external subset": '<!DOCTYPE Machine SYSTEM "http://127.0.0.1:9/x.dtd">',
    "parameter entity": '<!DOCTYPE Machine [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
    "billion laughs": f'<!DOCTYPE Machine [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY e "&l9;">]>',
    "behind a comment": "<!-- x --><?pi y?>\n<!DOCTYPE Machine>",
}


@pytest.mark.parametrize("name", sorted(DOCUMENT_TYPES))
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_document_types_are_refused_in_every_encoding(name: str, charset: str) -> None:
    text = f'<?xml version="1.0" encoding="{charset}"?>{DOCUMENT_TYPES[name]}<Machine><name>&e;</name></Machine>'
    with pytest.raises(Error) as caught:
        read_xml(text.encode(charset), "Machine")
    assert (caught.value.kind, caught.value.message) == (
        ErrorKind.INVALID, "The body must not have a document type",
    )  # fmt: skip


@pytest.mark.parametrize("charset", ["utf-7", "cp037", "hz", "rot13", "no-such", "idna", "unicode_escape"])
def test_encodings_that_could_hide_something_are_refused(charset: str) -> None:
    with pytest.raises(Error) as caught:
        read_xml(f'<?xml version="1.0" encoding="{charset}"?><Machine/>'.encode(), "Machine")
    assert caught.value.kind is ErrorKind.INVALID


def test_the_words_of_a_document_type_inside_a_text_are_a_text() -> None:
    body = b"<Machine><description><![CDATA[<!DOCTYPE html>]]></description></Machine>"
    assert read_xml(body, "Machine") == {"description": "<!DOCTYPE html>"}


@pytest.mark.parametrize("text", ["&e;", "&#0;", "&#xFFFF;", "\x00", "\x0b"])
def test_undefined_entities_and_impossible_characters_are_refused(text: str) -> None:
    with pytest.raises(Error) as caught:
        read_xml(f"<Machine><name>{text}</name></Machine>".encode(), "Machine")
    assert caught.value.kind is ErrorKind.INVALID


def test_nesting_that_the_table_allows_without_end_has_one() -> None:
    start = "<systemTemplate><componentDescriptor><type>x</type>"
    end = "</componentDescriptor></systemTemplate>"
    inner = "<componentDescriptor><type>x</type>{}</componentDescriptor>"
    body = f"<SystemTemplate>{inner.format(start * MAX_DEPTH + end * MAX_DEPTH)}</SystemTemplate>"
    with pytest.raises(Error) as caught:
        read_xml(body.encode(), "SystemTemplate")
    assert caught.value.message == f"The body is nested deeper than {MAX_DEPTH} levels"


@pytest.mark.parametrize("depth", [300, 20_000])
def test_deep_nesting_is_refused_or_ignored_at_once(depth: int) -> None:
    body = b"<Machine>" + b"<x>" * depth + b"</x>" * depth + b"</Machine>"
    with pytest.raises(Error) as caught:
        read_xml(body, "Machine")
    assert caught.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("depth", [200, 50_000])
@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"relatedImage":', b"}")])
def test_deep_json_is_refused(start: bytes, end: bytes, depth: int) -> None:
    body = b'{"relatedImage":' + start * depth + b"1" + end * depth + b"}"
    with pytest.raises(Error) as caught:
        read_body(body, "application/json", "MachineImage")
    assert caught.value.kind is ErrorKind.INVALID


def test_long_bodies_are_refused_unread() -> None:
    body = b"<Machine>" + b" " * (50 << 20) + b"</Machine>"
    tracemalloc.start()
    with pytest.raises(CimiError) as caught:
        read_body(body, "application/xml", "Machine")
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.status == 413
    assert used < MAX_BODY


def test_many_attributes_and_namespaces_do_no_harm() -> None:
    many = " ".join(f'a{n}="{n}" xmlns:p{n}="urn:{n}"' for n in range(5_000))
    assert read_xml(f"<Machine {many}><name>x</name></Machine>".encode(), "Machine") == {"name": "x"}


def test_processing_instructions_and_inclusions_are_not_obeyed() -> None:
    body = (
        '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><Machine xmlns:i="http://www.w3.org/2001/XInclude">'
        '<name>a<?php x?>b<!-- c -->d</name><i:include href="file:///etc/passwd" parse="text"/></Machine>'
    )
    assert read_xml(body.encode(), "Machine") == {"name": "abd"}
