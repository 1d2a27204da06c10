"""What every listing by ids owes its caller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from deltaic.model.errors import not_found


class HasId(Protocol):
    """Anything with a native id."""

    @property
    def id(self) -> str: ...


def require_all(resource: str, ids: Sequence[str], found: Iterable[HasId]) -> None:
    """Raise NOT_FOUND that names every one of `ids` that is not among the found."""
    missing = sorted(set(ids) - {item.id for item in found})
    if missing:
        raise not_found(resource, ", ".join(missing))
