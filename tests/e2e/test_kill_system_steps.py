"""The gateway dies in the steps of making and removing systems, after what they do and before the journal knows.

One chain of processes: each takes up what its predecessors left, begins a system of its own, and dies in one step; the
last one finishes everything.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

import msgspec
import pytest

from deltaic.model.system import MemberKind, Phase, System
from deltaic.model.volume import VolumeSpec, VolumeWish
from deltaic.ports.members import MemberRequest
from deltaic.services.launch import LaunchRequest
from deltaic.services.members import VolumeRequest
from deltaic.services.networks import NetworkRequest
from tests.clients.gateway import WORKSHOP
from tests.e2e.flow_chain import FlowChain
from tests.e2e.site import CREATION_INITIATED, START_INITIATED
from tests.support.processes import USER

VOLUME, NETWORK, MACHINE = "1.1", "2.1", "0.1"
CREATE = ("keep", f"make {VOLUME}", f"wait {VOLUME}", f"make {NETWORK}", f"make {MACHINE}", f"wait {MACHINE}", "finish")
DELETE = ("mark", "look", f"remove {MACHINE}", f"wait {MACHINE}", f"drop {MACHINE}", f"remove {VOLUME}", "forget")
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


def killed_in(chain: FlowChain, step: str, flow: str, flow_id: str, given: bytes) -> None:
    chain.killed_at((step, "during"), flow, flow_id, given, job=flow_id)


def left(chain: FlowChain, key: str, path: str) -> list[dict[str, Any]]:
    return [one for one in chain.reader.get(path).get(key, []) if one.get("name", "").startswith("die-")]


async def systems(chain: FlowChain) -> list[System]:
    async with chain.store() as store:
        records = await store.records.list(f"/{USER}", "System")
    return [msgspec.json.decode(record.content, type=System) for record in records]


@pytest.fixture(scope="module")
def made(chain: FlowChain) -> FlowChain:
    """After a chain that died in each step of the making."""
    for step in CREATE:
        killed_in(chain, step, "system-create", f"system-create:{system_id(step)}", arguments(step))
    ends = chain.finish([f"system-create:{system_id(step)}" for step in CREATE])
    assert list(ends.values()) == [system_id(step) for step in CREATE]
    return chain


async def test_every_system_is_complete_and_nothing_is_there_twice(made: FlowChain) -> None:
    names = [name_of(step) for step in CREATE]
    machines = {one["name"]: one for one in left(made, "vm", "/vms")}
    assert Counter(one["name"] for one in left(made, "vm", "/vms")) == Counter(names)
    assert Counter(one["name"] for one in left(made, "network", "/networks")) == Counter(f"{one}-lan" for one in names)
    disks = [one for one in left(made, "disk", "/disks") if one["name"].endswith("-data")]
    assert Counter(one["name"] for one in disks) == Counter(f"{one}-data" for one in names)
    by_id = {one["id"]: one["name"] for one in disks}
    found = {system.name: system for system in await systems(made)}
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


async def test_removed_systems_leave_nothing(made: FlowChain) -> None:
    for step, system in zip(DELETE, CREATE, strict=True):
        key = step.rpartition(" ")[2]
        boundary = step.replace(key, member_id(system, key)) if "." in key else step
        given = json.dumps({"id": system_id(system)}).encode()
        killed_in(made, boundary, "system-delete", f"system-delete:{system_id(system)}", given)
    ends = made.finish([f"system-delete:{system_id(step)}" for step in CREATE])
    assert list(ends.values()) == [system_id(step) for step in CREATE]
    assert await systems(made) == []
    assert [left(made, *one) for one in (("vm", "/vms"), ("disk", "/disks"), ("network", "/networks"))] == [[], [], []]
