"""What flows do to the members of systems, through the verbs that requests use."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.job import JobState
from deltaic.model.system import MemberKind
from deltaic.model.volume import VolumeSpec
from deltaic.ports.members import Part
from deltaic.services.instances import InstanceService
from deltaic.services.jobs import JobService
from deltaic.services.launch import LaunchRequest
from deltaic.services.networks import NetworkRequest, NetworkService
from deltaic.services.records import RecordService
from deltaic.services.systems import SystemRequest, SystemService
from deltaic.services.volumes import VolumeService

#: Names the ids that are computed from tokens.
_TOKENS: Final = uuid.UUID("6d0c8c1e-54c4-4a57-9f0f-0d8e6c6f6b1d")
#: The kinds of the records that hold things which no cloud knows.
RECORDS: Final = {
    MemberKind.CREDENTIAL: "Credential",
    MemberKind.PORT: "NetworkPort",
    MemberKind.ADDRESS: "Address",
}
#: The states from which a machine can be suspended, or is already.
_SUSPENDABLE: Final = frozenset(
    {InstanceState.RUNNING, InstanceState.MIGRATING, InstanceState.SUSPENDING, InstanceState.SUSPENDED}
)

Make = Callable[[Context, bytes, str], Awaitable[str]]
Remove = Callable[[Context, str], Awaitable[None]]


class VolumeRequest(Struct, frozen=True):
    """A volume to make, and its tags."""

    spec: VolumeSpec
    tags: dict[str, str] = {}


class MemberService:
    """The port `Members` over the services."""

    def __init__(
        self,
        jobs: JobService,
        instances: InstanceService,
        records: RecordService,
        systems: SystemService,
        volumes: VolumeService,
        networks: NetworkService,
    ) -> None:
        self._jobs = jobs
        self._instances = instances
        self._records = records
        self._systems = systems
        self._volumes = volumes
        self._networks = networks
        self._makers: Mapping[MemberKind, Make] = {
            MemberKind.MACHINE: self._make_machine,
            MemberKind.SYSTEM: self._make_system,
            MemberKind.VOLUME: self._make_volume,
            MemberKind.NETWORK: self._make_network,
            **{kind: partial(self._make_record, name) for kind, name in RECORDS.items()},
        }
        self._removers: Mapping[MemberKind, Remove] = {
            MemberKind.MACHINE: self._remove_machine,
            MemberKind.SYSTEM: self._remove_system,
            MemberKind.VOLUME: volumes.delete,
            MemberKind.NETWORK: networks.delete,
            **{kind: partial(self._remove_record, name) for kind, name in RECORDS.items()},
        }

    @property
    def kinds(self) -> frozenset[MemberKind]:
        """What can be made with a system."""
        return frozenset(self._makers)

    async def begin(self, context: Context, part: Part) -> Context:
        """The context of a part; its job has an id that is computed from the job above and the part's key."""
        return await self._jobs.begin(context, part.verb, part.target, part=part.key)

    async def settle(self, context: Context, error: Error | None = None, affected: str = "") -> None:
        """Say that nothing more is begun for a part, or what it failed with."""
        if error is not None:
            await self._jobs.fail(context, error)
        else:
            await self._jobs.settle(context, [affected] if affected else [])

    async def finished(self, context: Context) -> bool:
        """Whether all that was begun for a part is over; what it failed with is raised.

        A job that nobody knows any more was over long ago.
        """
        try:
            job = await self._jobs.look(context)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return True
            raise
        if job.state is JobState.SUCCESS:
            return True
        if job.final:
            kind = ErrorKind(job.error) if job.error else ErrorKind.CONFLICT
            raise Error(kind, job.message or f"It was {job.state.value}", retryable=False)
        return False

    async def making(self, system_id: str) -> bool:
        """Whether a flow is making members of a system now."""
        return await self._systems.making(system_id)

    async def make(self, context: Context, kind: MemberKind, content: bytes, token: str) -> str:
        """Make one thing and return its id as soon as the cloud accepted it."""
        return await self._makers[kind](context, content, token)

    async def remove(self, context: Context, kind: MemberKind, target: str) -> None:
        """Begin to remove one; nothing happens to one that is gone."""
        try:
            await self._removers[kind](context, target)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def drive(self, context: Context, machine_id: str, verb: str, force: bool) -> None:
        """Begin to start, stop, restart or suspend a machine; CONFLICT in a state that forbids it."""
        if verb == "start":
            await self._instances.start(context, [machine_id])
        elif verb == "stop":
            await self._instances.stop(context, [machine_id], force=force)
        elif verb == "restart":
            await self._instances.restart(context, machine_id, force=force)
        else:
            await self._suspend(context, machine_id)

    async def _suspend(self, context: Context, machine_id: str) -> None:
        seen = (await self._instances.list(context, ids=[machine_id], details=False))[0].instance
        if seen.state not in _SUSPENDABLE:
            raise Error(
                ErrorKind.CONFLICT,
                f"The instance '{machine_id}' is not in a state from which it can be suspended",
                resource="instance",
                resource_id=machine_id,
                context={"state": seen.state.value},
            )
        await self._instances.stop(context, [machine_id], hibernate=True)

    async def _make_machine(self, context: Context, content: bytes, token: str) -> str:
        request = msgspec.json.decode(content, type=LaunchRequest)
        asked = replace(request, client_token=token, fingerprint=hashlib.sha256(content).hexdigest())
        return (await self._instances.launch(context, asked))[0].instance.id

    async def _remove_machine(self, context: Context, target: str) -> None:
        await self._instances.terminate(context, [target])

    async def _make_record(self, kind: str, context: Context, content: bytes, token: str) -> str:
        record_id = _computed(token)
        try:
            await self._records.create(context, kind, content, record_id)
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
        return record_id

    async def _remove_record(self, kind: str, context: Context, target: str) -> None:
        await self._records.delete(context, kind, target)

    async def _make_system(self, context: Context, content: bytes, token: str) -> str:
        request = msgspec.json.decode(content, type=SystemRequest)
        return (await self._systems.create(context, request, _computed(token))).id

    async def _make_volume(self, context: Context, content: bytes, token: str) -> str:
        request = msgspec.json.decode(content, type=VolumeRequest)
        spec = replace(request.spec, marker=hashlib.sha256(token.encode()).hexdigest()[:32])
        return (await self._volumes.create(context, spec, request.tags)).id

    async def _make_network(self, context: Context, content: bytes, token: str) -> str:
        request = msgspec.json.decode(content, type=NetworkRequest)
        return (await self._networks.create(context, request, token)).id

    async def _remove_system(self, context: Context, target: str) -> None:
        await self._systems.delete(context, target)


def _computed(token: str) -> str:
    return str(uuid.uuid5(_TOKENS, token))
