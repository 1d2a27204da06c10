"""No body makes the engine fail: whatever is sent to its collections is done or refused with a fault."""

import json
import random
from typing import Any

from ovirt_engine_sim.entities.registry import top_level
from ovirt_engine_sim.types import Field, enum_values, type_of
from tests.sim.core.support import BARCELONA, BLANK, DEFAULT_CENTER, DOWN_VM, UP_VM, WORKSHOP, Api

MANAGEMENT = "00000000-0000-0000-0000-000000000009"
IDS = (DOWN_VM, UP_VM, WORKSHOP, BARCELONA, DEFAULT_CENTER, MANAGEMENT, "", "x", "7" * 500)
TEXTS = ("", " ", "ovirtmgmt", "Default", "Blank", "a" * 300, "ü", "a/b", "\u0000", "-1", "56:6f:00:00:00:00")
INNER = (
    f"vms/{DOWN_VM}/tags",
    f"vms/{DOWN_VM}/nics",
    f"vms/{DOWN_VM}/permissions",
    f"vms/{DOWN_VM}/affinitylabels",
    f"vms/{DOWN_VM}/graphicsconsoles",
    f"vms/{DOWN_VM}/diskattachments",
    f"vms/{DOWN_VM}/snapshots",
    f"clusters/{BARCELONA}/networks",
    f"clusters/{BARCELONA}/affinitygroups",
    f"datacenters/{DEFAULT_CENTER}/networks",
    f"datacenters/{DEFAULT_CENTER}/quotas",
    f"networks/{MANAGEMENT}/vnicprofiles",
    f"networks/{MANAGEMENT}/networklabels",
)
TYPES = {
    "tags": "tag",
    "nics": "nic",
    "permissions": "permission",
    "affinitylabels": "affinity_label",
    "graphicsconsoles": "graphics_console",
    "diskattachments": "disk_attachment",
    "snapshots": "snapshot",
    "networks": "network",
    "affinitygroups": "affinity_group",
    "quotas": "quota",
    "vnicprofiles": "vnic_profile",
    "networklabels": "network_label",
}


def scalar(rng: random.Random, field: Field) -> Any:
    if field.kind == "enum":
        return rng.choice(sorted(enum_values(field.type)))
    if field.kind == "boolean":
        return rng.choice([True, False, "true"])
    if field.kind in ("integer", "decimal", "date"):
        return rng.choice([0, 1, -1, 4096, 2**31 - 1, "12", 1 << 30])
    return rng.choice(IDS if field.name == "id" else TEXTS)


def value(rng: random.Random, field: Field, depth: int) -> Any:
    if field.kind != "struct":
        one = scalar(rng, field)
    else:
        one = document(rng, field.type, depth - 1) if depth else {}
    if not field.item:
        return one
    return rng.choice([{}, {field.item: []}, {field.item: [one]}])


def document(rng: random.Random, type_name: str, depth: int) -> dict[str, Any]:
    fields = list(type_of(type_name).fields)
    likely = [
        field for field in fields if field.name in ("id", "name", "data_center", "cluster", "network", "role", "user")
    ]
    chosen = rng.sample(fields, min(len(fields), rng.randrange(6))) + [one for one in likely if rng.random() < 0.6]
    return {field.name: value(rng, field, depth) for field in chosen}


BASES: dict[str, dict[str, Any]] = {
    "vms": {"cluster": {"id": BARCELONA}, "template": {"id": BLANK}},
    "templates": {"vm": {"id": DOWN_VM}},
    "disks": {"provisioned_size": 1 << 20, "format": "cow", "storage_domains": {"storage_domain": [{"name": "data1"}]}},
    f"vms/{DOWN_VM}/diskattachments": {"interface": "virtio", "bootable": False},
    f"vms/{DOWN_VM}/snapshots": {"description": "d", "persist_memorystate": False},
    f"vms/{DOWN_VM}/permissions": {"role": {"name": "UserRole"}, "group": {"name": "Everyone"}},
    "storagedomains": {"type": "data", "host": {"name": "host1"}, "storage": {"type": "nfs"}},
}


async def send(api: Api, path: str, body: dict[str, Any], method: str = "POST") -> tuple[int, str]:
    """The status, and the id of what was made."""
    answer = await api.call(method, path, body)
    if answer.status >= 500:
        raise AssertionError(f"{method} {path}: {answer.status} for {json.dumps(body)[:600]}")
    made = answer.json.get("id") if answer.status in (201, 202) and answer.body else None
    return answer.status, str(made or "")


async def test_no_body_is_an_internal_error(api: Api) -> None:
    rng = random.Random(20121110)
    paths = [(service.path, service.document_type) for service in top_level() if service.writable]
    paths += [(path, TYPES[path.rpartition("/")[2]]) for path in INNER]
    statuses = set()
    for path, type_name in paths:
        for number in range(40):
            valid = {"name": f"made{number}", **BASES.get(path, {})} if number % 2 else {}
            status, made = await send(api, path, {**document(rng, type_name, 2), **valid})
            statuses.add(status)
            if made:
                await send(api, f"{path}/{made}", document(rng, type_name, 2), "PUT")
                api.advance(10)
        assert (await api.get(path)).status == 200, path
    assert {201, 202, 400, 404, 409} <= statuses


async def test_no_action_is_an_internal_error(api: Api) -> None:
    rng = random.Random(8)
    for path, service in (("vms", "vm"), ("templates", "template"), ("hosts", "host"), ("disks", "disk")):
        actions = next(one for one in top_level() if one.path == path).actions
        for action in sorted(actions):
            for _ in range(12):
                rows = api.engine.all(service)
                target = rng.choice(rows).id
                await send(api, f"{path}/{target}/{action}", document(rng, "action", 2) if rng.random() < 0.7 else {})
                api.advance(1)
        assert (await api.get(path)).status == 200, path
