"""What one request reads of the cloud: each listing at most once, however much of it is expanded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image
from deltaic.model.instance import InstanceState
from deltaic.model.network import Network
from deltaic.model.volume import Volume
from deltaic.services import Services
from deltaic.services.instance_types import InstanceTypeView
from deltaic.services.views import InstanceView

T = TypeVar("T")

#: A machine that is being deleted is no longer shown: clients take the answer 200 for its end.
HIDDEN: Final = frozenset({InstanceState.DELETING, InstanceState.DELETED})


class World:
    """The cloud as the caller sees it, read as needed."""

    def __init__(self, services: Services, context: Context) -> None:
        self.services = services
        self.context = context
        self._read: dict[str, Any] = {}

    async def machines(self) -> Sequence[InstanceView]:
        """All machines of the scope."""
        return await self._once("machines", self._machines)

    async def machine(self, machine_id: str) -> InstanceView:
        """One machine, or NOT_FOUND."""
        if "machines" in self._read:
            return _found("instance", machine_id, await self.machines(), lambda view: view.instance.id)

        async def read() -> Sequence[InstanceView]:
            return await self.services.instances.list(self.context, ids=[machine_id])

        views = await self._once(f"machine {machine_id}", lambda: _known("instance", machine_id, read))
        shown = [view for view in views if view.instance.state not in HIDDEN]
        return _found("instance", machine_id, shown, lambda view: view.instance.id)

    async def images(self) -> Sequence[Image]:
        """All images of the scope."""
        return await self._once("images", lambda: self.services.images.list(self.context))

    async def sizes(self) -> Sequence[InstanceTypeView]:
        """The engine's sizes and the open ones."""
        return await self._once("sizes", lambda: self.services.instance_types.list(self.context))

    async def volumes(self) -> Sequence[Volume]:
        """All disks of the scope, attached or not."""
        return await self._once("volumes", lambda: self.services.volumes.list(self.context))

    async def networks(self) -> Sequence[Network]:
        """All networks of the scope."""
        return await self._once("networks", lambda: self.services.networks.list(self.context))

    async def _machines(self) -> Sequence[InstanceView]:
        views = await self.services.instances.list(self.context)
        return [view for view in views if view.instance.state not in HIDDEN]

    async def _once(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        if name not in self._read:
            self._read[name] = await read()
        found: T = self._read[name]
        return found


async def _known(resource: str, wanted: str, read: Callable[[], Awaitable[T]]) -> T:
    """What a path names either exists or does not; ids of a wrong form do not."""
    try:
        return await read()
    except Error as error:
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found(resource, wanted) from None
        raise


def _found(resource: str, wanted: str, items: Sequence[T], id_of: Callable[[T], str]) -> T:
    for item in items:
        if id_of(item) == wanted:
            return item
    raise not_found(resource, wanted)
