"""Dates and durations as the search language writes them (American formats, day names, today)."""

import re
from datetime import UTC, datetime, timedelta

DAY_MS = 86_400_000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = "january february march april may june july august september october november december"
_FULL_MONTHS = _MONTH_NAMES.split()
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = re.compile(r"(?:([A-Za-z]+),\s+)?([A-Za-z]+)\s+(\d{1,9}),\s*(\d{1,4})(?!\d)")
_SHORT = re.compile(r"(\d{1,9})/(\d{1,9})/(\d{1,4})(?!\d)")
_TIME = re.compile(r",?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?")
_SPAN = re.compile(r"(?:(\d{1,9})\.)?(\d{1,9}):(\d{1,9})(?::(\d{1,9}))?")
_WHOLE = re.compile(r"\d{1,9}")


def parse_date(text: str, now: datetime, *, with_time: bool = False) -> int | None:
    """Returns the epoch milliseconds of a written date, or None when it is none.

    The time of day counts only `with_time`. Days and months out of range roll over, as the engine's parser
    does; text after the date is ignored.
    """
    try:
        day, end = _calendar_day(text, now)
        if day is None:
            return None
        if with_time and (clock := _TIME.match(text, end)):
            day += _clock(clock)
        return round(day.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None


def parse_day_word(text: str, now: datetime) -> int | None:
    """Returns the midnight of today, yesterday or the last day of that name, in epoch milliseconds."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    word = text.lower()
    if word in ("today", "yesterday"):
        midnight -= timedelta(days=word == "yesterday")
    elif word in _DAYS:
        back = (midnight.weekday() - _DAYS.index(word)) % 7
        # the engine looks two to seven days back; for the last two days the name means today
        midnight -= timedelta(days=back if back >= 2 else 0)
    else:
        return None
    return round(midnight.timestamp() * 1000)


def parse_span(text: str) -> float | None:
    """Returns the seconds of a duration `[days.]hours:minutes[:seconds]` or of whole days, else None."""
    if _WHOLE.fullmatch(text):
        return int(text) * 86400.0
    if not (match := _SPAN.fullmatch(text)):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _calendar_day(text: str, now: datetime) -> tuple[datetime | None, int]:
    if match := _NAMED.match(text):
        weekday, month, day, year = match.groups()
        if weekday and not any(name.startswith(weekday.lower()) for name in _DAYS):
            return None, 0
        number = _month(month.lower())
        if number is None:
            return None, 0
        return _roll(int(year), number, int(day), len(year), now), match.end()
    if match := _SHORT.match(text):
        month, day, year = match.groups()
        return _roll(int(year), int(month), int(day), len(year), now), match.end()
    return None, 0


def _month(name: str) -> int | None:
    if name in _MONTHS:
        return _MONTHS.index(name) + 1
    if name in _FULL_MONTHS:
        return _FULL_MONTHS.index(name) + 1
    return None


def _roll(year: int, month: int, day: int, digits: int, now: datetime) -> datetime:
    if digits <= 2:
        year += 2000 if 2000 + year <= now.year + 20 else 1900
    year += (month - 1) // 12
    first = datetime(year, (month - 1) % 12 + 1, 1, tzinfo=UTC)
    return first + timedelta(days=day - 1)


def _clock(match: re.Match[str]) -> timedelta:
    hour, minute, second, half = match.groups()
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    return timedelta(hours=hours, minutes=int(minute), seconds=int(second or 0))
