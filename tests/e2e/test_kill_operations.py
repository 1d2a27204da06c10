"""The gateway is killed at every step boundary of its flows; every machine still ends as it was asked to.

One chain of processes: each takes up what its predecessors left, begins the flow of its own boundary, and dies
there; the last one finishes everything. So most flows are interrupted more than once.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.instance import InstanceSpec
from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_chain import Boundary, FlowChain
from tests.e2e.flow_child import MOMENTS
from tests.e2e.site import CREATION_INITIATED, REMOVED, START_INITIATED

LAUNCH = [(step, moment) for step in ("create", "settle", "start", "run", "finish") for moment in MOMENTS]
TERMINATE = [(step, moment) for step in ("mark", "bury 1", "delete 1", "gone 1") for moment in MOMENTS]


def name_of(boundary: Boundary) -> str:
    return f"kill-{boundary[0]}-{boundary[1]}".replace(" ", "")


@pytest.fixture(scope="module")
def launched(chain: FlowChain) -> dict[str, str]:
    """Machine ids by name, after a chain that died at every boundary of the launch."""
    flows = {}
    for boundary in LAUNCH:
        name = name_of(boundary)
        annotation = Annotation(want=Want.RUNNING, launch=f"{name}:0")
        spec = InstanceSpec(name, WORKSHOP, DEFAULT_CLUSTER, annotation=annotation)
        flows[f"launch:{name}:0"] = name
        chain.killed_at(boundary, "launch", f"launch:{name}:0", msgspec.json.encode(spec))
    return {flows[flow_id]: machine for flow_id, machine in chain.finish(list(flows)).items()}


def test_every_machine_runs_and_there_is_one_of_each(launched: dict[str, str], reader: EngineReader) -> None:
    machines = [each for each in reader.machines() if each["name"].startswith("kill-")]
    assert Counter(each["name"] for each in machines) == Counter(name_of(boundary) for boundary in LAUNCH)
    assert {each["id"]: each["status"] for each in machines} == dict.fromkeys(launched.values(), "up")


@pytest.mark.parametrize("boundary", LAUNCH, ids=name_of)
def test_it_was_created_and_started_once(launched: dict[str, str], reader: EngineReader, boundary: Boundary) -> None:
    codes = reader.event_codes(launched[name_of(boundary)])
    assert (codes[CREATION_INITIATED], codes[START_INITIATED]) == (1, 1)


def test_nothing_is_wanted_of_them_any_more(launched: dict[str, str], reader: EngineReader) -> None:
    comments = {each["name"]: each.get("comment", "") for each in reader.machines() if each["id"] in launched.values()}
    assert [name for name, comment in comments.items() if '"want"' in comment] == []


@pytest.fixture(scope="module")
def terminated(chain: FlowChain, launched: dict[str, str]) -> dict[Boundary, str]:
    """Machine ids by boundary, after a chain that died at every boundary of the removal."""
    machines = dict(zip(TERMINATE, launched.values(), strict=False))
    for boundary, machine in machines.items():
        arguments = json.dumps({"id": machine}).encode()
        chain.killed_at(boundary, "terminate", f"terminate:{machine}", arguments)
    ends = chain.finish([f"terminate:{machine}" for machine in machines.values()])
    assert list(ends.values()) == list(machines.values())
    return machines


def test_every_machine_is_gone_and_no_other(
    terminated: dict[Boundary, str], launched: dict[str, str], reader: EngineReader
) -> None:
    left = {each["id"] for each in reader.machines() if each["name"].startswith("kill-")}
    assert left == set(launched.values()) - set(terminated.values())


@pytest.mark.parametrize("boundary", TERMINATE, ids=name_of)
def test_it_was_removed_once(terminated: dict[Boundary, str], reader: EngineReader, boundary: Boundary) -> None:
    assert reader.event_codes(terminated[boundary])[REMOVED] == 1


async def test_every_removed_machine_has_a_tombstone(terminated: dict[Boundary, str], chain: FlowChain) -> None:
    async with chain.store() as store:
        tombstones = await store.tombstones.list("", datetime(2000, 1, 1, tzinfo=UTC))
    assert {each.instance.id for each in tombstones} == set(terminated.values())
    assert {each.reason_code for each in tombstones} == {"Client.UserInitiatedShutdown"}
