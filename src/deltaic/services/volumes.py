"""Volumes: disks, attached or floating."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.volume import Volume
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all


class VolumeService:
    """The verbs on volumes."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Volume]:
        """The disks of the scope; NOT_FOUND names those of `ids` that are not there."""
        volumes = await self._clouds.of(context).volumes.list(context, ids=ids)
        require_all("volume", ids, volumes)
        return volumes
