"""In how many seconds a server wants to be asked again: the header `Retry-After`.

Source pages: RFC 9110, "Retry-After"; RFC 6585, "429 Too Many Requests". Before 429 servers said 413.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: Answers that may ask for a pause.
STATUSES: Final = frozenset({413, 429, 503})
#: No server is believed to need more, seconds.
LONGEST: Final = 3600
_DIGITS: Final = 18


def retry_after(status: int, headers: Mapping[str, str]) -> int:
    """Whole seconds until the server wants to be asked again, at most `LONGEST`; 0 where it says nothing readable.

    Header names are lower case. A date counts from the server's own clock, where it tells that.
    """
    value = headers.get("retry-after", "").strip()
    if status not in STATUSES or not value:
        return 0
    if value.isascii() and value.isdigit():
        return min(int(value), LONGEST) if len(value) <= _DIGITS else LONGEST
    until = _moment(value)
    if until is None:
        return 0
    now = _moment(headers.get("date", ""))
    return max(0, min(math.ceil(until - (time.time() if now is None else now)), LONGEST))


def _moment(date: str) -> float | None:
    """An HTTP date as Unix seconds; None for what is none."""
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
