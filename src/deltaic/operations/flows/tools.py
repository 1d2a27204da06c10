"""What every flow's body needs: its cloud, its caller, and patient looks at a machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from deltaic.driver import Driver
from deltaic.model.annotation import Annotation, GivenUp, Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.job import JobState
from deltaic.model.tombstone import Tombstone
from deltaic.operations.flows.contexts import context_of
from deltaic.operations.flows.looking import LONGEST_WAIT, or_none, watch
from deltaic.operations.pace import Pace
from deltaic.ports.members import Members
from deltaic.ports.operations import FlowInput, FlowStep
from deltaic.ports.store import Store

#: The machine can't be acted on yet.
LOCKED_STATES = frozenset({InstanceState.CREATING, InstanceState.LOCKED})
#: It holds neither a host nor saved memory, so it may be deleted.
DOWN_STATES = frozenset({InstanceState.STOPPED, InstanceState.ERROR})

#: How long a client is kept waiting for a cloud that does not answer, or for a lock, seconds.
CLIENT_PATIENCE = 20.0

#: Longest reason that is kept with a machine, characters.
_REASON_LENGTH = 200

Clock = Callable[[], float]


class Tools:
    """Shared by the flows: `drivers` maps a provider's name to its driver, `clock` gives Unix seconds."""

    def __init__(
        self,
        drivers: Callable[[str], Driver],
        store: Store,
        pace: Pace,
        clock: Clock = time.time,
        shutdown_grace: float = 60.0,
        members: Members | None = None,
    ) -> None:
        self.drivers = drivers
        self.store = store
        self.pace = pace
        self.clock = clock
        self.shutdown_grace = shutdown_grace
        self.members = members

    def job(self, step: FlowStep, given: FlowInput) -> Job:
        """The tools in the hands of one flow."""
        return Job(self, step, given)


class Job:
    """One run of a flow: its step, its caller, its cloud."""

    def __init__(self, tools: Tools, step: FlowStep, given: FlowInput) -> None:
        self.step = step
        self.given = given
        self.pace = tools.pace
        self.store = tools.store
        self.clock = tools.clock
        self.shutdown_grace = tools.shutdown_grace
        self.members = tools.members
        self._tools = tools

    @property
    def driver(self) -> Driver:
        """The cloud the flow works on."""
        return self._tools.drivers(self.given.provider)

    async def context(self) -> Context:
        """The caller, with a fresh deadline: a minute, or until another process may take the flow over."""
        found = await context_of(self.store, self.given)
        return msgspec.structs.replace(found, deadline=min(found.deadline, self.step.until()))

    async def called_off(self) -> bool:
        """Whether the job that this flow works for was stopped, or deleted, which stops it."""
        if not self.given.job:
            return False
        found = await self.store.jobs.get((await self.context()).owner, self.given.job)
        return found is None or found.state is JobState.STOPPING

    def moment(self) -> datetime:
        """The present time."""
        return datetime.fromtimestamp(self.clock(), UTC)

    async def look_or_none(self, instance_id: str) -> Instance | None:
        """The machine without details, or None when it is gone."""
        return await or_none(lambda: self._look(instance_id))

    async def wait(
        self, instance_id: str, until: Callable[[Instance, float], bool], *, longest: float = LONGEST_WAIT
    ) -> Instance | None:
        """Look at a machine until `until` holds, as `watch` does."""
        return await watch(self.pace, lambda: self._look(instance_id), until, longest=longest)

    async def _look(self, instance_id: str) -> Instance:
        return await self.driver.instances.get(await self.context(), instance_id, details=False)

    async def wish(
        self, instance_id: str, want: Want | None, *, replacing: frozenset[Want | None], **notes: object
    ) -> Annotation:
        """Write what the gateway drives the machine to, and `notes` beside it, if it now is one of `replacing`."""

        def edit(annotation: Annotation) -> Annotation:
            if annotation.want not in replacing:
                return annotation
            return msgspec.structs.replace(annotation, want=want, **notes)

        return await self.driver.instances.annotate(await self.context(), instance_id, edit)

    async def give_up(self, instance_id: str, error: Error, *, replacing: frozenset[Want | None]) -> bytes:
        """Want nothing of a machine any more, and keep with it why it was not brought up."""
        seen = await self.look_or_none(instance_id)
        if seen is not None:
            note = GivenUp(error.kind.value, error.message[:_REASON_LENGTH], seen.rest)
            await self._wish_if_there(instance_id, replacing, given_up=note)
        return b""

    async def settle(self, instance_id: str, *, replacing: frozenset[Want | None]) -> bytes:
        """Want nothing of a machine any more: it is what it was wanted to be. Its run is its first."""
        seen = await self.look_or_none(instance_id)
        if seen is not None:
            await self._wish_if_there(instance_id, replacing, first_run=seen.run)
        return b""

    async def _wish_if_there(self, instance_id: str, replacing: frozenset[Want | None], **notes: object) -> None:
        try:
            await self.wish(instance_id, None, replacing=replacing, **notes)
        except Error as error:
            # A machine that takes no notes in its state keeps the old one; what happened to it is no less true.
            if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.CONFLICT):
                raise

    async def bury(self, instance: Instance, code: str, reason: str) -> None:
        """Keep a tombstone; the first one of a machine stays."""
        gone = msgspec.structs.replace(instance, state=InstanceState.DELETED, host_id="", nics=())
        context = await self.context()
        users = (instance.annotation.owner, context.principal.user)
        place = (context.scope.provider, context.scope.view)
        await self.store.tombstones.put(Tombstone(gone, self.moment(), code, reason, *users, *place))
