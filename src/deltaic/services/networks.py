"""Networks: the segments that instances plug into."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.network import Network
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all


class NetworkService:
    """The verbs on networks."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Network]:
        """The networks of the scope that carry instances; NOT_FOUND names those of `ids` that are not there."""
        networks = await self._clouds.of(context).networks.list(context, ids=ids)
        require_all("network", ids, networks)
        return networks
