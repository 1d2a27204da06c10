"""The operator's guide names every key and variable, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import msgspec

from deltaic.settings import CloudTable, Settings
from deltaic.settings.variables import VARIABLES

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "operator-guide.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([a-z0-9_.]+)` \|([^|]*)\|", GUIDE, re.MULTILINE))


def keys() -> set[str]:
    found = set()
    for name, kind in get_type_hints(Settings).items():
        if name == "cloud":
            found |= {f"cloud.{member}" for member in get_type_hints(CloudTable)}
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            found |= {f"{name}.{member}" for member in get_type_hints(kind)}
        else:
            found.add(name)
    return found


def test_every_key_is_in_the_table() -> None:
    assert set(ROWS) == keys()


def test_every_variable_is_beside_its_key() -> None:
    documented = {variable: key for key, cell in ROWS.items() for variable in re.findall(r"`([A-Z0-9_]+)`", cell)}
    assert documented == VARIABLES
