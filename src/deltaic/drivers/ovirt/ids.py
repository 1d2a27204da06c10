"""Native ids: UUIDs in the engine's own writing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deltaic.model.errors import not_found

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_id(text: str) -> bool:
    """Whether `text` can be the id of an entity: nothing else may become part of a path or a search."""
    return _UUID.fullmatch(text) is not None


def checked(resource: str, text: str) -> str:
    """`text` in lower case; NOT_FOUND when no entity can have it as its id."""
    if not is_id(text):
        raise not_found(resource, text)
    return text.lower()


def snapshot_parts(image_id: str) -> tuple[str, str] | None:
    """Machine and snapshot in the id of an image that is a snapshot (`<machine>.<snapshot>`); None for any other."""
    machine, _, snapshot = image_id.partition(".")
    return (machine.lower(), snapshot.lower()) if is_id(machine) and is_id(snapshot) else None


def known(ids: Iterable[str]) -> list[str]:
    """Those that can be ids, lower case, each once, in order."""
    return list(dict.fromkeys(one.lower() for one in ids if is_id(one)))
