"""How large volumes may be."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.ec2.request import invalid_value

GIBIBYTE: Final = 1 << 30
#: The largest volume, GiB.
LARGEST: Final = 65_536


def check_size(size: int, parameter: str = "Size") -> None:
    """Refuse sizes (GiB) that no volume has."""
    if not 1 <= size <= LARGEST:
        raise invalid_value(parameter, size, f"A volume has 1 to {LARGEST} GiB.")
