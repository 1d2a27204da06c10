"""What of an answer is its structure: a set of facts, of which each is one line.

`instance/actions/link[stop]@method=post` is one of XML, `$.instance.actions[stop].method=post` one of JSON,
`status 200` and `header location=/instances/ID` are some of HTTP. Names, figures and times are data: they are no facts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree

#: What tells elements of the same name (or items of the same list) apart.
_APART: Final = {
    "link": ("rel",), "feature": ("name",), "param": ("name",), "constraint": ("name",), "property": ("name",),
    "state": ("name",), "transition": ("to", "action"), "entrypoint": ("kind",), "address": ("type",),
}  # fmt: skip
_LISTS: Final = {
    "links": ("rel",), "features": ("name",), "actions": ("rel",), "properties": ("name",), "property": ("name",),
    "states": ("name",), "transitions": ("to", "action"), "public_addresses": ("type",),
}  # fmt: skip
#: Whose values are words of the protocol.
_WORDS: Final = frozenset({
    "rel", "method", "kind", "unit", "status", "auto", "operation", "code", "error", "state", "type",
    "credential_type", "authentication_type",
})  # fmt: skip
#: Headers that are compared; the others are the web server's.
_HEADERS: Final = (
    "allow", "cache-control", "etag", "expect", "location", "server", "vary", "www-authenticate",
    "x-backend-runtime", "x-deltacloud-driver", "x-deltacloud-provider", "x-request-id",
)  # fmt: skip
_BASE: Final = re.compile(r"https?://[^/]+/api(?=[/;]|$)")


def facts(status: int, headers: Mapping[str, str], content: bytes) -> set[str]:
    """Everything that is structure in an answer."""
    media = headers.get("content-type", "").partition(";")[0].strip()
    found = {f"status {status}", *_of_headers(headers), *([f"type {media}"] if media else [])}
    if media == "application/xml" and content:
        root = etree.fromstring(content)
        found |= set(_of_element(root, root.tag))
    elif media == "application/json" and content:
        document = json.loads(content)
        # A list without a name is one of states.
        found |= set(_of_value(document, "$", "states" if isinstance(document, list) else ""))
    return found


def differences(original: set[str], ours: set[str]) -> list[str]:
    """What ours lacks (`-`) and what it has more (`+`)."""
    lacking = {fact for fact in original - ours if not _untyped(fact, ours)}
    more = {fact for fact in ours - original if not _untyped(fact, original)}
    return sorted([f"- {fact}" for fact in _outermost(lacking)] + [f"+ {fact}" for fact in _outermost(more)])


def _outermost(different: set[str]) -> Iterator[str]:
    """Facts without those that follow from others: what an element has is different where the element is."""
    for fact in different:
        if not any(fact[: place.start()] in different for place in re.finditer(r"[/@#.:=\[]", fact)):
            yield fact


def _untyped(fact: str, others: set[str]) -> bool:
    """Whether a fact says which type a member has that the other side has too, but as null."""
    path, colon, _ = fact.rpartition(":")
    return bool(colon) and path in others and not any(one.startswith(f"{path}:") for one in others)


def _of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name in _HEADERS:
        value = headers.get(name)
        if value is None:
            continue
        if name == "location":
            yield f"header location={_address(value)}"
        elif name == "www-authenticate":
            yield f"header {name}={value.partition(' ')[0]}"
        elif name == "allow":
            yield from (f"header allow {one.strip()}" for one in value.split(","))
        else:
            yield f"header {name}"


def _of_element(node: etree._Element, path: str) -> Iterator[str]:
    yield path
    apart = _APART.get(str(node.tag), ())
    for name, value in node.attrib.items():
        if name not in apart:
            yield f"{path}@{name}{_value(str(name), str(value))}"
    text = (node.text or "").strip()
    if text:
        yield f"{path}#text{_value(str(node.tag), text)}"
    for child in node:
        told = [child.get(name, "") for name in _APART.get(str(child.tag), ()) if child.get(name) is not None]
        yield from _of_element(child, f"{path}/{child.tag}{'[' + ' '.join(told) + ']' if told else ''}")


def _of_value(value: Any, path: str, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key not in _LISTS.get(name, ()):
                yield f"{path}.{key}"
                yield from _of_value(member, f"{path}.{key}", key)
    elif isinstance(value, list):
        for one in value:
            told = [str(one[key]) for key in _LISTS.get(name, ()) if isinstance(one, dict) and key in one]
            item = f"{path}[{' '.join(told)}]"
            yield item
            yield from _of_value(one, item, name)
    elif value is not None:
        yield f"{path}:{type(value).__name__}"
        if isinstance(value, str) and name in (*_WORDS, "href"):
            yield f"{path}{_value(name, value)}"


def _value(name: str, value: str) -> str:
    if name in ("href", "url"):
        return f"={_address(value)}"
    return f"={value}" if name in _WORDS else ""


def _address(href: str) -> str:
    """An address below the entry point, without ids."""
    path, *matrix = _BASE.sub("", href).removeprefix("/api").split(";")
    segments = path.split("/")
    shown = [("ID" if place == 2 else segment) for place, segment in enumerate(segments)]
    return "/".join(shown) + "".join(f";{one.partition('=')[0]}=ID" for one in matrix) or "/"
