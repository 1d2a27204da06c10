"""A gateway's flows without its frontends, as a process that can be told to die at a step.

`python -m tests.e2e.flow_child '{"data": ..., "engine": ..., "begin": {...}, "die": [...], "finish": [...]}'`:
takes up what earlier processes left, waits for the flows in `finish` and prints what came of each as a line of JSON;
then begins a flow, and dies by SIGKILL at `die` (flow id, step, moment), as far as these are given.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from deltaic.driver import DriverConfig
from deltaic.drivers.ovirt import DRIVER
from deltaic.layers import wrap
from deltaic.model.context import Principal
from deltaic.model.errors import Error
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.flows import Flows
from deltaic.ports.operations import Flow, FlowInput, FlowStep
from deltaic.services import make_services
from deltaic.services.identity import Clouds
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from tests.support.processes import PASSWORD, USER

#: Before a step; after its action but before the journal knows; after the journal knows.
MOMENTS = ("before", "during", "after")
LIFETIME_SECONDS = 120
#: What the line about the ends begins with; others are log lines.
ENDS = "ends "


class DyingStep:
    """A step that kills the process at one moment of one step of one flow."""

    def __init__(self, step: FlowStep, die: list[str]) -> None:
        self._step = step
        self.flow_id = step.flow_id
        self._name, self._moment = die[1:] if die and die[0] == step.flow_id else ("", "")

    def until(self) -> float:
        return self._step.until()

    async def run(self, name: str, action: Callable[[], Awaitable[bytes]], *, patience: float | None = None) -> bytes:
        async def watched() -> bytes:
            value = await action()
            self._die(name, "during")
            return value

        self._die(name, "before")
        value = await self._step.run(name, watched, patience=patience)
        self._die(name, "after")
        return value

    async def sleep(self, seconds: float) -> None:
        await self._step.sleep(seconds)

    async def publish(self, milestone: str, value: bytes) -> None:
        await self._step.publish(milestone, value)

    async def refuse(self, milestone: str, error: Error) -> None:
        await self._step.refuse(milestone, error)

    def _die(self, name: str, moment: str) -> None:
        if (name, moment) == (self._name, self._moment):
            os.kill(os.getpid(), signal.SIGKILL)


def mortal(flow: Flow, die: list[str]) -> Flow:
    async def body(step: FlowStep, given: FlowInput) -> bytes:
        return await flow(DyingStep(step, die), given)

    return body


async def main(order: dict[str, Any]) -> None:
    signal.alarm(LIFETIME_SECONDS)
    folder = Path(order["data"])
    store = SqlStore(f"sqlite:///{folder}/deltaic.sqlite", KeySource.in_folder(folder))
    await store.open()
    caller = Principal("user:test", USER, Secret(PASSWORD))
    await store.logins.remember(caller)
    driver = wrap(DRIVER.create(DriverConfig(provider=order["engine"])))
    operations = DbosOperations(folder, node="kill-test")
    clouds = Clouds({"default": driver}, {"default": Provider.parse(order["engine"])})
    services = make_services(clouds, store, operations, login_secret=b"kill" * 8)
    table = Flows(clouds.driver, store, members=services.members).table()
    operations.register({name: mortal(flow, order.get("die", [])) for name, flow in table.items()})
    await operations.open()
    ends = {each: (await operations.result(each, LIFETIME_SECONDS)).decode() for each in order.get("finish", [])}
    print(f"{ENDS}{json.dumps(ends)}", flush=True)
    begin = order.get("begin")
    if begin:
        arguments = begin["arguments"].encode()
        given = FlowInput(caller.id, "", order["data_center"], "req-kill", arguments, begin.get("job", ""))
        await operations.start(begin["flow"], begin["id"], given)
    if order.get("die"):
        await operations.result(order["die"][0], LIFETIME_SECONDS)
        sys.exit("the flow ended without reaching its boundary")
    await operations.close()
    await driver.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
