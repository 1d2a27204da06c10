"""How services hand work to durable flows."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from deltaic.model import marks
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.operations import FlowInput, Operations
from deltaic.ports.store import Store
from deltaic.services.jobs import JobService

#: However little time its caller has left, a flow is given this long to be written down.
START_SECONDS: Final = 5.0


class FlowStarter:
    """Starts flows on behalf of a request and waits for their first milestone."""

    def __init__(self, operations: Operations, store: Store, jobs: JobService) -> None:
        self._operations = operations
        self._store = store
        self._jobs = jobs

    async def start(self, context: Context, flow: str, flow_id: str, arguments: Any) -> None:
        """Start a flow with arguments that msgspec can encode; a login without a key is sealed for it first.

        TIMEOUT when that takes beyond the caller's deadline: it may be started all the same.
        """
        if not context.principal.id.startswith("key:"):
            await self._store.logins.remember(context.principal)
        given = FlowInput(
            principal_id=context.principal.id,
            provider=context.scope.provider,
            data_center=context.scope.data_center,
            view=context.scope.view,
            request_id=context.request_id,
            arguments=msgspec.json.encode(arguments),
            job=context.job,
        )
        # Before the start: a job that knows nothing of its flow would seem to be over.
        await self._jobs.link(context, flow, flow_id)
        try:
            async with asyncio.timeout(max(context.remaining(), START_SECONDS)):
                await self._operations.start(flow, flow_id, given)
        except TimeoutError:
            # The journal waits for its database without end; what it is asked to start, it starts in the end.
            raise Error(ErrorKind.TIMEOUT, "The gateway's database does not answer in time") from None

    async def removals(self) -> frozenset[str]:
        """The machines that a flow of any gateway is removing, marked in the cloud yet or not."""
        return await self._machines("terminate")

    async def launches(self) -> frozenset[str]:
        """The ids of the launches that are under way on any gateway."""
        return await self._operations.under_way("launch")

    async def tagged_late(self) -> frozenset[str]:
        """The machines, images and snapshots whose tags still wait for a lock."""
        return await self._machines("tag")

    async def _machines(self, flow: str) -> frozenset[str]:
        prefix = f"{flow}:"
        ids = await self._operations.under_way("terminate", "tag")
        return frozenset(flow_id.removeprefix(prefix) for flow_id in ids if flow_id.startswith(prefix))

    async def under_way(self, *flows: str) -> frozenset[str]:
        """The ids of the flows of these names that are under way on any gateway."""
        return await self._operations.under_way(*flows)

    async def unfinished(self) -> frozenset[str]:
        """The ids of the flows that run on any gateway of the same journal."""
        return frozenset(status.id for status in await self._operations.unfinished())

    async def over(self, flow_id: str, seconds: float) -> bool:
        """Wait until a flow is over, whatever came of it; False when it is still under way then."""
        try:
            await self._operations.result(flow_id, seconds)
        except Error as error:
            return error.kind is not ErrorKind.TIMEOUT
        return True

    async def until_known(self, context: Context, flow: str, marker: str, milestone: str = "accepted") -> None:
        """Wait until a creation that is under way, on any gateway, knows what it made; BUSY when that takes too long.

        For whoever removes what it made: a creation that was cut short would not find it, and make it again.
        """
        flow_id = f"{flow}:{marker}"
        if marker and flow_id in await self._operations.under_way(flow):
            try:
                await self._operations.milestone(flow_id, milestone, context.remaining() / 2)
            except Error as error:
                # One that failed removes by itself what it made.
                if error.kind is ErrorKind.TIMEOUT:
                    raise Error(ErrorKind.BUSY, "It is still being made") from error

    async def until_known_by(self, context: Context, flow: str, made: str) -> None:
        """As `until_known`, for what tells its creation by the beginning of the marker's digest."""
        prefix = f"{flow}:"
        for flow_id in await self._operations.under_way(flow):
            marker = flow_id.removeprefix(prefix)
            if marker != flow_id and marks.tells(made, marker):
                await self.until_known(context, flow, marker)

    async def accepted(self, context: Context, flow_id: str) -> bytes:
        """Wait until the cloud accepted the flow's first change; raise the flow's error when it failed before."""
        return await self._operations.milestone(flow_id, "accepted", context.remaining())
