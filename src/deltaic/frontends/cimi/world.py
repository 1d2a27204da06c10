"""What one request reads of the cloud: each listing at most once, however much of it is expanded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image
from deltaic.model.instance import InstanceState
from deltaic.model.network import Network
from deltaic.model.snapshot import Snapshot
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeState
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
        self._read: dict[Hashable, Any] = {}
        self._reading: dict[Hashable, asyncio.Future[Any]] = {}

    async def machines(self) -> Sequence[InstanceView]:
        """All machines of the scope."""
        return list((await self.once("machines", self._machines)).values())

    async def machine(self, machine_id: str) -> InstanceView:
        """One machine, or NOT_FOUND. It is looked up where all were read before."""
        if "machines" in self._read:
            found = await self.once("machines", self._machines)
        else:
            found = await self.once(f"machine {machine_id}", lambda: self._machine(machine_id))
        if machine_id not in found:
            raise not_found("instance", machine_id)
        return found[machine_id]

    async def images(self) -> Sequence[Image]:
        """All images of the scope, without those that are being deleted."""
        return [image for image in await self.all_images() if image.id != image.annotation.launch]

    async def all_images(self) -> Sequence[Image]:
        """As above, and those that the engine is still to make, under the ids that they were promised with."""
        return await self.once("images", lambda: self.services.captures.list(self.context))

    async def sizes(self) -> Sequence[InstanceTypeView]:
        """The engine's sizes and the open ones."""
        return await self.once("sizes", lambda: self.services.instance_types.list(self.context))

    async def volumes(self) -> Sequence[Volume]:
        """All disks of the scope, attached or not, without those that are being deleted."""
        return await self.once("volumes", self._volumes)

    async def volume(self, volume_id: str) -> Volume:
        """A disk that stands for itself, or NOT_FOUND."""
        found = await self.once("independent volumes", self._independent)
        if volume_id not in found:
            raise not_found("volume", volume_id)
        return found[volume_id]

    async def storage_domains(self) -> Sequence[StorageDomain]:
        """Where volumes can be made, the one with the most room first."""
        return await self.once("storage domains", lambda: self.services.volumes.storage_domains(self.context))

    async def snapshots(self) -> Sequence[Snapshot]:
        """All snapshots of the scope."""
        return await self.once("snapshots", lambda: self.services.snapshots.list(self.context))

    async def tags_of(self, found: Volume | Snapshot) -> Mapping[str, str]:
        """The tags that the cloud keeps with something, and those that are kept here because it can't."""
        return {**found.tags, **(await self.once("tags", self.services.tags.stored)).get(found.id, {})}

    async def volumes_of(self, machine_id: str) -> Sequence[Volume]:
        """The disks of a machine, in the order of all disks."""
        return (await self.once("attached", self._attached)).get(machine_id, ())

    async def networks(self) -> Sequence[Network]:
        """All networks of the scope."""
        return await self.once("networks", lambda: self.services.networks.list(self.context))

    async def once(self, name: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` gives, asked for at most once under its name, also by those who ask at the same time."""
        if name not in self._read:
            self._read[name] = await self._shared(name, read)
        found: T = self._read[name]
        return found

    async def _shared(self, name: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        reading: asyncio.Future[T] | None = self._reading.get(name)
        if reading is None:
            reading = self._reading[name] = asyncio.ensure_future(read())
            reading.add_done_callback(lambda _: self._reading.pop(name, None))
        return await reading

    def has_read(self, name: Hashable) -> bool:
        """Whether something was read under this name: then more of its kind is likely to be wanted."""
        return name in self._read

    async def _machines(self) -> dict[str, InstanceView]:
        return _shown(await self.services.instances.list(self.context))

    async def _machine(self, machine_id: str) -> dict[str, InstanceView]:
        try:
            return _shown(await self.services.instances.list(self.context, ids=[machine_id]))
        except Error as error:
            # What a path names either exists or does not; an id of a wrong form does not.
            if error.kind is ErrorKind.MALFORMED_ID:
                return {}
            raise

    async def _volumes(self) -> Sequence[Volume]:
        found = await self.services.volumes.list(self.context)
        return [one for one in found if one.state is not VolumeState.DELETING]

    async def _independent(self) -> dict[str, Volume]:
        return {volume.id: volume for volume in await self.volumes() if volume.independent}

    async def _attached(self) -> dict[str, list[Volume]]:
        found: dict[str, list[Volume]] = {}
        for volume in await self.volumes():
            # A machine's new disk is its own before it is attached.
            machines = [one.instance_id for one in volume.attachments] or [volume.instance_id]
            for machine in machines:
                found.setdefault(machine, []).append(volume)
        return found


def _shown(views: Sequence[InstanceView]) -> dict[str, InstanceView]:
    return {view.instance.id: view for view in views if view.instance.state not in HIDDEN}
