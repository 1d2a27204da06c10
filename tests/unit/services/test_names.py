"""Names and markers of machines that the gateway makes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.services.names import instance_name, launch_id, reservation_id

LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@pytest.mark.parametrize(
    ("wanted", "count", "expected"),
    [
        ("web1", 1, "web1"),
        ("web 1 / blue", 1, "web-1-blue"),
        ("Ünïcode", 1, "Unicode"),
        ("web", 3, "web-1"),
        ("", 1, "i-0123456789abcdef0"),
        ("…", 1, "i-0123456789abcdef0"),
    ],
)
def test_instance_name(wanted: str, count: int, expected: str) -> None:
    assert instance_name(wanted, "0123456789abcdef0123", 0, count) == expected


@given(st.text(max_size=300), st.integers(0, 99), st.integers(1, 100))
def test_names_are_always_legal(wanted: str, index: int, count: int) -> None:
    name = instance_name(wanted, "0123456789abcdef0123", index, count)
    assert LEGAL.fullmatch(name)


def test_launch_id_is_bound_to_owner_token_and_claim() -> None:
    one = launch_id("admin@internal", "token", "2026-01-01T00:00:00")
    assert one == launch_id("admin@internal", "token", "2026-01-01T00:00:00")
    assert len(one) == 20
    others = {
        launch_id("other@internal", "token", "2026-01-01T00:00:00"),
        launch_id("admin@internal", "token2", "2026-01-01T00:00:00"),
        launch_id("admin@internal", "token", "2026-01-01T00:00:01"),
        launch_id("admin@internal", "", ""),
        launch_id("admin@internal", "", ""),
    }
    assert len(others | {one}) == 6


def test_reservation_id_has_the_form_aws_tools_check() -> None:
    assert re.fullmatch(r"r-[0-9a-f]{17}", reservation_id("0123"))
    assert reservation_id("0123") == reservation_id("0123")
