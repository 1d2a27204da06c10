"""The DMTF's schema, as a judge and as something to compare the table with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

DATA = Path(__file__).resolve().parents[3] / "data" / "cimi"
SCHEMA_FILE = DATA / "dsp8009_1.0.2_patched.xsd"
XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def schema() -> Any:
    return etree.XMLSchema(etree.parse(str(SCHEMA_FILE)))


def assert_valid(body: bytes) -> None:
    """Fail with the schema's own words and the document unless the document is valid."""
    judge = schema()
    assert judge.validate(etree.fromstring(body)), f"{judge.error_log}\n{body.decode()[:3000]}"


@cache
def _root() -> Any:
    return etree.parse(str(SCHEMA_FILE)).getroot()


def global_elements() -> list[str]:
    return [element.get("name") for element in _root().findall(f"{XS}element")]


def children_of(name: str) -> list[str]:
    """The elements of a global element, in order, all alternatives one after the other."""
    element = next(e for e in _root().findall(f"{XS}element") if e.get("name") == name)
    return list(_names(element.find(f"{XS}complexType")))


def _names(node: Any) -> Any:
    for child in node:
        if child.tag == f"{XS}element":
            yield child.get("name") or child.get("ref").removeprefix("tns:")
        elif child.tag == f"{XS}group":
            wanted = child.get("ref").removeprefix("tns:")
            yield from _names(next(g for g in _root().findall(f"{XS}group") if g.get("name") == wanted))
        elif child.tag in (f"{XS}sequence", f"{XS}choice"):
            yield from _names(child)


def structure_of(name: str, element: str) -> list[str]:
    """The XML attributes and elements of an unnamed structure below a global element's group."""
    for group in _root().findall(f"{XS}group"):
        if group.get("name") == f"{name}Elements":
            found = next(e for e in group.iter(f"{XS}element") if e.get("name") == element)
            inner = found.find(f"{XS}complexType")
            return [a.get("name") for a in inner.findall(f"{XS}attribute")] + list(_names(inner))
    raise LookupError(name)
