"""A driver in a hundred lines: a cloud that is a dictionary. `memory_harness.py` beside it has it judged.

One data center, one zone, one image, and machines that start and stop at once. Verbs whose capability is off need not
be there.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from deltaic.driver import ABSENT, DriverConfig, Edit
from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.health import Check
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import DiskAttachment, Instance, InstanceSpec, InstanceState
from deltaic.model.nic import Nic
from deltaic.model.zone import DataCenter, Zone

USER, PASSWORD = "ann", "open sesame"
CENTER = DataCenter("dc-1", "attic")
ZONE = Zone("zone-1", "shelf", CENTER.id)
IMAGE = Image("image-1", "tiny", ImageState.AVAILABLE, memory=64 << 20)
#: What the driver can do, and nothing else: the layers refuse the rest before it comes here.
CAPABILITY = Capability(
    zones_list=True, images_list=True, instances_list=True, instances_list_with_runs=True, instances_create=True,
    instances_start=True, instances_stop=True, instances_delete=True,
)  # fmt: skip


class Noun:
    """What all nouns share: the machines by id, and the door."""

    def __init__(self, machines: dict[str, Instance]) -> None:
        self.machines = machines

    def enter(self, context: Context) -> None:
        """What each verb begins with: who asks, and where."""
        if (context.principal.user, context.principal.password.reveal()) != (USER, PASSWORD):
            raise Error(ErrorKind.UNAUTHENTICATED, "User name or password is wrong")
        if context.scope.data_center not in ("", CENTER.id, CENTER.name):
            raise not_found("data_center", context.scope.data_center)


class Zones(Noun):
    async def data_centers(self, context: Context) -> list[DataCenter]:
        self.enter(context)
        return [CENTER]

    async def list(self, context: Context) -> list[Zone]:
        self.enter(context)
        return [ZONE]


class Images(Noun):
    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Image]:
        self.enter(context)
        return [IMAGE] if not ids or IMAGE.id in ids else []

    async def get(self, context: Context, image_id: str) -> Image:
        if not (found := await self.list(context, ids=[image_id])):
            raise not_found("image", image_id)
        return found[0]

    async def find_marked(self, context: Context, marker: str) -> Sequence[Image]:
        return [one for one in await self.list(context) if marker and one.annotation.launch == marker]

    async def interfaces(self, context: Context, image_id: str) -> int:
        await self.get(context, image_id)
        return 1


class Instances(Noun):
    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> list[Instance]:
        self.enter(context)
        found = [one for one in self.machines.values() if not ids or one.id in ids]
        return sorted(found, key=lambda one: one.name)

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        if not (found := await self.list(context, ids=[instance_id])):
            raise not_found("instance", instance_id)
        return found[0]

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        return [one for one in await self.list(context) if launch and one.annotation.launch == launch]

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        self.enter(context)
        for field, there in (("image_id", IMAGE.id), ("zone_id", ZONE.id)):
            if getattr(spec, field) != there:
                raise invalid(field, f"There is no such {field.removesuffix('_id')}")
        number = uuid.uuid4().hex
        made = Instance(
            id=f"vm-{number}", name=spec.name, state=InstanceState.STOPPED, zone_id=ZONE.id, data_center_id=CENTER.id,
            description=spec.description, image_id=IMAGE.id, memory=IMAGE.memory, created_at=datetime.now(UTC),
            annotation=spec.annotation, disks=(DiskAttachment(f"disk-{number}", boot=True),),
            nics=(Nic(f"nic-{number}", mac=f"02:{number[:2]}:{number[2:4]}:{number[4:6]}:{number[6:8]}:01"),),
        )  # fmt: skip
        self.machines[made.id] = made
        return made

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        return ""  # a creation that was accepted never fails

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        await self._stopped(context, instance_id)
        self._change(instance_id, state=InstanceState.RUNNING, started_at=datetime.now(UTC))

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        await self.get(context, instance_id)
        self._change(instance_id, state=InstanceState.STOPPED, started_at=None)

    async def delete(self, context: Context, instance_id: str) -> None:
        await self._stopped(context, instance_id)
        del self.machines[instance_id]

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        found = await self.get(context, instance_id)
        self._change(instance_id, annotation=edit(found.annotation))
        return self.machines[instance_id].annotation

    async def _stopped(self, context: Context, instance_id: str) -> None:
        if (await self.get(context, instance_id)).state is not InstanceState.STOPPED:
            raise Error(ErrorKind.CONFLICT, "The machine runs", resource="instance", resource_id=instance_id)

    def _change(self, instance_id: str, **members: Any) -> None:
        self.machines[instance_id] = structs.replace(self.machines[instance_id], **members)


class MemoryDriver:
    """The nouns that there are; the others are `ABSENT`."""

    capability = CAPABILITY
    instance_types = instance_snapshots = volumes = snapshots = networks = interfaces = metrics = events = ABSENT
    key_pairs = security_groups = addresses = consoles = ABSENT

    def __init__(self, config: DriverConfig, machines: dict[str, Instance]) -> None:
        self.name = config.name
        self.zones: Any = Zones(machines)
        self.images: Any = Images(machines)
        self.instances: Any = Instances(machines)

    def view(self, asked: str, configured: str = "") -> str:
        return asked or configured

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        return user, scope

    async def verify(self, context: Context, claim: object) -> Any:
        raise Error(ErrorKind.UNSUPPORTED, "This cloud has no keys of its own")

    async def login(self, context: Context) -> str:
        self.instances.enter(context)
        return context.principal.user

    async def doctor(self, context: Context) -> list[Check]:
        try:
            return [Check("login", True, await self.login(context))]
        except Error as error:
            return [Check("login", False, error.message, "give the user's name and password")]

    async def close(self) -> None:
        """There are no connections."""
