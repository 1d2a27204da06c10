"""Machines with details at the price of machines without.

Following links costs the engine one inner query per machine and link, one after another: seconds for a thousand
machines. So each list is read plainly, which is always true, and the details (interfaces, disks, addresses) are
kept per machine. They are read again when

- the machine is new, or its status or start time changed;
- the engine logged an event about it since (`events?from=`, one call beside the plain list);
- it runs and its guest has not told an address yet, for some minutes after its start;
- they are older than `SOFT_SECONDS`, a slice of them at a time, all of them beyond `HARD_SECONDS`;
- the caller is no administrator: such users own few machines, and are shown only some of the events.

What nobody logs (a guest takes another address) shows within that age. At most one call for all of these: by ids,
or the whole data center when they are many.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.config import USER_LEVEL
from deltaic.drivers.ovirt.interfaces import addresses_by_mac
from deltaic.drivers.ovirt.lookups import Place
from deltaic.drivers.ovirt.machines import Machines
from deltaic.model.context import Context, Principal

SOFT_SECONDS = 30.0
HARD_SECONDS = 120.0
#: How long after it was first seen running a machine without addresses is read again every time.
BOOT_SECONDS = 600.0
#: More machines than this are read by one list of their data center instead of by their ids.
SLICE = 100
PRINCIPALS = 256

#: Statuses in which a guest may run and its agent may report.
RUNNING = frozenset({"up", "powering_up", "reboot_in_progress", "migrating", "not_responding", "unknown"})

Clock = Callable[[], float]


class Look(Struct, frozen=True):
    """A principal's last look at the events; `blind` for users who are shown only some of them."""

    number: int
    at: float
    blind: bool


class Entry(Struct):
    """What is kept of a machine. Times are the clock's: when the read began, when it was first seen like this.

    `completed` is the plain machine `plain` with the details of `vm`.
    """

    vm: wire.Vm
    read_at: float
    since: float
    seen_at: float
    has_address: bool
    plain: wire.Vm | None = None
    completed: wire.Vm | None = None


