"""The gateway is killed at every step of captures, restores and removals: each still ends as it was asked to.

One image of each capture, no temporary snapshot that stays, nothing kept for images that are there.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from deltaic.model.annotation import Annotation
from deltaic.model.instance_snapshot import InstanceSnapshotSpec
from deltaic.model.snapshot_chain import SnapshotChain
from deltaic.ports import captures, snapshot_chains
from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_chain import Boundary, FlowChain
from tests.e2e.flow_child import MOMENTS
from tests.support.processes import USER, until

#: Steps of a running machine's capture that change something, those of a stopped one's, of a restore and of removals.
HOT = [(step, moment) for step in ("hold", "make", "release") for moment in MOMENTS]
HOT += [(step, "during") for step in ("keep", "held", "show", "settle", "released")]
COLD = [(step, moment) for step in ("make", "settle") for moment in MOMENTS]
RESTORE = [(step, "during") for step in ("stop", "restore", "settle", "note", "start")]
TAKE = [("create", "during"), ("note", "during"), ("settle", "before")]
MERGE = [("delete", "during"), ("gone", "during"), ("unlink", "before")]


def marker_of(boundary: Boundary, kind: str) -> str:
    return f"kill-{kind}-{boundary[0]}-{boundary[1]}".replace(" ", "")


def machine(reader: EngineReader, name: str, *, start: bool) -> str:
    """A machine made past the gateway."""
    body = {"name": name, "cluster": {"id": DEFAULT_CLUSTER}, "template": {"id": WORKSHOP}}
    made = str(reader.post("/vms", body)["id"])
    until(lambda: reader.get(f"/vms/{made}")["status"] == "down")
    if start:
        reader.post(f"/vms/{made}/start", {})
        until(lambda: reader.get(f"/vms/{made}")["status"] == "up")
    return made


def snapshots(reader: EngineReader, vm: str) -> list[dict[str, Any]]:
    found = reader.get(f"/vms/{vm}/snapshots")["snapshot"]
    return [one for one in found if one["snapshot_type"] == "regular"]


async def noted(chain: FlowChain, vm: str) -> SnapshotChain:
    """What is kept of a machine's snapshots."""
    async with chain.store() as store:
        return await snapshot_chains.read(store.records, f"/{USER}", vm)


def captured(chain: FlowChain, kind: str, vm: str, boundaries: list[Boundary]) -> dict[str, str]:
    """The images by flow, after a chain that died at every one of these moments of a capture of one machine."""
    flows = []
    for boundary in boundaries:
        marker = marker_of(boundary, kind)
        arguments = msgspec.json.encode({"instance_id": vm, "name": marker, "annotation": Annotation(launch=marker)})
        flows.append(f"image-capture:{marker}")
        # Each process goes on with what those before it left, on the same machine.
        chain.killed_at(boundary, "image-capture", flows[-1], arguments)
    return chain.finish(flows)


@pytest.mark.parametrize(("kind", "boundaries"), [("hot", HOT), ("cold", COLD)])
async def test_captures(chain: FlowChain, reader: EngineReader, kind: str, boundaries: list[Boundary]) -> None:
    vm = machine(reader, f"captured-{kind}", start=kind == "hot")
    images = captured(chain, kind, vm, boundaries)
    made = [one for one in reader.get("/templates")["template"] if one["name"].startswith(f"kill-{kind}-")]
    assert Counter(one["name"] for one in made) == Counter(marker_of(boundary, kind) for boundary in boundaries)
    assert {f"image-capture:{one['name']}": one["id"] for one in made} == images
    assert {one["status"] for one in made} == {"ok"}
    assert snapshots(reader, vm) == []
    assert reader.get(f"/vms/{vm}")["status"] == ("up" if kind == "hot" else "down")
    async with chain.store() as store:
        assert list(await captures.read_all(store.records, f"/{USER}")) == []


async def test_snapshots_are_taken_once_and_merged_away_once(chain: FlowChain, reader: EngineReader) -> None:
    vm = machine(reader, "pictured", start=True)

    def to_take(boundary: Boundary) -> tuple[Boundary, str, bytes]:
        marker = marker_of(boundary, "take")
        arguments = msgspec.json.encode({"spec": InstanceSnapshotSpec(vm, marker, marker=marker)})
        return boundary, f"instance-snapshot-create:{marker}", arguments

    taken = list(chain.killed_in_turn("instance-snapshot-create", map(to_take, TAKE)).values())
    assert sorted(one["id"] for one in snapshots(reader, vm)) == sorted(taken)
    notes = (await noted(chain, vm)).notes
    assert {key: note.previous for key, note in notes.items()} == dict(zip(taken, ["", *taken], strict=False))

    def to_merge(boundary: Boundary, snapshot: str) -> tuple[Boundary, str, bytes]:
        arguments = msgspec.json.encode({"instance_id": vm, "id": snapshot})
        return boundary, f"instance-snapshot-delete:{vm}.{snapshot}", arguments

    merged = chain.killed_in_turn("instance-snapshot-delete", map(to_merge, MERGE, taken))
    assert list(merged.values()) == taken
    assert snapshots(reader, vm) == []
    assert (await noted(chain, vm)).notes == {}


async def test_a_machine_is_brought_back_and_runs_again(chain: FlowChain, reader: EngineReader) -> None:
    vm = machine(reader, "restored", start=True)
    made = reader.post(f"/vms/{vm}/snapshots", {"description": "good", "persist_memorystate": "false"})["id"]
    until(lambda: [one["snapshot_status"] for one in snapshots(reader, vm)] == ["ok"])
    arguments = msgspec.json.encode({"instance_id": vm, "id": made})
    ids = [f"instance-restore:{vm}.{made}:{number}" for number in range(len(RESTORE))]
    ends = chain.killed_in_turn("instance-restore", [(*one, arguments) for one in zip(RESTORE, ids, strict=True)])
    assert ends == dict.fromkeys(ids, "started")
    assert reader.get(f"/vms/{vm}")["status"] == "up"
    assert [one["id"] for one in snapshots(reader, vm)] == [made]
    assert (await noted(chain, vm)).latest == made
