"""When a server says to ask again: seconds, dates, and nonsense that must not stop anybody."""

from __future__ import annotations

import pytest

from deltaic.drivers.http.pause import LONGEST
from deltaic.drivers.http.session import Response

NOON = "Tue, 03 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("Tue, 03 Nov 2026 12:00:09 GMT", 9),
        ("Tuesday, 03-Nov-26 12:00:09 GMT", 9),
        ("Tue Nov  3 12:00:09 2026", 9),
        ("Tue, 03 Nov 2026 11:59:00 GMT", 0),
        ("Tue, 03 Nov 2026 13:00:09 +0100", 9),
        ("99999999999999999999", LONGEST),
        ("9" * 5000, LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("1.5", 0),
        ("٣", 0),
        ("7, 9", 0),
        ("Sat, 00 Foo 0000 99:99:99 GMT", 0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_seconds_and_dates(value: str, seconds: int) -> None:
    assert Response(503, {"retry-after": value, "date": NOON}, b"").retry_after == seconds


def test_a_date_is_of_the_servers_own_clock() -> None:
    wrong = "Tue, 03 Nov 1998 12:00:00 GMT"
    assert Response(429, {"retry-after": "Tue, 03 Nov 1998 12:00:30 GMT", "date": wrong}, b"").retry_after == 30


@pytest.mark.parametrize("date", [{}, {"date": "tea time"}])
def test_without_that_clock_ours_counts(date: dict[str, str]) -> None:
    assert Response(429, {"retry-after": "Tue, 03 Nov 1998 12:00:30 GMT", **date}, b"").retry_after == 0
    assert Response(429, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", **date}, b"").retry_after == LONGEST


@pytest.mark.parametrize("status", [200, 202, 301, 404, 409, 500, 502])
def test_other_answers_ask_for_no_pause(status: int) -> None:
    assert Response(status, {"retry-after": "7"}, b"").retry_after == 0


def test_no_header_no_pause() -> None:
    assert Response(503, {}, b"").retry_after == 0
