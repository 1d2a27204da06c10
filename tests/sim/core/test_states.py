"""The status matrix, as a table: what each command answers in each status."""

from __future__ import annotations

import pytest

from tests.sim.core.support import DEFAULT, UP_VM, Api

STATUSES = (
    "unassigned", "down", "up", "powering_up", "powering_down", "paused", "migrating", "unknown", "not_responding",
    "wait_for_launch", "reboot_in_progress", "saving_state", "restoring_state", "suspended", "image_locked",
    "image_illegal",
)  # fmt: skip
RUNNING = {
    "up", "powering_up", "powering_down", "wait_for_launch", "paused", "migrating", "not_responding",
    "reboot_in_progress",
}  # fmt: skip
MATRIX = {
    "start": {"down", "suspended", "paused"},
    "stop": RUNNING | {"suspended", "down"},
    "shutdown": RUNNING | {"suspended", "down"},
    "reboot": {"up", "powering_up"},
    "reset": RUNNING - {"wait_for_launch"},
    "suspend": {"up"},
    "delete": {"down", "image_illegal", "unassigned"},
    "template": {"down"},
    "snapshot": {"up", "down", "powering_up", "paused", "reboot_in_progress", "wait_for_launch", "powering_down"},
    "nic": {"up", "down", "image_locked"},
    "disk": {"up", "down"},
}
NAMES = {
    "up": "Up", "powering_up": "Powering Up", "unknown": "Unknown", "image_illegal": "Image Illegal",
    "reboot_in_progress": "Reboot in Progress", "wait_for_launch": "Wait for Launch", "migrating": "Migrating",
}  # fmt: skip


async def _command(api: Api, vm: str, command: str) -> tuple[int, str]:
    if command == "delete":
        answer = await api.delete(f"vms/{vm}")
    elif command == "template":
        answer = await api.post("templates", {"name": "t", "vm": {"id": vm}})
    elif command == "snapshot":
        answer = await api.post(f"vms/{vm}/snapshots", {"description": "s", "persist_memorystate": "false"})
    elif command == "nic":
        answer = await api.post(f"vms/{vm}/nics", {"name": "another"})
    elif command == "disk":
        domain = (await api.read("storagedomains?search=name%3Ddata1"))["storage_domain"][0]["id"]
        disk = {"provisioned_size": 1 << 30, "format": "cow", "storage_domains": {"storage_domain": [{"id": domain}]}}
        answer = await api.post(f"vms/{vm}/diskattachments", {"bootable": "false", "interface": "virtio", "disk": disk})
    else:
        answer = await api.post(f"vms/{vm}/{command}")
    return answer.status, answer.detail if answer.status >= 400 else ""


@pytest.mark.parametrize("command", MATRIX)
async def test_matrix(api: Api, command: str) -> None:
    seen = set()
    for number, status in enumerate(STATUSES):
        vm = await api.create(f"vm{number}")
        if status == "suspended":
            await api.force(vm, "suspended")
        await api.force(vm, status)
        code, detail = await _command(api, vm, command)
        assert code in (200, 201, 202, 409), (status, code, detail)
        assert (code != 409) == (not detail)
        if code != 409:
            seen.add(status)
        api.advance(10)
        if command == "template" and code != 409:
            await api.delete(f"templates/{(await api.read('templates?search=name%3Dt'))['template'][0]['id']}")
            api.advance(10)
    assert seen == MATRIX[command]


@pytest.mark.parametrize("status", NAMES)
async def test_start_names_the_status(api: Api, status: str) -> None:
    vm = await api.create()
    await api.force(vm, status)
    answer = await api.post(f"vms/{vm}/start")
    assert answer.status == 409
    assert answer.json["status"] == "failed"
    assert answer.json["fault"] == {
        "reason": "Operation Failed",
        "detail": f"[Cannot run VM because the VM is in {NAMES[status]} status.]",
    }


@pytest.mark.parametrize(
    ("status", "command", "text"),
    [
        ("image_locked", "start", "Cannot run VM: VM is locked. Please try again in a few minutes."),
        ("image_locked", "stop", "Cannot stop VM. VM is not running."),
        ("image_locked", "shutdown", "Cannot shutdown VM. VM is not running."),
        ("down", "suspend", "Cannot hibernate VM. VM is not up."),
        ("up", "delete", "Cannot remove VM. VM is running."),
        ("suspended", "delete", "Cannot remove VM that its state is not down.\n-Please stop the VM first."),
        (
            "up",
            "template",
            "Cannot add Template. VM is locked or still running, try again once VM is in the Down state.",
        ),
        ("image_locked", "disk", "Cannot add Virtual Disk because the VM is in Image Locked status."),
        ("paused", "nic", "Cannot add a Network Interface when VM is not Down, Up or Image-Locked."),
    ],
)
async def test_texts(api: Api, status: str, command: str, text: str) -> None:
    vm = await api.create()
    await api.force(vm, status)
    assert await _command(api, vm, command) == (409, f"[{text}]")


