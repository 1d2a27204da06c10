"""Volumes that are detached for a while from a machine that something else is done to."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from deltaic.model.annotation import Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.flows.tools import Job


class Plug(Struct, frozen=True):
    """How a volume was attached."""

    volume_id: str
    device: str = ""
    boot: bool = False
    active: bool = True


class SetAside:
    """Looks first, so that no crash can forget a volume that is detached already."""

    def __init__(self, job: Job, instance_id: str) -> None:
        self._job = job
        self._instance_id = instance_id
        self._plugs: list[Plug] = []
        self._given = False

    async def look(self) -> None:
        """Note which volumes the machine has that stand for themselves; those that can be shared are safe anyway."""
        self._plugs = msgspec.json.decode(await self._job.step.run("look at volumes", self._look), type=list[Plug])

    async def take(self, *, patience: float) -> None:
        """Detach them, except those that a snapshot of the machine holds."""
        if self._plugs:
            await self._job.step.run("set aside", self._take, patience=patience)

    async def give_back(self, step: str, *, patience: float) -> None:
        """Attach them again, once; those that are gone, or that somebody else took, are not missed."""
        if self._plugs and not self._given:
            await self._job.step.run(step, self._give_back, patience=patience)
            self._given = True

    async def _look(self) -> bytes:
        try:
            volumes = await self._job.driver.volumes.list(await self._job.context())
        except Error as error:
            if error.kind is ErrorKind.UNSUPPORTED:
                return b"[]"
            raise
        return msgspec.json.encode(
            [
                Plug(volume.id, one.device, one.boot, one.active)
                for volume in volumes
                for one in volume.attachments
                if one.instance_id == self._instance_id and volume.independent and not volume.shareable
            ]
        )

    async def _take(self) -> bytes:
        for plug in self._plugs:
            try:
                await self._job.driver.volumes.detach(await self._job.context(), plug.volume_id, self._instance_id)
            except Error as error:
                if error.kind not in (ErrorKind.CONFLICT, ErrorKind.NOT_FOUND):
                    raise
        return b""

    async def _give_back(self) -> bytes:
        seen = await self._job.look_or_none(self._instance_id)
        if seen is None or seen.annotation.want is Want.TERMINATED:
            # Its removal may have passed the point where volumes are detached.
            return b"kept"
        failed: Error | None = None
        for plug in self._plugs:
            try:
                await self._job.driver.volumes.attach(
                    await self._job.context(), plug.volume_id, self._instance_id,
                    device=plug.device, boot=plug.boot, active=plug.active,
                )  # fmt: skip
            except Error as error:
                if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.IN_USE):
                    failed = failed or error
        if failed is not None:
            raise failed
        return b""
