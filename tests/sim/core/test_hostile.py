"""Well-formed nonsense: whatever the type table allows may be sent anywhere; the engine never answers 500."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ovirt_engine_sim.entities.registry import top_level
from ovirt_engine_sim.types import WIDE, Field, Type, enum_values, type_of
from tests.sim.core.support import BLANK, DEFAULT, DEFAULT_CENTER, DOWN_VM, UP_VM, WORKSHOP, Api

TEXTS = ("", "a", "x" * 300, "\u0000", "ü<&>'\"", "*", BLANK, DOWN_VM, "Default", "../..", "%", "null")
NUMBERS = (0, 1, -1, 1 << 30, 2**31 - 1, 2**63 - 1)
# Values that get a body past the first checks.
SENSIBLE: dict[str, tuple[Any, ...]] = {
    "cluster": ({"id": DEFAULT},),
    "template": ({"id": WORKSHOP}, {"id": BLANK}),
    "vm": ({"id": DOWN_VM},),
    "data_center": ({"id": DEFAULT_CENTER},),
    "memory": (1 << 30, 1 << 31),
    "memory_policy": ({"guaranteed": 1 << 20},),
    "provisioned_size": (1 << 30,),
    "format": ("cow", "raw"),
    "storage_domains": ({"storage_domain": [{"name": "data1"}]},),
    "local": (True, False),
    "disk": (
        {"provisioned_size": 1 << 30, "format": "cow", "storage_domains": {"storage_domain": [{"name": "data1"}]}},
    ),
    "disk_attachments": ({}, {"disk_attachment": [{"disk": {}}]}, {"disk_attachment": [{}]}),
}
IDS = (DOWN_VM, UP_VM, WORKSHOP, BLANK, DEFAULT, "nothing", "")


def value(rng: random.Random, field: Field, depth: int) -> Any:
    match field.kind:
        case "string":
            return rng.choice(TEXTS)
        case "integer":
            return rng.choice(NUMBERS if field.name in WIDE or rng.random() < 0.02 else NUMBERS[:3])
        case "boolean":
            return rng.random() < 0.5
        case "decimal":
            return rng.random() * 100
        case "date":
            return rng.choice((0, 1_700_000_000_000, -1))
        case "enum":
            return rng.choice(sorted(enum_values(field.type)))
        case _:
            return document(rng, type_of(field.type), depth + 1)


def document(rng: random.Random, kind: Type, depth: int = 0) -> dict[str, Any]:
    """Return a random object of a type."""
    result: dict[str, Any] = {}
    if depth and rng.random() < 0.7:
        result["id"] = rng.choice(IDS)
    if depth > 3:
        return result
    share = rng.choice((0.03, 0.1, 0.4)) if depth == 0 else 0.2
    for field in kind.fields:
        if field.attribute or rng.random() > share:
            continue
        if field.item:
            result[field.name] = {field.item: [value(rng, field, depth) for _ in range(rng.randrange(3))]}
        else:
            result[field.name] = value(rng, field, depth)
    return result


COLLECTIONS = sorted(service.path for service in top_level())
INNER = (
    f"vms/{DOWN_VM}/nics",
    f"vms/{DOWN_VM}/diskattachments",
    f"vms/{DOWN_VM}/snapshots",
    f"vms/{DOWN_VM}/tags",
    f"vms/{DOWN_VM}/permissions",
    f"vms/{DOWN_VM}/cdroms",
    f"vms/{DOWN_VM}/graphicsconsoles",
    f"vms/{DOWN_VM}/affinitylabels",
    f"vms/{DOWN_VM}/watchdogs",
    f"clusters/{DEFAULT}/networks",
    f"templates/{WORKSHOP}/nics",
)


@pytest.mark.parametrize("path", [*COLLECTIONS, *INNER])
async def test_add(api: Api, path: str) -> None:
    from ovirt_engine_sim.entities.registry import service_at

    parts = path.split("/")
    owner = {"vms": "vm", "clusters": "cluster", "templates": "template"}.get(parts[0], "")
    service = service_at("", parts[0]) if len(parts) == 1 else service_at(owner, parts[2])
    assert service is not None
    kind = type_of(service.document_type)
    rng = random.Random(path)
    for _ in range(25):
        body = document(rng, kind)
        for member, sensible in SENSIBLE.items():
            if member in kind.by_name and rng.random() < 0.8:
                body[member] = rng.choice(sensible)
        if "name" in kind.by_name:
            body["name"] = f"n{rng.randrange(10**6)}"
        answer = await api.post(path, body)
        assert answer.status < 500, (path, body, answer.body)
        if answer.status in (201, 202):
            made = answer.json["id"]
            changed = await api.put(f"{path}/{made}", document(rng, kind))
            assert changed.status < 500, (path, changed.body)
            assert (await api.get(f"{path}/{made}?follow=")).status in (200, 404)
            assert (await api.xml("GET", f"{path}/{made}")).status in (200, 404)
        api.advance(3)


@pytest.mark.parametrize("path", [f"vms/{DOWN_VM}", f"templates/{WORKSHOP}"])
async def test_update(api: Api, path: str) -> None:
    kind = type_of("vm" if path.startswith("vms") else "template")
    rng = random.Random(path)
    for _ in range(60):
        answer = await api.put(path, document(rng, kind))
        assert answer.status < 500, answer.body
        for query in ("", "?all_content=true&next_run=true"):
            shown = await api.get(path + query)
            assert shown.status == 200, shown.body
        assert (await api.xml("GET", path)).status == 200
    assert (await api.get("vms?follow=nics,disk_attachments,reported_devices")).status == 200


@pytest.mark.parametrize("path", ["vms", "disks", "hosts", "clusters", "storagedomains"])
async def test_actions(api: Api, path: str) -> None:
    from ovirt_engine_sim.entities.registry import service_at

    service = service_at("", path)
    assert service is not None
    rng = random.Random(path)
    identities = [one["id"] for one in (await api.read(path))[type_of(service.document_type).element]][:2]
    for identity in identities:
        for action in service.actions:
            for _ in range(3):
                answer = await api.post(f"{path}/{identity}/{action}", document(rng, type_of("action")))
                assert answer.status < 500, (action, answer.body)
                api.advance(3)
    assert (await api.get(path)).status == 200
