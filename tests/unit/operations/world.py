"""One caller, one fake cloud, one store: what every flow test starts from."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec
from deltaic.model.secret import Secret
from deltaic.operations.flows import Flows
from deltaic.operations.outcome import Outcome
from deltaic.ports.operations import FlowInput
from tests.fakes.driver import FakeDriver
from tests.fakes.operations import FAST, MemoryJournal, run_flow
from tests.fakes.store import FakeStore

CALLER = Principal("user:1", "admin@internal", Secret("pass"))
MARKER = "0123456789abcdef0123:0"


class World:
    def __init__(self) -> None:
        self.driver = FakeDriver()
        self.driver.capability = replace(self.driver.capability, instances_stop_with_force=True)
        self.machines = self.driver.instances
        self.store = FakeStore()
        self.now = 1_790_000_000.0
        self.journal = MemoryJournal()
        self.table = Flows(lambda name: self.driver, self.store, pace=FAST, clock=lambda: self.now).table()

    async def run(self, flow: str, arguments: object, journal: MemoryJournal | None = None, job: str = "") -> Outcome:
        await self.store.logins.remember(CALLER)
        if journal is not None:
            self.journal = journal
        given = FlowInput(CALLER.id, "default", "dc-1", "req-1", msgspec.json.encode(arguments), job)
        return await run_flow(self.table[flow], given, self.journal)

    def want(self, instance_id: str) -> Want | None:
        return self.machines.machines[instance_id].annotation.want

    def count(self, verb: str) -> int:
        return sum(1 for changed, _ in self.machines.changes if changed == verb)


def spec(want: Want = Want.RUNNING, name: str = "web") -> InstanceSpec:
    return InstanceSpec(name, "image-1", "zone-1", annotation=Annotation(want=want, launch=MARKER, owner="me"))


def fault(kind: ErrorKind, *, retryable: bool | None = None) -> Error:
    return Error(kind, f"scripted {kind}", retryable=retryable)
