"""XML elements, and their text."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

DECLARATION: Final = "<?xml version='1.0' encoding='utf-8' ?>\n"

#: What XML 1.0 can't hold, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What stands in a text or an attribute as it is; nearly everything does.
_PLAIN: Final = re.compile(r"[\w .:;/@,+=()*!?#%~-]*", re.ASCII)
#: By how much each level is indented.
INDENT: Final = "  "


class Element(Struct, frozen=True):
    """An element: text stands before the children."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element, ...] = ()
    text: str = ""


def element(name: str, /, *children: Element | None, text: object = None, **attributes: object) -> Element:
    """An element without the children and attributes that are None.

    A trailing underscore of an attribute's name is dropped (`id_`), so that Python's own words can be used.
    """
    given = ((key.rstrip("_"), str(value)) for key, value in attributes.items() if value is not None)
    kept = tuple(child for child in children if child is not None)
    return Element(name, tuple(given), kept, "" if text is None else str(text))


def optional(name: str, value: object) -> Element | None:
    """An element with a text, or nothing for None and an empty text."""
    return None if value in (None, "") else element(name, text=value)


def write(root: Element) -> bytes:
    """The document, in UTF-8; characters that XML can't hold become U+FFFD."""
    return DECLARATION.encode() + lines(root)


def lines(root: Element, indent: str = "") -> bytes:
    """The lines of an element, each behind `indent`."""
    found: list[str] = []
    _write(root, indent, found)
    return "".join(found).encode()


def _write(one: Element, indent: str, found: list[str]) -> None:
    attributes = "".join([f" {name}='{_quoted(value)}'" for name, value in one.attributes])
    if not one.children:
        content = f">{_escaped(one.text)}</{one.name}>" if one.text else "/>"
        found.append(f"{indent}<{one.name}{attributes}{content}\n")
        return
    found.append(f"{indent}<{one.name}{attributes}>{_escaped(one.text)}\n")
    for child in one.children:
        _write(child, indent + INDENT, found)
    found.append(f"{indent}</{one.name}>\n")


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    clean = _FORBIDDEN.sub("\ufffd", text)
    # A carriage return would be read as a line feed.
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return _escaped(text).replace("'", "&apos;").replace("\n", "&#10;").replace("\t", "&#9;")
