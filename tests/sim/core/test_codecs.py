"""Whatever one representation writes it reads back equal, for every type of the table."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ovirt_engine_sim.faults import Fault
from ovirt_engine_sim.representation import json, xml
from ovirt_engine_sim.types import Field, Type, enum_values, model, type_of

TEXTS = ("", "a", "ü<&>'\"", " spaces ", "line\nline\ttab", "]]>", "&amp;", "0", "true")


def value(rng: random.Random, field: Field, depth: int) -> Any:
    match field.kind:
        case "string":
            return rng.choice(TEXTS)
        case "integer":
            return rng.randrange(-(2**31), 2**31)
        case "boolean":
            return rng.random() < 0.5
        case "decimal":
            return rng.randrange(1000) / 8
        case "date":
            return rng.randrange(0, 4_000_000_000_000)
        case "enum":
            return rng.choice(sorted(enum_values(field.type)))
        case _:
            return document(rng, type_of(field.type), depth + 1)


def document(rng: random.Random, kind: Type, depth: int = 0) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in kind.fields:
        if field.attribute and field.kind == "string":
            result[field.name] = "some-id"
        elif not field.attribute and depth < 3 and rng.random() < (0.9 if depth == 0 else 0.15):
            one = value(rng, field, depth)
            result[field.name] = [value(rng, field, depth) for _ in range(rng.randrange(3))] if field.item else one
    return result


def plain(data: Any) -> Any:
    """Leave out the hrefs that writing adds."""
    if isinstance(data, dict):
        return {name: plain(one) for name, one in data.items() if name != "href"}
    return [plain(one) for one in data] if isinstance(data, list) else data


@pytest.mark.parametrize("native", [False, True])
def test_json_reads_what_it_writes(native: bool) -> None:
    rng = random.Random(1)
    for kind in model()[0].values():
        for _ in range(3):
            data = document(rng, kind)
            written = b"{" + json.members(kind, data, native) + b"}"
            assert plain(json.read(kind, written, "x")) == data, kind.name


def test_xml_reads_what_it_writes() -> None:
    rng = random.Random(2)
    for kind in model()[0].values():
        for _ in range(3):
            data = document(rng, kind)
            written = xml.DECLARATION + xml.element(kind, data)
            assert plain(xml.read(kind, written, "x")) == data, kind.name


def test_empty_elements_close_themselves() -> None:
    kind = type_of("sso")
    assert (
        xml.element(kind, {"methods": [{"id": "guest_agent"}]})
        == b'<sso><methods><method id="guest_agent"/></methods></sso>'
    )
    assert xml.element(type_of("vm"), {"description": ""}) == b"<vm><description></description></vm>"


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    written = xml.element(type_of("vm"), {"name": "a\x00b\x1fc\ud800d"})
    assert written == b"<vm><name>abcd</name></vm>"


def test_dates() -> None:
    written = xml.element(type_of("vm"), {"creation_time": 1473320133005})
    assert written == b"<vm><creation_time>2016-09-08T07:35:33.005+00:00</creation_time></vm>"
    for text in ("2016-09-08T09:35:33.005+02:00", "2016-09-08T07:35:33.005Z", "1473320133005"):
        body = f"<vm><creation_time>{text}</creation_time></vm>".encode()
        assert xml.read(type_of("vm"), body, "vms") == {"creation_time": 1473320133005}


@pytest.mark.parametrize("text", ["9" * 30, "1.5", "", "0x10", "१", "--1", "1e3"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(Fault) as caught:
        json.read(type_of("vm"), b'{"memory": "%s"}' % text.encode(), "vms")
    assert (caught.value.status, caught.value.reason) == (400, "Invalid value")


def test_depth_is_limited() -> None:
    body = b'{"cluster":' + b'{"data_center":{"clusters":{"cluster":[' * 200
    with pytest.raises(Fault):
        json.read(type_of("vm"), body, "vms")
    whole = b'{"quota":' + b'{"vms":{"vm":[{"quota":' * 100 + b"{}" + b"}]}}" * 100 + b"}"
    with pytest.raises(Fault) as caught:
        json.read(type_of("vm"), whole, "vms")
    assert caught.value.status == 400