class Details:
    """The kept details of all machines of an engine; whoever sees a machine may see them."""

    def __init__(self, client: Client, machines: Machines, clock: Clock = time.monotonic) -> None:
        self._client = client
        self._machines = machines
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._touched: dict[str, float] = {}
        self._looks: OrderedDict[Principal, Look] = OrderedDict()
        self._dropped_at = float("-inf")

    async def everything(self, context: Context, place: Place) -> Sequence[wire.Vm]:
        """All machines of a data center with their details, in at most three calls."""
        if context.scope.view == USER_LEVEL:
            return await self._machines.everything(context, place, details=True)
        now = self._clock()
        look = self._looks.get(context.principal)
        if look is None or now - look.at > HARD_SECONDS:
            await self._begin_events(context)
            return await self._whole(context, place)
        if look.blind:
            return await self._whole(context, place)
        plain, _ = await asyncio.gather(
            self._machines.everything(context, place, details=False), self._follow_events(context, look)
        )
        stale, ageing = self._stale(plain, now)
        if len(stale) > SLICE:
            return await self._whole(context, place)
        chosen = [*stale, *ageing[: SLICE - len(stale)]]
        if chosen:
            started = self._clock()
            self._keep(await self._machines.of_ids(context, chosen, details=True), started)
        completed = [self._completed(vm, now) for vm in plain]
        self._drop_unseen()
        return completed

    def forget(self, vm_id: str) -> None:
        """Read this machine again next time: somebody here changed it."""
        self._touched[vm_id] = self._clock()

    # -- events ------------------------------------------------------------------------------------------------------

    async def _begin_events(self, context: Context) -> None:
        """Note the newest event, before the details are read that will include what it tells.

        Only administrators are shown all events, and only they are told the engine's summary.
        """
        root, found = await asyncio.gather(
            self._client.read(context, "", wire.Api),
            self._client.read(context, "events", wire.Events, query={"max": "1"}),
        )
        number = max((_number(event) for event in found.event), default=0)
        self._note(context.principal, Look(number, self._clock(), root.summary is None))

    async def _follow_events(self, context: Context, look: Look) -> None:
        """Mark the machines that something happened to since the last look."""
        found = await self._client.read(context, "events", wire.Events, query={"from": str(look.number)})
        now = self._clock()
        for event in found.event:
            if event.vm.id:
                self._touched[event.vm.id] = now
        # Another list may have looked meanwhile: never go back.
        known = self._looks.get(context.principal, look).number
        number = max([known, *(_number(event) for event in found.event)])
        self._note(context.principal, Look(number, now, look.blind))

    def _note(self, principal: Principal, look: Look) -> None:
        self._looks[principal] = look
        self._looks.move_to_end(principal)
        while len(self._looks) > PRINCIPALS:
            self._looks.popitem(last=False)

    # -- entries -----------------------------------------------------------------------------------------------------

    async def _whole(self, context: Context, place: Place) -> Sequence[wire.Vm]:
        started = self._clock()
        found = await self._machines.everything(context, place, details=True)
        self._keep(found, started)
        self._drop_unseen()
        return found

    def _keep(self, found: Iterable[wire.Vm], started: float) -> None:
        for vm in found:
            old = self._entries.get(vm.id)
            if old is not None and old.read_at > started:
                continue
            same = old is not None and _same_run(old.vm, vm)
            since = old.since if old is not None and same else started
            reported = addresses_by_mac(vm.reported_devices.reported_device)
            has_address = any(ipv4 or ipv6 for ipv4, ipv6 in reported.values())
            self._entries[vm.id] = Entry(vm, started, since, started, has_address)

    def _stale(self, plain: Iterable[wire.Vm], now: float) -> tuple[list[str], list[str]]:
        """(machines that must be read again, machines that should be, the oldest first)."""
        stale: list[str] = []
        ageing: list[tuple[float, str]] = []
        for vm in plain:
            entry = self._entries.get(vm.id)
            if entry is None or self._must_read(vm, entry, now):
                stale.append(vm.id)
            elif now - entry.read_at > SOFT_SECONDS:
                ageing.append((entry.read_at, vm.id))
        return stale, [vm_id for _, vm_id in sorted(ageing)]

    def _must_read(self, vm: wire.Vm, entry: Entry, now: float) -> bool:
        if not _same_run(entry.vm, vm) or now - entry.read_at > HARD_SECONDS:
            return True
        if self._touched.get(vm.id, float("-inf")) >= entry.read_at:
            return True
        return vm.status in RUNNING and not entry.has_address and now - entry.since < BOOT_SECONDS

    def _completed(self, vm: wire.Vm, now: float) -> wire.Vm:
        """The plain machine with the details that are kept; one that appeared meanwhile has none yet."""
        entry = self._entries.get(vm.id)
        if entry is None:
            return vm
        entry.seen_at = now
        if entry.plain is not vm or entry.completed is None:
            kept = entry.vm
            entry.plain = vm
            entry.completed = structs.replace(
                vm, nics=kept.nics, disk_attachments=kept.disk_attachments, reported_devices=kept.reported_devices
            )
        return entry.completed

    def _drop_unseen(self) -> None:
        """Forget machines that no list has shown for long: they are gone. Looks for them now and then."""
        now = self._clock()
        if now - self._dropped_at < HARD_SECONDS:
            return
        self._dropped_at = now
        limit = now - 2 * HARD_SECONDS
        self._entries = {vm_id: entry for vm_id, entry in self._entries.items() if entry.seen_at > limit}
        self._touched = {vm_id: when for vm_id, when in self._touched.items() if when > limit}


def _same_run(one: wire.Vm, other: wire.Vm) -> bool:
    return one.status == other.status and one.start_time == other.start_time


def _number(event: wire.Event) -> int:
    return event.index or (int(event.id) if event.id.isdigit() else 0)
