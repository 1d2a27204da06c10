"""Annotations in an entity's comment: one line `gw1:{json}`; every other line is a person's and is kept.

The engine keeps comments of any length, editable in every state, searchable, and part of every list row.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from deltaic.model.annotation import Annotation

PREFIX = "gw1:"

#: The driver's own member beside the annotation's: networks that a machine is still to be given.
NETWORKS = "networks"

_KNOWN = frozenset(Annotation.__struct_fields__) - {"text"}


class Comment(Struct, frozen=True):
    """What a comment holds. `extra` are members that a newer gateway wrote: kept as they are."""

    annotation: Annotation = Annotation()
    networks: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


def parse(comment: str) -> Comment:
    """Read a comment; anything that is not ours is the person's text."""
    if PREFIX not in comment:
        return Comment(Annotation(text=comment)) if comment else Comment()
    lines = comment.split("\n")
    for number in range(len(lines) - 1, -1, -1):
        members = _members(lines[number].rstrip("\r"))
        if members is not None:
            text = "\n".join(lines[:number] + lines[number + 1 :])
            found = _comment(members, text)
            if found is not None:
                return found
    return Comment(Annotation(text=comment))


def render(comment: Comment) -> str:
    """Write a comment: the person's text first, then our line, if there is anything in it."""
    known = msgspec.to_builtins(comment.annotation)
    text: str = known.pop("text", "")
    members = {**comment.extra, **known}
    if comment.networks:
        members[NETWORKS] = list(comment.networks)
    # A person's text that could pass for our line needs ours after it: the last one counts.
    if not members and parse(text).annotation.text == text:
        return text
    line = PREFIX + msgspec.json.encode(members).decode()
    return f"{text}\n{line}" if text else line


def _members(line: str) -> dict[str, Any] | None:
    if not line.startswith(PREFIX):
        return None
    try:
        return msgspec.json.decode(line[len(PREFIX) :], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _comment(members: dict[str, Any], text: str) -> Comment | None:
    known = {name: value for name, value in members.items() if name in _KNOWN}
    extra = {name: value for name, value in members.items() if name not in _KNOWN and name not in (NETWORKS, "text")}
    try:
        annotation = msgspec.convert({**known, "text": text}, Annotation)
        networks = msgspec.convert(members.get(NETWORKS, []), tuple[str, ...])
    except msgspec.ValidationError:
        return None
    return Comment(annotation, networks, extra)
