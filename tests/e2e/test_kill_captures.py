"""The gateway is killed at every step of captures, restores and removals: each still ends as it was asked to.

One image of each capture, no temporary snapshot that stays, nothing kept for images that are there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deltaic.model.annotation import Annotation
from deltaic.model.instance_snapshot import InstanceSnapshotSpec
from deltaic.ports import captures, snapshot_chains
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_child import LIFETIME_SECONDS, MOMENTS
from tests.support.processes import USER, Process, clean_environment, data_folder, until, url_in

DATA_CENTER = "79221158-0d50-11e2-a8af-17acc9433061"
CLUSTER = "99408929-82cf-4dc7-a532-9d998063fa95"
TEMPLATE = "a10f0123-ca40-4428-adac-26ac42f282dd"

#: Steps of a running machine's capture that change something, those of a stopped one's, of a restore and of removals.
HOT = [(step, moment) for step in ("hold", "make", "release") for moment in MOMENTS]
HOT += [(step, "during") for step in ("keep", "held", "show", "settle", "released")]
COLD = [(step, moment) for step in ("make", "settle") for moment in MOMENTS]
RESTORE = [(step, "during") for step in ("stop", "restore", "settle", "note", "start")]
TAKE = [("create", "during"), ("note", "during"), ("settle", "before")]
MERGE = [("delete", "during"), ("gone", "during"), ("unlink", "before")]


def marker_of(boundary: tuple[str, str], kind: str) -> str:
    return f"kill-{kind}-{boundary[0]}-{boundary[1]}".replace(" ", "")


class Chain:
    """The processes of one chain over one state folder."""

    def __init__(self, data: str, engine: str) -> None:
        self.data = data
        self._order = {"data": data, "engine": engine, "data_center": DATA_CENTER}

    def killed_at(self, boundary: tuple[str, str], flow: str, flow_id: str, arguments: Any) -> None:
        begin = {"flow": flow, "id": flow_id, "arguments": msgspec.json.encode(arguments).decode()}
        done = self._run(begin=begin, die=[flow_id, *boundary])
        assert done.returncode == -9, f"{boundary} was not reached:\n{done.stdout}{done.stderr}"

    def finish(self, flow_ids: list[str]) -> dict[str, str]:
        done = self._run(finish=flow_ids)
        assert done.returncode == 0, done.stdout + done.stderr
        ends: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return ends

    async def store(self) -> SqlStore:
        folder = Path(self.data)
        store = SqlStore(f"sqlite:///{folder}/deltaic.sqlite", KeySource.in_folder(folder))
        await store.open()
        return store

    def _run(self, **order: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.e2e.flow_child", json.dumps(self._order | order)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=LIFETIME_SECONDS + 30, env=clean_environment(), check=False
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


def machine(reader: EngineReader, name: str, *, start: bool) -> str:
    """A machine made past the gateway."""
    body = {"name": name, "cluster": {"id": CLUSTER}, "template": {"id": TEMPLATE}}
    made = str(reader.post("/vms", body)["id"])
    until(lambda: reader.get(f"/vms/{made}")["status"] == "down")
    if start:
        reader.post(f"/vms/{made}/start", {})
        until(lambda: reader.get(f"/vms/{made}")["status"] == "up")
    return made


def snapshots(reader: EngineReader, vm: str) -> list[dict[str, Any]]:
    found = reader.get(f"/vms/{vm}/snapshots")["snapshot"]
    return [one for one in found if one["snapshot_type"] == "regular"]


def captured(chain: Chain, kind: str, vm: str, boundaries: list[tuple[str, str]]) -> dict[str, str]:
    """The images by flow, after a chain that died at every one of these moments of a capture of one machine."""
    flows = []
    for boundary in boundaries:
        marker = marker_of(boundary, kind)
        arguments = {"instance_id": vm, "name": marker, "annotation": Annotation(launch=marker)}
        flows.append(f"image-capture:{marker}")
        # Each process goes on with what those before it left, on the same machine.
        chain.killed_at(boundary, "image-capture", flows[-1], arguments)
    return chain.finish(flows)


@pytest.mark.parametrize(("kind", "boundaries"), [("hot", HOT), ("cold", COLD)])
async def test_captures(chain: Chain, reader: EngineReader, kind: str, boundaries: list[tuple[str, str]]) -> None:
    vm = machine(reader, f"captured-{kind}", start=kind == "hot")
    images = captured(chain, kind, vm, boundaries)
    made = [one for one in reader.get("/templates")["template"] if one["name"].startswith(f"kill-{kind}-")]
    assert Counter(one["name"] for one in made) == Counter(marker_of(boundary, kind) for boundary in boundaries)
    assert {f"image-capture:{one['name']}": one["id"] for one in made} == images
    assert {one["status"] for one in made} == {"ok"}
    assert snapshots(reader, vm) == []
    assert reader.get(f"/vms/{vm}")["status"] == ("up" if kind == "hot" else "down")
    store = await chain.store()
    assert list(await captures.read_all(store.records, f"/{USER}")) == []
    await store.close()


async def test_snapshots_are_taken_once_and_merged_away_once(chain: Chain, reader: EngineReader) -> None:
    vm = machine(reader, "pictured", start=True)
    taken: list[str] = []
    for boundary in TAKE:
        marker = marker_of(boundary, "take")
        arguments = {"spec": InstanceSnapshotSpec(vm, marker, marker=marker)}
        flow_id = f"instance-snapshot-create:{marker}"
        chain.killed_at(boundary, "instance-snapshot-create", flow_id, arguments)
        taken += chain.finish([flow_id]).values()
    assert sorted(one["id"] for one in snapshots(reader, vm)) == sorted(taken)
    store = await chain.store()
    notes = (await snapshot_chains.read(store.records, f"/{USER}", vm)).notes
    assert {key: note.previous for key, note in notes.items()} == dict(zip(taken, ["", *taken], strict=False))
    for boundary, snapshot in zip(MERGE, taken, strict=True):
        flow_id = f"instance-snapshot-delete:{vm}.{snapshot}"
        arguments = {"instance_id": vm, "id": snapshot}
        chain.killed_at(boundary, "instance-snapshot-delete", flow_id, arguments)
        assert chain.finish([flow_id]) == {flow_id: snapshot}
    assert snapshots(reader, vm) == []
    assert (await snapshot_chains.read(store.records, f"/{USER}", vm)).notes == {}
    await store.close()


async def test_a_machine_is_brought_back_and_runs_again(chain: Chain, reader: EngineReader) -> None:
    vm = machine(reader, "restored", start=True)
    made = reader.post(f"/vms/{vm}/snapshots", {"description": "good", "persist_memorystate": "false"})["id"]
    until(lambda: [one["snapshot_status"] for one in snapshots(reader, vm)] == ["ok"])
    for number, boundary in enumerate(RESTORE):
        flow_id = f"instance-restore:{vm}.{made}:{number}"
        chain.killed_at(boundary, "instance-restore", flow_id, {"instance_id": vm, "id": made})
        assert chain.finish([flow_id]) == {flow_id: "started"}
        assert reader.get(f"/vms/{vm}")["status"] == "up"
    assert [one["id"] for one in snapshots(reader, vm)] == [made]
    store = await chain.store()
    assert (await snapshot_chains.read(store.records, f"/{USER}", vm)).latest == made
    await store.close()
