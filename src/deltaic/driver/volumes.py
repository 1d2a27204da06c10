"""The port of volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeChanges, VolumeSpec


class Volumes(Protocol):
    """Disks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Volume]:
        """List the disks of the scope with their attachments; those of `ids` when given."""

    async def get(self, context: Context, volume_id: str) -> Volume:
        """Read one disk of the scope without its attachments, cheaply; NOT_FOUND when there is none."""

    async def find_marked(self, context: Context, marker: str) -> Sequence[Volume]:
        """Find the volumes that creations with this marker made, without their attachments; no marker, no volume."""

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        """Where volumes can be made in the scope, the one with the most room first."""

    async def create(self, context: Context, spec: VolumeSpec) -> Volume:
        """Make a volume, empty or as a copy, and return as soon as the cloud accepted: state CREATING.

        A repeated creation with the same marker returns what the first one made. INVALID names the field of a wrong
        size, name or storage domain; NOT_FOUND for an unknown source, BUSY while the source is locked, IN_USE while
        a running machine has it.
        """

    async def finish(self, context: Context, volume_id: str, spec: VolumeSpec) -> Volume:
        """Do what is left once the cloud made the volume (a copy's name, a size beyond its source's); the volume.

        CREATING until there is nothing left. NOT_FOUND when the cloud gave the creation up.
        """

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        """Change members; INVALID for a smaller size, BUSY while locked."""

    async def delete(self, context: Context, volume_id: str) -> None:
        """Remove a volume; BUSY while locked, IN_USE while a running machine has it, or snapshots that need it.

        Snapshots that are being removed need nothing: where they still keep the volume, that is BUSY.
        """

    async def attach(
        self,
        context: Context,
        volume_id: str,
        instance_id: str,
        *,
        device: str = "",
        boot: bool = False,
        active: bool = True,
        own: bool = False,
    ) -> None:
        """Attach a volume; nothing happens when it is attached there already.

        It then stands for itself, and outlives the machine, unless it is the machine's `own`. IN_USE when another
        machine has it and it is not shareable, BUSY while volume or machine is locked or changes its state,
        CONFLICT in a state in which the machine takes no volume.
        """

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        """Detach a volume, which then stands for itself; nothing happens when it is not attached there.

        BUSY while locked, CONFLICT while a snapshot of the machine holds it.
        """
