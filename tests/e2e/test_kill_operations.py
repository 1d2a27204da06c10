"""The gateway is killed at every step boundary of its flows; every machine still ends as it was asked to.

One chain of processes: each takes up what its predecessors left, begins the flow of its own boundary, and dies
there; the last one finishes everything. So most flows are interrupted more than once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.instance import InstanceSpec
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_child import LIFETIME_SECONDS, MOMENTS
from tests.support.processes import Process, clean_environment, data_folder, url_in

DATA_CENTER = "79221158-0d50-11e2-a8af-17acc9433061"
CLUSTER = "99408929-82cf-4dc7-a532-9d998063fa95"
TEMPLATE = "a10f0123-ca40-4428-adac-26ac42f282dd"

LAUNCH = [(step, moment) for step in ("create", "settle", "start", "run", "finish") for moment in MOMENTS]
TERMINATE = [(step, moment) for step in ("mark", "bury 1", "delete 1", "gone 1") for moment in MOMENTS]

CREATION_INITIATED, START_INITIATED, REMOVED = "37", "150", "113"


def name_of(boundary: tuple[str, str]) -> str:
    return f"kill-{boundary[0]}-{boundary[1]}".replace(" ", "")


class Chain:
    """The processes of one chain over one state folder."""

    def __init__(self, data: str, engine: str) -> None:
        self.data = data
        self._order = {"data": data, "engine": engine, "data_center": DATA_CENTER}

    def killed_at(self, boundary: tuple[str, str], flow: str, flow_id: str, arguments: bytes) -> None:
        begin = {"flow": flow, "id": flow_id, "arguments": arguments.decode()}
        done = self._run(begin=begin, die=[flow_id, *boundary])
        assert done.returncode == -9, f"{boundary} was not reached:\n{done.stdout}{done.stderr}"

    def finish(self, flow_ids: list[str]) -> dict[str, str]:
        done = self._run(finish=flow_ids)
        assert done.returncode == 0, done.stdout + done.stderr
        ends: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return ends

    def _run(self, **order: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.e2e.flow_child", json.dumps(self._order | order)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LIFETIME_SECONDS + 30,
            env=clean_environment(),
            check=False,
        )


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    process = Process(["engine", "--port", "0", "--time-factor", "0.05"])
    yield url_in(process.ready())
    process.stop()


@pytest.fixture(scope="module")
def reader(engine: str) -> EngineReader:
    return EngineReader(engine)


@pytest.fixture(scope="module")
def chain(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(data_folder(tmp_path_factory.mktemp("kill"), "state"), engine)


@pytest.fixture(scope="module")
def launched(chain: Chain) -> dict[str, str]:
    """Machine ids by name, after a chain that died at every boundary of the launch."""
    flows = {}
    for boundary in LAUNCH:
        name = name_of(boundary)
        annotation = Annotation(want=Want.RUNNING, launch=f"{name}:0")
        spec = InstanceSpec(name, TEMPLATE, CLUSTER, annotation=annotation)
        flows[f"launch:{name}:0"] = name
        chain.killed_at(boundary, "launch", f"launch:{name}:0", msgspec.json.encode(spec))
    return {flows[flow_id]: machine for flow_id, machine in chain.finish(list(flows)).items()}


def test_every_machine_runs_and_there_is_one_of_each(launched: dict[str, str], reader: EngineReader) -> None:
    machines = [each for each in reader.machines() if each["name"].startswith("kill-")]
    assert Counter(each["name"] for each in machines) == Counter(name_of(boundary) for boundary in LAUNCH)
    assert {each["id"]: each["status"] for each in machines} == dict.fromkeys(launched.values(), "up")


@pytest.mark.parametrize("boundary", LAUNCH, ids=name_of)
def test_it_was_created_and_started_once(
    launched: dict[str, str], reader: EngineReader, boundary: tuple[str, str]
) -> None:
    codes = reader.event_codes(launched[name_of(boundary)])
    assert (codes[CREATION_INITIATED], codes[START_INITIATED]) == (1, 1)


def test_nothing_is_wanted_of_them_any_more(launched: dict[str, str], reader: EngineReader) -> None:
    comments = {each["name"]: each.get("comment", "") for each in reader.machines() if each["id"] in launched.values()}
    assert [name for name, comment in comments.items() if '"want"' in comment] == []


@pytest.fixture(scope="module")
def terminated(chain: Chain, launched: dict[str, str]) -> dict[tuple[str, str], str]:
    """Machine ids by boundary, after a chain that died at every boundary of the removal."""
    machines = dict(zip(TERMINATE, launched.values(), strict=False))
    for boundary, machine in machines.items():
        arguments = json.dumps({"id": machine}).encode()
        chain.killed_at(boundary, "terminate", f"terminate:{machine}", arguments)
    ends = chain.finish([f"terminate:{machine}" for machine in machines.values()])
    assert list(ends.values()) == list(machines.values())
    return machines


def test_every_machine_is_gone_and_no_other(
    terminated: dict[tuple[str, str], str], launched: dict[str, str], reader: EngineReader
) -> None:
    left = {each["id"] for each in reader.machines() if each["name"].startswith("kill-")}
    assert left == set(launched.values()) - set(terminated.values())


@pytest.mark.parametrize("boundary", TERMINATE, ids=name_of)
def test_it_was_removed_once(
    terminated: dict[tuple[str, str], str], reader: EngineReader, boundary: tuple[str, str]
) -> None:
    assert reader.event_codes(terminated[boundary])[REMOVED] == 1


async def test_every_removed_machine_has_a_tombstone(terminated: dict[tuple[str, str], str], chain: Chain) -> None:
    folder = Path(chain.data)
    store = SqlStore(f"sqlite:///{folder}/deltaic.sqlite", KeySource.in_folder(folder))
    await store.open()
    tombstones = await store.tombstones.list("", datetime(2000, 1, 1, tzinfo=UTC))
    await store.close()
    assert {each.instance.id for each in tombstones} == set(terminated.values())
    assert {each.reason_code for each in tombstones} == {"Client.UserInitiatedShutdown"}
