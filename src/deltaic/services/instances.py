"""Instances: reading them, and driving them from one state to another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.annotation import LAUNCHING, Annotation, Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import UP_STATES, Instance, InstanceChanges, InstanceState
from deltaic.model.tombstone import TOMBSTONE_SECONDS, Tombstone
from deltaic.ports import user_data
from deltaic.ports.store import Store
from deltaic.services.adoption import Adopter
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds, now
from deltaic.services.instance_types import InstanceTypeService, type_name
from deltaic.services.launch import LaunchRequest, LaunchService
from deltaic.services.states import ENDING_STATES, STOPPED_STATES, overlaid
from deltaic.services.views import InstanceView, Views
from deltaic.services.zones import ZoneService


class StateChange(Struct, frozen=True):
    """What a verb did to one instance's state."""

    instance_id: str
    previous: InstanceState
    current: InstanceState


class InstanceService:
    """The verbs on instances."""

    def __init__(
        self,
        clouds: Clouds,
        store: Store,
        flows: FlowStarter,
        launches: LaunchService,
        zones: ZoneService,
        instance_types: InstanceTypeService,
    ) -> None:
        self._clouds = clouds
        self._store = store
        self._flows = flows
        self._adopter = Adopter(clouds, flows)
        self._launches = launches
        self._zones = zones
        self._instance_types = instance_types
        self._views = {True: Views(), False: Views()}

    async def list(self, context: Context, ids: Sequence[str] = (), details: bool = True) -> Sequence[InstanceView]:
        """The instances of the scope and those deleted within the hour; NOT_FOUND names unknown `ids`."""
        views = await self._there(context, ids, details)
        missing = sorted(set(ids) - {view.instance.id for view in views})
        if missing:
            raise not_found("instance", ", ".join(missing))
        return views

    async def _there(self, context: Context, ids: Sequence[str], details: bool = True) -> Sequence[InstanceView]:
        live, types, zones = await asyncio.gather(
            self._clouds.of(context).instances.list(context, ids=ids, details=details),
            self._instance_types.list(context),
            self._zones.all_zones(context),
        )
        here = {instance.id for instance in live}
        unseen = [i for i in await self._launches.accepted.unseen(context, here) if not ids or i.id in ids]
        # After the machines: one that is deleted in between has its tombstone by now.
        tombs = await self._tombstones(context)
        await self._adopter.adopt(context, live)
        removals = await self._flows.removals()
        views = self._views[details].of(await self._with_late_tags(live), removals, types, zones)
        views += [
            InstanceView(
                replace(tomb.instance, state=InstanceState.DELETED, nics=(), disks=()),
                type_name(tomb.instance, types),
                zones.get(tomb.instance.zone_id),
                tomb.reason_code,
                tomb.reason,
                tomb.deleted_at,
            )
            for tomb in tombs
            if tomb.instance.id not in here and (not ids or tomb.instance.id in ids)
        ]
        if unseen:
            buried, centers = {tomb.instance.id for tomb in tombs}, await self._data_centers(context)
            views += [
                InstanceView(overlaid(one), type_name(one, types), zones.get(one.zone_id))
                for one in unseen
                if one.id not in buried and one.data_center_id in centers
            ]
        return views

    async def _with_late_tags(self, live: Sequence[Instance]) -> Sequence[Instance]:
        """The machines with the tags that wait in the store until the engine unlocks them."""
        waiting = (await self._flows.tagged_late()) & {instance.id for instance in live}
        if not waiting:
            return live
        late = await self._store.resource_tags.get(sorted(waiting))
        return [_with_tags(instance, late[instance.id]) if instance.id in late else instance for instance in live]

    async def launch(self, context: Context, request: LaunchRequest) -> Sequence[InstanceView]:
        """Launch instances and return them as soon as the cloud accepted; see `LaunchService.launch`.

        A repeated token outlives its machines: those that are long gone are returned as deleted.
        """
        made = await self._launches.launch(context, request)
        if not made:
            return []
        types, zones = await asyncio.gather(self._instance_types.list(context), self._zones.all_zones(context))
        current = {view.instance.id: view for view in await self._there(context, [i.id for i in made])}
        return [current.get(i.id) or InstanceView(_unseen(i), type_name(i, types), zones.get(i.zone_id)) for i in made]

    async def launch_data_center(self, context: Context, request: LaunchRequest) -> str:
        """The id of the data center in which a launch would make its machines."""
        return await self._launches.data_center(context, request)

    async def start(self, context: Context, ids: Sequence[str]) -> Sequence[StateChange]:
        """Start stopped instances; nothing happens to those that run. CONFLICT for stopping or ending ones."""
        views = await self._changeable(context, ids, "start")
        for view in views:
            if view.instance.state in (InstanceState.STOPPING, InstanceState.SUSPENDING, InstanceState.ERROR):
                raise _wrong_state(view.instance, "start")
        return await self._each(views, lambda instance: self._start(context, instance))

    async def stop(
        self, context: Context, ids: Sequence[str], force: bool = False, hibernate: bool = False
    ) -> Sequence[StateChange]:
        """Shut instances down; `force` cuts the power, `hibernate` saves their memory."""
        views = await self._changeable(context, ids, "stop")
        for view in views:
            if view.instance.state is InstanceState.CREATING:
                raise _wrong_state(view.instance, "stop")
        return await self._each(views, lambda instance: self._stop(context, instance, force, hibernate))

    async def reboot(self, context: Context, ids: Sequence[str]) -> Sequence[StateChange]:
        """Restart the guests of running instances."""
        views = await self._changeable(context, ids, "reboot")
        for view in views:
            if view.instance.state not in UP_STATES:
                raise _wrong_state(view.instance, "reboot")
        return await self._each(views, lambda instance: self._reboot(context, instance))

    async def restart(self, context: Context, instance_id: str, force: bool = False) -> StateChange:
        """Restart a running instance, with `force` by cutting its power; one that is down is started."""
        view = (await self._changeable(context, [instance_id], "reboot"))[0]
        if view.instance.state in STOPPED_STATES:
            return (await self.start(context, [instance_id]))[0]
        if not force:
            return (await self.reboot(context, [instance_id]))[0]
        change = (await self.stop(context, [instance_id], force=True))[0]
        await self._flows.start(context, "start", f"start:{instance_id}", {"id": instance_id})
        return change

    async def terminate(self, context: Context, ids: Sequence[str]) -> Sequence[StateChange]:
        """Remove instances with their disks, durably. PROTECTED when one refuses; then none is touched."""
        views = await self.list(context, ids=ids, details=False)
        for view in views:
            if view.instance.delete_protected and view.instance.state not in ENDING_STATES:
                raise Error(
                    ErrorKind.PROTECTED,
                    f"The instance '{view.instance.id}' may not be terminated: it is protected against deletion",
                    resource="instance",
                    resource_id=view.instance.id,
                )
        return await self._each(views, lambda instance: self._terminate(context, instance))

    async def modify(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        """Change members of an instance; CONFLICT for those that need it stopped."""
        view = (await self._changeable(context, [instance_id], "modify"))[0]
        sized = (changes.instance_type_id, changes.memory, changes.cpus, changes.user_data)
        if any(value is not None for value in sized) and view.instance.state not in STOPPED_STATES:
            raise _wrong_state(view.instance, "modify")
        await self._clouds.of(context).instances.update(context, instance_id, changes)

    async def monitor(self, context: Context, ids: Sequence[str], wanted: bool) -> None:
        """Keep with the instances whether their owner wants them monitored in detail."""
        for view in await self._changeable(context, ids, "modify"):
            if view.instance.annotation.monitored == wanted:
                continue
            edit = partial(_monitored, wanted)
            await self._clouds.of(context).instances.annotate(context, view.instance.id, edit)

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        """The user data an instance was given; empty for none and for deleted ones.

        UNSUPPORTED where the cloud does not tell them and the instance was not launched here.
        """
        view = (await self.list(context, ids=[instance_id], details=False))[0]
        if view.instance.state is InstanceState.DELETED:
            return b""
        try:
            return await self._clouds.of(context).instances.user_data(context, instance_id)
        except Error as error:
            if error.kind is not ErrorKind.UNSUPPORTED:
                raise
            kept = await user_data.read(self._store.records, context.owner, instance_id)
            own = view.instance.annotation.launch and view.instance.annotation.owner == context.principal.user
            if kept is None and not own:
                raise
            return kept or b""

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        """A picture of a running instance's console, PNG."""
        view = (await self._changeable(context, [instance_id], "screenshot"))[0]
        if view.instance.state not in UP_STATES:
            raise _wrong_state(view.instance, "screenshot")
        return await self._clouds.of(context).instances.screenshot(context, instance_id)

    async def console_output(self, context: Context, instance_id: str) -> bytes:
        """What an instance's serial line printed, as far as the cloud keeps it; empty for deleted ones.

        UNSUPPORTED where the cloud keeps nothing of it.
        """
        view = (await self.list(context, ids=[instance_id], details=False))[0]
        if view.instance.state is InstanceState.DELETED:
            return b""
        return await self._clouds.of(context).consoles.output(context, instance_id)

    async def console_url(self, context: Context, instance_id: str) -> str:
        """A web page with a running instance's console; whoever has it may use it, and it is a secret."""
        view = (await self._changeable(context, [instance_id], "console"))[0]
        if view.instance.state not in UP_STATES:
            raise _wrong_state(view.instance, "console")
        url = await self._clouds.of(context).consoles.url(context, instance_id)
        if not url.startswith(("https://", "http://")) or not url.isprintable():
            # Browsers do as other schemes say.
            raise Error(ErrorKind.UNAVAILABLE, "The cloud's answer is no address of a web page", retryable=False)
        return url

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        """What opens a running instance's console in virt-viewer; it holds a password, and is a secret."""
        view = (await self._changeable(context, [instance_id], "console"))[0]
        if view.instance.state not in UP_STATES:
            raise _wrong_state(view.instance, "console")
        return await self._clouds.of(context).instances.console_file(context, instance_id)

    async def _tombstones(self, context: Context) -> Sequence[Tombstone]:
        since = now() - timedelta(seconds=TOMBSTONE_SECONDS)
        found = [tomb for tomb in await self._store.tombstones.list("", since) if _may_see(context, tomb)]
        if not found:
            return []
        centers = await self._data_centers(context)
        return [tomb for tomb in found if tomb.instance.data_center_id in centers]

    async def _data_centers(self, context: Context) -> frozenset[str]:
        """The ids of the scope's data centers; machines of other clouds are none of its business."""
        asked = context.scope.data_center
        centers = [region.data_center for region in await self._zones.regions(context)]
        return frozenset(center.id for center in centers if not asked or asked in (center.id, center.name))

    async def _changeable(self, context: Context, ids: Sequence[str], verb: str) -> Sequence[InstanceView]:
        views = await self.list(context, ids=ids, details=False)
        for view in views:
            if view.instance.state in ENDING_STATES:
                raise _wrong_state(view.instance, verb)
        return views

    async def _each(
        self, views: Sequence[InstanceView], act: Callable[[Instance], Awaitable[InstanceState]]
    ) -> Sequence[StateChange]:
        """Act on each instance side by side; the first error is raised after all were tried."""
        results = await asyncio.gather(*(act(view.instance) for view in views), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [
            StateChange(view.instance.id, view.instance.state, result)
            for view, result in zip(views, results, strict=True)
            if isinstance(result, InstanceState)
        ]

    async def _start(self, context: Context, instance: Instance) -> InstanceState:
        if instance.state in UP_STATES or instance.state is InstanceState.CREATING:
            return instance.state
        driver = self._clouds.of(context).instances
        try:
            await driver.start(context, instance.id)
        except Error as error:
            if error.kind is ErrorKind.BUSY:
                await self._flows.start(context, "start", f"start:{instance.id}", {"id": instance.id})
            elif error.kind is not ErrorKind.CONFLICT or not await self._is_up(context, instance.id):
                raise
        return InstanceState.STARTING

    async def _is_up(self, context: Context, instance_id: str) -> bool:
        """Whether somebody else was faster: a second start of a machine is fine, at the same moment too."""
        return (await self._clouds.of(context).instances.get(context, instance_id, details=False)).state in UP_STATES

    async def _stop(self, context: Context, instance: Instance, force: bool, hibernate: bool) -> InstanceState:
        if instance.state in STOPPED_STATES:
            return instance.state
        driver = self._clouds.of(context).instances
        if instance.annotation.want in LAUNCHING:
            # Its launch did not note its end yet, and would take the stop for a start that failed.
            await driver.annotate(context, instance.id, partial(_settled, instance.run))
        if hibernate:
            await driver.suspend(context, instance.id)
            return InstanceState.STOPPING
        await driver.stop(context, instance.id, force=force)
        if not force:
            given = {"id": instance.id, "run": instance.run}
            await self._flows.start(context, "stop", f"stop:{instance.id}", given)
        return InstanceState.STOPPING

    async def _reboot(self, context: Context, instance: Instance) -> InstanceState:
        await self._clouds.of(context).instances.reboot(context, instance.id)
        return InstanceState.REBOOTING

    async def _terminate(self, context: Context, instance: Instance) -> InstanceState:
        if instance.state is InstanceState.DELETED:
            return instance.state
        await self._flows.until_known(context, "launch", instance.annotation.launch)
        flow_id = f"terminate:{instance.id}"
        await self._flows.start(context, "terminate", flow_id, {"id": instance.id})
        await self._flows.accepted(context, flow_id)
        return InstanceState.DELETING


def _unseen(launched: Instance) -> Instance:
    """A launched machine that the cloud does not list: as it was accepted a moment ago, or gone for long."""
    if now().timestamp() - launched.annotation.launched_at < TOMBSTONE_SECONDS:
        return overlaid(launched)
    return replace(launched, state=InstanceState.DELETED, nics=(), disks=())


def _may_see(context: Context, tomb: Tombstone) -> bool:
    """Whether a removed machine concerns the caller: who else saw it while it was there, the engine no longer says."""
    here = (tomb.provider, tomb.view) in (("", ""), (context.scope.provider, context.scope.view))
    return here and context.principal.user in (tomb.owner, tomb.removed_by)


def _settled(run: int, annotation: Annotation) -> Annotation:
    return annotation if annotation.want is Want.TERMINATED else replace(annotation, want=None, first_run=run)


def _monitored(wanted: bool, annotation: Annotation) -> Annotation:
    return replace(annotation, monitored=wanted)


def _with_tags(instance: Instance, tags: Mapping[str, str]) -> Instance:
    annotation = replace(instance.annotation, tags={**instance.annotation.tags, **tags})
    return replace(instance, annotation=annotation)


def _wrong_state(instance: Instance, verb: str) -> Error:
    return Error(
        ErrorKind.CONFLICT,
        f"The instance '{instance.id}' is not in a state from which it can be {_PAST[verb]}",
        resource="instance",
        resource_id=instance.id,
        context={"state": instance.state.value},
    )


_PAST = {
    "start": "started",
    "stop": "stopped",
    "reboot": "rebooted",
    "modify": "modified",
    "console": "looked at",
    "screenshot": "looked at",
}
