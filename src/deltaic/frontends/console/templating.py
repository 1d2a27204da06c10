"""Templates: everything in them is escaped unless it was made here."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deltaic.frontends.console import pictures

FOLDER: Final = Path(__file__).parent
_GIB: Final = 1 << 30
_MIB: Final = 1 << 20


@cache
def environment() -> Environment:
    """The one environment; templates are read once."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"size": size, "moment": moment, "ago": ago}
    made.globals |= {"bar": pictures.bar, "plot": pictures.plot, "ring": pictures.ring}
    return made


def render(template: str, values: dict[str, Any]) -> str:
    """The page."""
    return environment().get_template(template).render(values)


def size(value: int) -> str:
    """Bytes for people."""
    if value >= _GIB:
        return f"{value / _GIB:.4g} GiB"
    return f"{value / _MIB:.4g} MiB"


def moment(value: datetime | None) -> str:
    """A time for people, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if value else ""


def ago(value: datetime | None) -> str:
    """How long ago a time was."""
    if value is None:
        return ""
    seconds = max(0, int((datetime.now(UTC) - value).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"
