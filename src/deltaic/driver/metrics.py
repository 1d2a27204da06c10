"""The port of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.metric import Metric


class Metrics(Protocol):
    """What the cloud measures at the moment. A figure that it does not have is left out."""

    async def read(self, context: Context, instance_id: str) -> Sequence[Metric]:
        """Read a machine's figures in a constant number of calls; NOT_FOUND when there is none in the scope."""

    async def read_volume(self, context: Context, volume_id: str) -> Sequence[Metric]:
        """Read a disk's figures in a constant number of calls; NOT_FOUND when there is none in the scope."""
