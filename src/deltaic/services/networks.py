"""Networks: the segments that instances plug into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deltaic.model.context import Context
from deltaic.model.network import Network
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all

#: What every engine calls the network of a fresh data center.
MANAGEMENT = "ovirtmgmt"


def default_network(networks: Iterable[Network], data_center: str = "") -> Network | None:
    """The one network that is meant where none is named: the management network, else the first by name."""
    own = [network for network in networks if not data_center or network.data_center_id == data_center]
    own = own or list(networks)
    return min(own, key=lambda network: (network.name != MANAGEMENT, network.name, network.id), default=None)


class NetworkService:
    """The verbs on networks."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Network]:
        """The networks of the scope that carry instances; NOT_FOUND names those of `ids` that are not there."""
        networks = await self._clouds.of(context).networks.list(context, ids=ids)
        require_all("network", ids, networks)
        return networks
