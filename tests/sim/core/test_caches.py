"""Caches and indexes tell the same as the entities, whatever happened before."""

from __future__ import annotations

import random

from ovirt_engine_sim import Engine
from ovirt_engine_sim.indexes import DEFINITIONS
from tests.sim.core.support import DEFAULT, WORKSHOP, Api

LISTS = (
    "vms?follow=nics.vnic_profile,disk_attachments.disk,reported_devices,tags,snapshots",
    "vms?all_content=true",
    "vms",
    "disks",
    "templates?follow=nics,disk_attachments",
    "networks?follow=vnic_profiles",
    "hosts",
    "tags",
    "clusters?follow=networks",
)


def check_indexes(engine: Engine) -> None:
    for (kind, index), function in DEFINITIONS.items():
        kinds = list(engine.tables) if kind == "*" else [kind]
        for one in kinds:
            expected: dict[str, set[str]] = {}
            for entity in engine.all(one):
                if function(entity):
                    expected.setdefault(function(entity), set()).add(entity.key)
            for value, keys in expected.items():
                assert {entity.key for entity in engine.indexed(one, index, value)} == keys


async def check_caches(api: Api) -> None:
    for path in LISTS:
        for read in (api.get(path), api.xml("GET", path)):
            before = await read
            assert before.status == 200, (path, before.body)
        warm = [(await api.get(path)).body, (await api.xml("GET", path)).body]
        for table in api.engine.tables.values():
            for entity in table.values():
                entity.forget()
        cold = [(await api.get(path)).body, (await api.xml("GET", path)).body]
        assert warm == cold, path


async def _step(api: Api, rng: random.Random, number: int) -> None:
    found = (await api.read("vms")).get("vm", [])
    vm = rng.choice(found)["id"]
    profiles = [one["id"] for one in (await api.read("vnicprofiles"))["vnic_profile"]]
    body = {"name": f"vm{number}", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}}
    nics = (await api.read(f"vms/{vm}/nics")).get("nic", [{"id": "none"}])
    snapshots = (await api.read(f"vms/{vm}/snapshots"))["snapshot"]
    disks = (await api.read("disks"))["disk"]
    networks = (await api.read("networks"))["network"]
    match rng.randrange(14):
        case 0 | 1:
            await api.post("vms", body)
        case 2 | 3:
            await api.post(f"vms/{vm}/{rng.choice(('start', 'stop', 'shutdown', 'suspend', 'reboot', 'migrate'))}")
        case 4:
            await api.put(
                f"vms/{vm}", {"name": f"renamed{number}", "cpu": {"topology": {"cores": rng.randrange(1, 4)}}}
            )
        case 5:
            await api.post(f"vms/{vm}/nics", {"name": f"n{number}", "vnic_profile": {"id": rng.choice(profiles)}})
        case 6:
            await api.put(f"vms/{vm}/nics/{rng.choice(nics)['id']}", {"name": f"n{number}"})
        case 7:
            await api.post(f"vms/{vm}/nics/{rng.choice(nics)['id']}/{rng.choice(('activate', 'deactivate'))}")
        case 8:
            await api.post(f"vms/{vm}/snapshots", {"description": f"s{number}"})
        case 9:
            await api.post(f"vms/{vm}/snapshots/{rng.choice(snapshots)['id']}/restore")
        case 10:
            await api.put(f"disks/{rng.choice(disks)['id']}", {"name": f"disk{number}"})
        case 11:
            await api.post("tags", {"name": f"tag{number}"})
            await api.post(f"vms/{vm}/tags", {"name": f"tag{rng.randrange(number + 1)}"})
        case 12:
            await api.put(f"networks/{rng.choice(networks)['id']}", {"description": f"d{number}"})
        case _:
            await api.delete(f"vms/{vm}?detach_only={rng.choice(('true', 'false'))}") if len(found) > 3 else None
    api.advance(rng.choice((0, 0.5, 3)))


async def test_random_walk(api: Api) -> None:
    rng = random.Random(7)
    for number in range(150):
        await _step(api, rng, number)
        if number % 15 == 0:
            check_indexes(api.engine)
            await check_caches(api)
    check_indexes(api.engine)
    await check_caches(api)
