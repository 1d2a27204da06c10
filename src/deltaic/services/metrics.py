"""What the cloud measures at the moment."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.metric import Metric
from deltaic.services.identity import Clouds


class MetricService:
    """The verbs on figures. A figure that the cloud does not have is left out."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def of_instance(self, context: Context, instance_id: str) -> Sequence[Metric]:
        """A machine's figures; NOT_FOUND when there is none in the scope."""
        return await self._clouds.of(context).metrics.read(context, instance_id)

    async def of_volume(self, context: Context, volume_id: str) -> Sequence[Metric]:
        """A disk's figures; NOT_FOUND when there is none in the scope."""
        return await self._clouds.of(context).metrics.read_volume(context, volume_id)
