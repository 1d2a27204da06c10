"""The port of zones."""

from __future__ import annotations

from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.zone import DataCenter, Zone


class Zones(Protocol):
    """Data centers and clusters."""

    async def data_centers(self, context: Context) -> list[DataCenter]:
        """List every data center the caller sees, whatever the scope, by name."""

    async def list(self, context: Context) -> list[Zone]:
        """List the clusters of the scope's data center; of all data centers when the scope names none."""
