"""The cases, a module per family. Importing one puts its cases into the table."""

from __future__ import annotations

import importlib
from typing import Final

#: In the order in which they are run.
FAMILIES: Final = (
    "zones",
    "instance_types",
    "images",
    "instances",
    "launches",
    "annotations",
    "user_data",
    "listing",
    "volumes",
    "attachments",
    "snapshots",
    "instance_snapshots",
    "networks",
    "interfaces",
    "key_pairs",
    "security_groups",
    "addresses",
    "metrics",
    "events",
    "consoles",
    "logins",
    "faults",
    "gateway",
)


def load() -> None:
    """Import every family."""
    for family in FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
