"""The gateway dies in the steps of making and removing systems, after what they do and before the journal knows.

One chain of processes: each takes up what its predecessors left, begins a system of its own, and dies in one step; the
last one finishes everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deltaic.model.system import MemberKind, Phase, System
from deltaic.model.volume import VolumeSpec, VolumeWish
from deltaic.ports.members import MemberRequest
from deltaic.services.launch import LaunchRequest
from deltaic.services.members import VolumeRequest
from deltaic.services.networks import NetworkRequest
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP
from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_child import LIFETIME_SECONDS
from tests.support.processes import USER, Process, clean_environment, data_folder, url_in

VOLUME, NETWORK, MACHINE = "1.1", "2.1", "0.1"
CREATE = ("keep", f"make {VOLUME}", f"wait {VOLUME}", f"make {NETWORK}", f"make {MACHINE}", f"wait {MACHINE}", "finish")
DELETE = ("mark", "look", f"remove {MACHINE}", f"wait {MACHINE}", f"drop {MACHINE}", f"remove {VOLUME}", "forget")
CREATION_INITIATED, START_INITIATED = "37", "150"
DATA, LAN = "the-volume-to-come", "the-network-to-come"


def system_id(step: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, step))


def name_of(step: str) -> str:
    return f"die-{step.replace(' ', '-').replace('.', '-')}"


def member_id(step: str, key: str) -> str:
    return str(uuid.uuid5(uuid.UUID(system_id(step)), key))


def arguments(step: str) -> bytes:
    """A running machine with a volume, on a network."""
    name = name_of(step)
    machine = LaunchRequest(WORKSHOP, name=name, network_ids=(LAN,), volumes=(VolumeWish(DATA),))
    wanted = (
        (VOLUME, MemberKind.VOLUME, VolumeRequest(VolumeSpec(f"{name}-data", 10**9)), 0, DATA),
        (NETWORK, MemberKind.NETWORK, NetworkRequest(f"{name}-lan"), 0, LAN),
        (MACHINE, MemberKind.MACHINE, machine, 1, ""),
    )
    members = [
        MemberRequest(key, kind, msgspec.Raw(msgspec.json.encode(content)), key, wave, placeholder)
        for key, kind, content, wave, placeholder in wanted
    ]
    return msgspec.json.encode({"system": System(system_id(step), name), "members": members})


class Chain:
    """The processes of one chain over one state folder."""

    def __init__(self, data: str, engine: str) -> None:
        self.data = data
        self.reader = EngineReader(engine)
        self._order = {"data": data, "engine": engine, "data_center": DEFAULT_CENTER}

    def killed_in(self, step: str, flow: str, flow_id: str, given: bytes) -> None:
        begin = {"flow": flow, "id": flow_id, "arguments": given.decode(), "job": flow_id}
        done = self._run(begin=begin, die=[flow_id, step, "during"])
        assert done.returncode == -9, f"'{step}' was not reached:\n{done.stdout}{done.stderr}"

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

    def left(self, key: str, path: str) -> list[dict[str, Any]]:
        return [one for one in self.reader.get(path).get(key, []) if one.get("name", "").startswith("die-")]

    async def systems(self) -> list[System]:
        folder = Path(self.data)
        store = SqlStore(f"sqlite:///{folder}/deltaic.sqlite", KeySource.in_folder(folder))
        await store.open()
        records = await store.records.list(f"/{USER}", "System")
        await store.close()
        return [msgspec.json.decode(record.content, type=System) for record in records]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    process = Process(["engine", "--port", "0", "--time-factor", "0.05"])
    yield Chain(data_folder(tmp_path_factory.mktemp("steps"), "state"), url_in(process.ready()))
    process.stop()


@pytest.fixture(scope="module")
def made(chain: Chain) -> Chain:
    """After a chain that died in each step of the making."""
    for step in CREATE:
        chain.killed_in(step, "system-create", f"system-create:{system_id(step)}", arguments(step))
    ends = chain.finish([f"system-create:{system_id(step)}" for step in CREATE])
    assert list(ends.values()) == [system_id(step) for step in CREATE]
    return chain


async def test_every_system_is_complete_and_nothing_is_there_twice(made: Chain) -> None:
    names = [name_of(step) for step in CREATE]
    machines = {one["name"]: one for one in made.left("vm", "/vms")}
    assert Counter(one["name"] for one in made.left("vm", "/vms")) == Counter(names)
    assert Counter(one["name"] for one in made.left("network", "/networks")) == Counter(f"{one}-lan" for one in names)
    disks = [one for one in made.left("disk", "/disks") if one["name"].endswith("-data")]
    assert Counter(one["name"] for one in disks) == Counter(f"{one}-data" for one in names)
    by_id = {one["id"]: one["name"] for one in disks}
    found = {system.name: system for system in await made.systems()}
    assert sorted(found) == sorted(names)
    for name, system in found.items():
        assert system.phase is Phase.READY
        targets = {member.name: member.target for member in system.members}
        assert len(system.members) == len(targets) == 3
        assert (targets[MACHINE], by_id[targets[VOLUME]]) == (machines[name]["id"], f"{name}-data")
        attached = made.reader.get(f"/vms/{targets[MACHINE]}/diskattachments")["disk_attachment"]
        assert targets[VOLUME] in {one["id"] for one in attached}
        codes = made.reader.event_codes(targets[MACHINE])
        assert (codes[CREATION_INITIATED], codes[START_INITIATED]) == (1, 1)


async def test_removed_systems_leave_nothing(made: Chain) -> None:
    for step, system in zip(DELETE, CREATE, strict=True):
        key = step.rpartition(" ")[2]
        boundary = step.replace(key, member_id(system, key)) if "." in key else step
        given = json.dumps({"id": system_id(system)}).encode()
        made.killed_in(boundary, "system-delete", f"system-delete:{system_id(system)}", given)
    ends = made.finish([f"system-delete:{system_id(step)}" for step in CREATE])
    assert list(ends.values()) == [system_id(step) for step in CREATE]
    assert await made.systems() == []
    assert [made.left(*one) for one in (("vm", "/vms"), ("disk", "/disks"), ("network", "/networks"))] == [[], [], []]