async def test_life(api: Api) -> None:
    answer = await api.post("vms", {"name": "a", "cluster": {"id": DEFAULT}, "template": {"name": "Workshop template"}})
    assert answer.status == 202
    assert answer.json["status"] == "image_locked"
    assert answer.json["creation_status"] == "in_progress"
    vm = answer.json["id"]
    steps = []
    for _ in range(3):
        api.advance(0.9)
        steps.append(await api.status(vm))
    assert steps == ["image_locked", "image_locked", "down"]
    assert (await api.post(f"vms/{vm}/start")).json["status"] == "complete"
    assert await api.status(vm) == "wait_for_launch"
    api.advance(0.5)
    assert await api.status(vm) == "powering_up"
    assert await api.read(f"vms/{vm}/reporteddevices") == {}
    api.advance(1.5)
    running = await api.read(f"vms/{vm}")
    assert running["status"] == "up"
    assert "fqdn" not in running
    assert running["host"]["id"]
    api.advance(0.5)
    assert (await api.read(f"vms/{vm}"))["fqdn"] == "a.localdomain"
    addresses = (await api.read(f"vms/{vm}/reporteddevices"))["reported_device"][0]["ips"]["ip"]
    assert [one["version"] for one in addresses] == ["v4", "v6"]
    await api.post(f"vms/{vm}/shutdown", {"reason": "enough"})
    assert await api.status(vm) == "powering_down"
    api.advance(2)
    ended = await api.read(f"vms/{vm}")
    assert ended["status"] == "down"
    assert ended["stop_reason"] == "enough"
    assert "host" not in ended
    assert "fqdn" not in ended
    assert await api.read(f"vms/{vm}/reporteddevices") == {}
    assert (await api.delete(f"vms/{vm}")).json["status"] == "complete"
    assert await api.status(vm) == "image_locked"
    api.advance(1)
    gone = await api.get(f"vms/{vm}")
    assert (gone.status, gone.body) == (404, b"")


async def test_suspend_and_resume(api: Api) -> None:
    vm = await api.create()
    await api.post(f"vms/{vm}/start")
    api.advance(5)
    await api.post(f"vms/{vm}/suspend")
    assert await api.status(vm) == "saving_state"
    api.advance(2)
    suspended = await api.read(f"vms/{vm}")
    assert suspended["status"] == "suspended"
    assert "host" not in suspended
    await api.post(f"vms/{vm}/start")
    api.advance(0.5)
    assert await api.status(vm) == "restoring_state"
    api.advance(1)
    assert await api.status(vm) == "up"


async def test_stop_while_starting_ends_the_start(api: Api) -> None:
    vm = await api.create()
    await api.post(f"vms/{vm}/start")
    api.advance(0.5)
    assert (await api.post(f"vms/{vm}/stop")).status == 200
    api.advance(10)
    assert await api.status(vm) == "down"


async def test_stop_of_a_down_vm_does_nothing(api: Api) -> None:
    vm = await api.create()
    for command in ("stop", "shutdown"):
        answer = await api.post(f"vms/{vm}/{command}")
        assert (answer.status, answer.json["status"]) == (200, "complete")
    assert await api.status(vm) == "down"


async def test_a_stubborn_guest_stays_up_until_its_power_is_cut(api: Api) -> None:
    url = f"{api.server.root}/ovirt-engine-sim/vms/{UP_VM}/shutdown"
    async with api.session.post(f"{url}/ignored") as answer:
        assert answer.status == 200
    await api.post(f"vms/{UP_VM}/shutdown")
    assert await api.status(UP_VM) == "powering_down"
    api.advance(2)
    assert await api.status(UP_VM) == "up"
    async with api.session.post(f"{url}/heeded") as answer:
        assert answer.status == 200
    await api.post(f"vms/{UP_VM}/shutdown")
    api.advance(2)
    assert await api.status(UP_VM) == "down"
