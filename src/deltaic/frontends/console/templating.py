"""Templates: everything in them is escaped unless it was made here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deltaic.frontends.console import pictures
from deltaic.model.metric import Unit

FOLDER: Final = Path(__file__).parent
_GIB: Final = 1 << 30
_MIB: Final = 1 << 20
_KIB: Final = 1 << 10


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
    made.filters |= {
        "size": size,
        "moment": moment,
        "amount": amount,
        "span": span,
        "top": top,
        "firstup": lambda text: text[:1].upper() + text[1:],
        "base64": lambda content: base64.b64encode(content).decode(),
    }
    made.globals |= {"bar": pictures.bar, "plot": pictures.plot, "ring": pictures.ring}
    made.globals |= {"progress": pictures.progress, "version": _version()}
    return made


def render(template: str, values: dict[str, Any]) -> str:
    """The page."""
    return environment().get_template(template).render(values)


def size(value: float) -> str:
    """Bytes for people."""
    for unit, bytes_ in (("GiB", _GIB), ("MiB", _MIB), ("KiB", _KIB)):
        if value >= bytes_:
            return f"{value / bytes_:.4g} {unit}"
    return f"{value:.0f} bytes"


def amount(value: float, unit: Unit) -> str:
    """A figure for people."""
    if unit is Unit.PERCENT:
        return f"{value:.1f} %"
    return f"{size(value)}/s" if unit is Unit.BYTES_PER_SECOND else size(value)


def moment(value: datetime | None) -> str:
    """A time for people, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if value else ""


def span(points: Sequence[tuple[float, float]]) -> str:
    """How far points reach back, in words."""
    seconds = points[-1][0] - points[0][0] if points else 0.0
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def top(points: Sequence[tuple[float, float]], wanted: float) -> float:
    """The end of a plot's scale."""
    return wanted or max((value for _, value in points), default=0.0)


def _version() -> str:
    """Changes with the style sheet and the script, so that no browser keeps old ones."""
    content = b"".join((FOLDER / "static" / name).read_bytes() for name in ("console.css", "htmx.min.js"))
    return hashlib.sha256(content).hexdigest()[:12]
