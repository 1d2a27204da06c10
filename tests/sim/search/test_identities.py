"""Which searches name the machines that they can find."""

from __future__ import annotations

import pytest

from ovirt_engine_sim.search import compile_search

A, B = "7434e6e3-a85d-4bfb-b952-b191288c2aa2", "81e0908a-04d1-4e43-8b39-7c2b1d1c2f33"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"id={A}", {A}),
        (f"id={A.upper()}", {A}),
        (f"id={A} or id={B}", {A, B}),
        (f"id={A} and name=web", {A}),
        (f"id={A} or name=web", None),
        (f"id!={A}", None),
        (f"template.name={A}", None),
        ("name=web", None),
        ("", None),
    ],
)
def test_identities(text: str, expected: set[str] | None) -> None:
    assert compile_search("vms", text).identities() == expected
