"""The port of instance types."""

from __future__ import annotations

from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.instance_type import InstanceType


class InstanceTypes(Protocol):
    """Named sizes."""

    async def list(self, context: Context) -> list[InstanceType]:
        """List the cloud's named sizes, smallest first."""
