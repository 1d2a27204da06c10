"""The engine's state: tables of entities, clock, timers, locks and persistence.

What it does with them is in `entities/`; this module only keeps and commits.
"""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ovirt_engine_sim.clock import Clock, ManualClock, RealClock
from ovirt_engine_sim.durations import DURATIONS, UNSCALED
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.indexes import Indexes
from ovirt_engine_sim.inventory import Inventory, seed_inventory
from ovirt_engine_sim.ordered import OrderedFaults
from ovirt_engine_sim.sso import Sessions
from ovirt_engine_sim.store import Row, Store

TimerCommand = Callable[..., None]
COMMANDS: Final[dict[str, TimerCommand]] = {}
DEFAULT_USERS: Final = {"admin@internal": "deltaic"}


def timer_command(name: str) -> Callable[[TimerCommand], TimerCommand]:
    """Register what a stored timer of this name does; called as command(engine, **arguments)."""

    def register(function: TimerCommand) -> TimerCommand:
        COMMANDS[name] = function
        return function

    return register


def _rows(changed: Mapping[tuple[str, str], Entity | None]) -> list[Row]:
    encode = msgspec.json.encode
    return [
        (kind, key, "", "", None)
        if entity is None
        else (kind, key, entity.id, entity.parent, encode({"data": entity.data, "inner": entity.inner}))
        for (kind, key), entity in changed.items()
    ]


class Engine:
    """One engine. With a `data_dir` everything survives the death of the process, pending work included."""

    def __init__(
        self,
        inventory: Inventory | None = None,
        *,
        clock: RealClock | ManualClock | None = None,
        users: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
        native_json: bool = False,
    ) -> None:
        self.clock: RealClock | ManualClock = clock or RealClock()
        self.users = dict(users or DEFAULT_USERS)
        self.native_json = native_json
        self.faults = OrderedFaults()
        self.sessions = Sessions(self)
        self.calls = 0
        self.tables: dict[str, dict[str, Entity]] = {}
        self._children: dict[tuple[str, str], dict[str, Entity]] = {}
        self._indexes = Indexes()
        self._dirty: dict[tuple[str, str], Entity | None] = {}
        self._writing: asyncio.Future[None] | None = None
        self._commit_task: asyncio.Task[None] | None = None
        self._store = Store(data_dir) if data_dir is not None else None
        if not (self._store and self._restore(self._store)):
            from ovirt_engine_sim.loading import load

            load(self, inventory if inventory is not None else seed_inventory())
            self.commit_now()

    # entities

    def put(self, entity: Entity) -> Entity:
        """Add an entity."""
        self.tables.setdefault(entity.kind, {})[entity.key] = entity
        if entity.parent:
            self._children.setdefault((entity.kind, entity.parent), {})[entity.id] = entity
        self.touch(entity)
        return entity

    def touch(self, *entities: Entity) -> None:
        """Note that entities changed: caches are dropped, the change is committed before the answer."""
        for entity in entities:
            entity.forget()
            self._indexes.refresh(entity)
            if self._store is not None:
                self._dirty[entity.kind, entity.key] = entity

    def drop(self, entity: Entity) -> None:
        """Remove an entity."""
        self.tables[entity.kind].pop(entity.key, None)
        self._children.get((entity.kind, entity.parent), {}).pop(entity.id, None)
        self._indexes.forget(entity)
        if self._store is not None:
            self._dirty[entity.kind, entity.key] = None

    def get(self, kind: str, key: str) -> Entity | None:
        """Return the entity of this kind and key."""
        return self.tables.get(kind, {}).get(key)

    def all(self, kind: str) -> list[Entity]:
        """Return every entity of a kind, in order of creation."""
        return list(self.tables.get(kind, {}).values())

    def children(self, kind: str, parent: str) -> list[Entity]:
        """Return the entities of a kind that live in `parent`."""
        return list(self._children.get((kind, parent), {}).values())

    def child(self, kind: str, parent: str, identity: str) -> Entity | None:
        """Return one entity that lives in `parent`."""
        return self._children.get((kind, parent), {}).get(identity)

    def named(self, kind: str, name: str) -> Iterator[Entity]:
        """Yield the entities of a kind that carry a name."""
        return iter(self.indexed(kind, "name", name))

    def indexed(self, kind: str, index: str, value: str) -> list[Entity]:
        """Return the entities of a kind with an indexed value; `indexes.DEFINITIONS` names what there is."""
        return self._indexes.find(kind, index, value)

    @staticmethod
    def new_id() -> str:
        """Return a new random id."""
        return str(uuid.uuid4())

    # time

    def now(self) -> int:
        """Return the engine's time, epoch milliseconds."""
        return self.clock.now()

    def after(self, duration: str, command: str, **arguments: Any) -> None:
        """Run the registered `command` after the named duration; survives a restart."""
        seconds = DURATIONS[duration]
        delay = int(seconds * 1000) if duration in UNSCALED else self.clock.scaled(seconds)
        data = {"due": self.now() + delay, "command": command, "arguments": arguments}
        self._arm(self.put(Entity("timer", self.new_id(), data)))

    def _arm(self, timer: Entity) -> None:
        self.clock.at(timer.data["due"], lambda: self._fire(timer))

    def _fire(self, timer: Entity) -> None:
        self.drop(timer)
        COMMANDS[timer.data["command"]](self, **timer.data["arguments"])
        self._commit_soon()

    # persistence

    def _restore(self, store: Store) -> bool:
        for kind, identity, parent, body in store.load():
            self.put(Entity(kind, identity, body["data"], body["inner"], parent))
        self._dirty.clear()
        for timer in self.all("timer"):
            self._arm(timer)
        return bool(self.tables)

    def _take_dirty(self) -> dict[tuple[str, str], Entity | None]:
        taken, self._dirty = self._dirty, {}
        return taken

    async def commit(self) -> None:
        """Make every change so far durable; what somebody else is writing just now counts too.

        Raises sqlite3.Error when the disk refuses; the changes stay to be written.
        """
        if self._store is None:
            return
        if self._dirty:
            self._writing = asyncio.ensure_future(self._write(self._store, self._take_dirty()))
        if self._writing is not None:
            # A client that goes away must not take the write with it.
            await asyncio.shield(self._writing)

    async def _write(self, store: Store, taken: dict[tuple[str, str], Entity | None]) -> None:
        try:
            await store.write(_rows(taken))
        except sqlite3.Error:
            self._dirty = {**taken, **self._dirty}
            raise

    def commit_now(self) -> None:
        """Make every change so far durable, blocking; for start and stop only."""
        if self._store is not None and self._dirty:
            self._store.write_now(_rows(self._take_dirty()))

    def _commit_soon(self) -> None:
        if self._store is None or not self._dirty or (self._commit_task and not self._commit_task.done()):
            return
        try:
            self._commit_task = asyncio.get_running_loop().create_task(self.commit())
        except RuntimeError:
            self.commit_now()

    # life

    def start(self) -> None:
        """Arm the timers; call with the loop running."""
        self.clock.start()

    def restart(self) -> None:
        """Behave as after a restart of the engine's service: all tokens are gone, data stays."""
        self.sessions.clear()

    async def close(self) -> None:
        """Stop the clock and commit."""
        self.clock.close()
        if self._commit_task is not None:
            await self._commit_task
        await self.commit()
        if self._store is not None:
            self._store.close()


__all__ = ["COMMANDS", "Clock", "Engine", "timer_command"]
