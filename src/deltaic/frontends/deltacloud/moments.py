"""Times as clients read them."""

from __future__ import annotations

from datetime import datetime


def moment(time: datetime | None) -> str:
    """A time, empty for none."""
    return time.isoformat(timespec="seconds") if time else ""
