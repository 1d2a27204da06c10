"""Tags and the gateway's annotation as metadata: items of a key and a value of at most 255 characters.

Servers, volumes, snapshots and images have such items, each changed without the others; each service lets through its
own set of characters in keys, of which this is what all do. A tag is the item of its own key where that may be one;
else its key is escaped behind `deltaic:tag:`; what does not fit even so is in `deltaic:tags`, as JSON. A member of the
annotation is the item `deltaic:<member>`, text as it is, all else as JSON. What is longer than a value is cut into
`deltaic:<member>:0`, `:1` ..., the first beginning with the number of pieces: fewer than that are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from deltaic.model.annotation import Annotation

PREFIX: Final = "deltaic:"
#: Longest key and value, in characters.
LIMIT: Final = 255

_ESCAPED: Final = f"{PREFIX}tag:"
_REST: Final = "tags"
_PIECE: Final = 240
_MOST_PIECES: Final = 100
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:.-](?:[A-Za-z0-9_:. -]{0,253}[A-Za-z0-9_:.-])?")
_NOT_ESCAPED = re.compile(rb"[^A-Za-z0-9_. -]")
_CODE = re.compile(rb":([0-9A-F]{2})")
#: Members that are text; `text` itself has no place of its own here.
_TEXTS: Final = frozenset({"key_name", "want", "launch", "reservation", "client_token", "instance_type", "owner"})
_MEMBERS: Final = tuple(name for name in Annotation.__struct_fields__ if name not in ("tags", "text"))

Items = dict[str, str]


class Changes(Struct, frozen=True):
    """What to write so that items become others: `removed` to take away first, `changed` to set then."""

    changed: Items = {}
    removed: tuple[str, ...] = ()


def annotation_of(items: Mapping[str, str], foreign: Container[str] = ()) -> Annotation:
    """The annotation with its tags. Items of `foreign` keys are the cloud's own, no tags; broken ones are left out."""
    known: dict[str, Any] = {"tags": tags_of(items, foreign)}
    for name in _MEMBERS:
        text = get(items, name)
        if text is not None and (value := _value(name, text)) is not None:
            known[name] = value
    return msgspec.convert(known, Annotation)


def items_of(note: Annotation, foreign: Container[str] = ()) -> Items:
    """The items that hold an annotation with its tags."""
    items = tag_items(note.tags, foreign)
    for name, value in msgspec.to_builtins(note).items():
        if name in _MEMBERS:
            items |= put(name, value if name in _TEXTS else _json(value))
    return items


def tags_of(items: Mapping[str, str], foreign: Container[str] = ()) -> dict[str, str]:
    """The tags: the items that anybody wrote, apart from the cloud's and the gateway's own."""
    try:
        tags = msgspec.json.decode(get(items, _REST) or "{}", type=dict[str, str])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        tags = {}
    for key, value in items.items():
        if key.startswith(_ESCAPED):
            tags[_unescaped(key)] = value
        elif not _is_own(key) and key not in foreign:
            tags[key] = value
    return tags


def tag_items(tags: Mapping[str, str], foreign: Container[str] = ()) -> Items:
    """The items that hold these tags. The services' databases take keys that differ in case alone for the same."""
    items: Items = {}
    taken: set[str] = set()
    rest: dict[str, str] = {}
    for tag, value in sorted(tags.items()):
        plain = _PLAIN_KEY.fullmatch(tag) and not _is_own(tag) and tag not in foreign
        key = tag if plain else _ESCAPED + _escaped(tag)
        if len(key) > LIMIT or key.casefold() in taken or not _fits(value):
            rest[tag] = value
        else:
            items[key] = value
            taken.add(key.casefold())
    return {**items, **put(_REST, _json(rest))} if rest else items


def changes(actual: Mapping[str, str], wanted: Items, foreign: Container[str] = ()) -> Changes:
    """What of `actual` differs from `wanted`; items that are neither tags nor known members are left alone.

    First take away, then set: with a key the services remove those that differ from it in case alone.
    """
    gone = tuple(key for key in actual if key not in wanted and key not in foreign and _is_known(key))
    lost = {key.casefold() for key in gone}
    changed = {key: value for key, value in wanted.items() if actual.get(key) != value or key.casefold() in lost}
    return Changes(changed, gone)


def put(name: str, text: str) -> Items:
    """The items of one member."""
    if _fits(text):
        return {PREFIX + name: text}
    # Written anew in ASCII, where any place is a good one for a cut.
    whole = json.dumps(text)
    pieces = [whole[start : start + _PIECE] for start in range(0, len(whole), _PIECE)]
    marked = [f"{len(pieces)};{pieces[0]}", *pieces[1:]]
    return {f"{PREFIX}{name}:{number}": piece for number, piece in enumerate(marked)}


def get(items: Mapping[str, str], name: str) -> str | None:
    """The text of one member; None where there is none, or not all of it."""
    if PREFIX + name in items:
        return items[PREFIX + name]
    count, _, first = items.get(f"{PREFIX}{name}:0", "").partition(";")
    if not (count.isascii() and count.isdigit() and len(count) <= 3 and int(count) <= _MOST_PIECES):
        return None
    try:
        pieces = [first, *(items[f"{PREFIX}{name}:{number}"] for number in range(1, int(count)))]
        return msgspec.json.decode("".join(pieces), type=str)
    except (KeyError, msgspec.DecodeError, UnicodeEncodeError):
        return None


def _fits(text: str) -> bool:
    # Databases that know no characters beyond the basic plane are still common.
    return len(text) <= LIMIT and all(character <= "\uffff" for character in text)


def _value(name: str, text: str) -> Any:
    """What a member's text stands for, as plain data; None for nonsense."""
    try:
        value = text if name in _TEXTS else msgspec.json.decode(text)
        msgspec.convert({name: value}, Annotation)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError, RecursionError):
        return None
    return value


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _is_own(key: str) -> bool:
    return key.casefold().startswith(PREFIX)


def _is_known(key: str) -> bool:
    """Whether an item is a tag or part of a member that this gateway knows."""
    if not _is_own(key) or key.startswith(_ESCAPED):
        return True
    name = key.removeprefix(PREFIX).partition(":")[0]
    return name == _REST or name in _MEMBERS


def _escaped(tag: str) -> str:
    text = tag.encode("utf-8", "surrogatepass")
    return _NOT_ESCAPED.sub(lambda found: b":%02X" % found[0][0], text).decode().replace(" ", ":20")


def _unescaped(key: str) -> str:
    text = key.removeprefix(_ESCAPED).encode("utf-8", "surrogatepass")
    return _CODE.sub(lambda found: bytes([int(found[1], 16)]), text).decode("utf-8", "replace")
