"""The port of networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.driver.edit import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, Subnet, SubnetSpec


class Networks(Protocol):
    """Logical networks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Network]:
        """List the networks of the scope that can carry instances; those of `ids` when given."""

    async def create(self, context: Context, spec: NetworkSpec) -> Network:
        """Make a network that machines of all clusters of its data center can use.

        A repeated creation with the same marker completes what the first one began, and returns it.
        ALREADY_EXISTS for a taken name; INVALID naming the field.
        """

    async def update(self, context: Context, network_id: str, changes: NetworkChanges) -> None:
        """Change members."""

    async def annotate(self, context: Context, network_id: str, edit: Edit) -> Annotation:
        """Change the network's annotation through `edit`; return what was written."""

    async def delete(self, context: Context, network_id: str) -> None:
        """Remove a network; IN_USE while machines have interfaces on it."""

    async def create_subnet(self, context: Context, network_id: str, spec: SubnetSpec) -> Subnet:
        """Make a range of addresses in a network; INVALID for one that overlaps another's, naming `cidr`."""

    async def delete_subnet(self, context: Context, subnet_id: str) -> None:
        """Remove a range of addresses; IN_USE while interfaces have addresses of it."""
