"""Tags and the gateway's annotation as the network service's tags: a list of texts of at most 255 characters.

A tag of ours is `key=value`; what the service's databases can't tell apart, or can't hold, is written as percent codes.
A text without `=` is a tag with an empty value. `deltaic:launch` is the marker of a creation, `deltaic:network` the
network that a thing was made for, `deltaic:note` the rest of an annotation as JSON, `deltaic:trait:<key>` one of its
traits. Source page: Networking API, "Standard attributes tag extension".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec import structs

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind, invalid

PREFIX: Final = "deltaic:"
LAUNCH: Final = f"{PREFIX}launch"
NOTE: Final = f"{PREFIX}note"
NETWORK: Final = f"{PREFIX}network"
TRAIT: Final = f"{PREFIX}trait:"
#: Longest tag, in characters, and how many one resource has.
LIMIT: Final = 255
MOST: Final = 50

#: What lists of tags in a query are cut at, what ours mean, and what databases lose or can't hold.
_UNSAFE = re.compile(r"[%,\x00-\x1f\x7f]|\s$|^\s|[\U00010000-\U0010ffff]|[\ud800-\udfff]")


def marker_tag(marker: str) -> str:
    """The tag by which a creation is found again."""
    return _tag(LAUNCH, marker)


def tags_of(texts: Iterable[str]) -> dict[str, str]:
    """The tags that anybody wrote, apart from the gateway's own."""
    return {key: value for key, value in map(_parsed, texts) if not key.casefold().startswith(PREFIX)}


def annotation_of(texts: Iterable[str]) -> Annotation:
    """The annotation with its tags; broken parts are left out."""
    texts = tuple(texts)
    own = own_items(texts)
    try:
        note = msgspec.json.decode(own.get(NOTE, "{}"), type=Annotation)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        note = Annotation()
    traits = {key.removeprefix(TRAIT): value for key, value in own.items() if key.startswith(TRAIT)}
    return structs.replace(note, tags=tags_of(texts), traits=traits, launch=own.get(LAUNCH, ""))


def texts_of(tags: Mapping[str, str], own: Mapping[str, str] | None = None) -> list[str]:
    """The texts that hold tags and the gateway's own items; INVALID names `tags`."""
    return _texts({**{key: value for key, value in (own or {}).items() if value}, **tags})


def own_items(texts: Iterable[str]) -> dict[str, str]:
    """The gateway's own items, by key."""
    return {key: value for key, value in map(_parsed, texts) if key.casefold().startswith(PREFIX)}


def annotation_texts(note: Annotation, actual: Iterable[str] = ()) -> list[str]:
    """The texts that hold an annotation with its tags in place of `actual` ones; INVALID names `tags`."""
    rest = msgspec.to_builtins(structs.replace(note, tags={}, traits={}, launch="", text=""))
    items = {
        key: value
        for key, value in own_items(actual).items()
        if key not in (LAUNCH, NOTE) and not key.startswith(TRAIT)
    }
    if note.launch:
        items[LAUNCH] = note.launch
    if rest:
        items[NOTE] = msgspec.json.encode(rest).decode()
    items |= {TRAIT + key: value for key, value in note.traits.items()}
    return _texts({**items, **note.tags})


def kept(actual: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The wanted texts, each as it is there already where one there means the same."""
    there = {_parsed(text): text for text in actual}
    return list(dict.fromkeys(there.get(_parsed(text), text) for text in wanted))


def _texts(items: Mapping[str, str]) -> list[str]:
    texts: list[str] = []
    seen: set[str] = set()
    for key, value in items.items():
        text = _tag(key, value)
        if text.casefold() in seen:
            # Databases that overlook case would take it for the other one.
            text = _tag(key, value, first=True)
        seen.add(text.casefold())
        texts.append(text)
    if len(texts) > MOST:
        message = f"The cloud keeps at most {MOST} tags of a resource, some of them the gateway's own"
        raise Error(ErrorKind.QUOTA, message, resource="tag", field="tags")
    return texts


def _tag(key: str, value: str, *, first: bool = False) -> str:
    name = _safe(key).replace("=", "%3D")
    text = f"{_code(name[0]) + name[1:] if first else name}={_safe(value)}"
    if len(text) > LIMIT:
        message = f"The cloud keeps at most {LIMIT} characters of a tag, key and value together: '{key[:50]}' has more"
        raise invalid("tags", message, resource="tag")
    return text


def _parsed(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return unquote(key), unquote(value)


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: _code(found[0]), text)


def _code(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
