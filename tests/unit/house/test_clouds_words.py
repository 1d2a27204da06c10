"""The rooms that all clouds share speak of no cloud by name, and use none of its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src/deltaic"
#: Words of one cloud, and where they may stand beside its driver's folder.
WORDS = {
    "openstack": (
        r"openstack|\bnova\b|keystone|neutron|\bcinder\b|(?<!at a )\bglance\b|floating ?ip",
        {"drivers/registry.py"},
    ),
    "ovirt": (
        r"ovirt|rhev|\bOLVM\b",
        # The default driver, the embedded engine of the demo, and ranges that the original gave clients of this cloud.
        {
            "settings/schema.py",
            "model/instance.py",
            "frontends/deltacloud/instance_create.py",
            "frontends/deltacloud/hardware_profiles.py",
        },
    ),
}


def _files(driver: str) -> list[tuple[str, str]]:
    places = [
        (path.relative_to(SOURCE).as_posix(), path) for path in SOURCE.rglob("*") if path.suffix in (".py", ".html")
    ]
    return [
        (name, path.read_text(encoding="utf-8"))
        for name, path in places
        if not name.startswith((f"drivers/{driver}/", "drivers/ovirt/", "cli/"))
    ]


@pytest.mark.parametrize("driver", sorted(WORDS))
def test_the_shared_rooms_know_no_cloud_by_name(driver: str) -> None:
    pattern, allowed = WORDS[driver]
    others = [(name, text) for name, text in _files(driver) if not name.startswith("drivers/openstack/")]
    assert len(others) > 300
    found = {name for name, text in others if re.search(pattern, text, re.IGNORECASE)}
    assert found == allowed
