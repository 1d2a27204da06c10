"""Disks, attachments, snapshots and templates."""

from __future__ import annotations

from typing import Any

from tests.sim.core.support import DEFAULT, DOWN_VM, WORKSHOP, Api

GIB = 1 << 30


async def domain(api: Api, name: str = "data1") -> str:
    return str((await api.read(f"storagedomains?search=name%3D{name}"))["storage_domain"][0]["id"])


async def new_disk(api: Api, **members: Any) -> str:
    body = {
        "name": "floating",
        "provisioned_size": str(GIB),
        "format": "cow",
        "storage_domains": {"storage_domain": [{"name": "data1"}]},
        **members,
    }
    answer = await api.post("disks", body)
    assert (answer.status, answer.json["status"]) == (202, "locked"), answer.body
    api.advance(1)
    return str(answer.json["id"])


async def attach(api: Api, vm: str, disk: str) -> Any:
    return await api.post(
        f"vms/{vm}/diskattachments", {"bootable": False, "interface": "virtio", "active": True, "disk": {"id": disk}}
    )


async def test_disk_life(api: Api) -> None:
    disk = await new_disk(api, id="12345678-1234-4123-8123-123456789012")
    assert disk == "12345678-1234-4123-8123-123456789012"
    document = await api.read(f"disks/{disk}")
    assert (document["status"], document["alias"], document["provisioned_size"]) == ("ok", "floating", str(GIB))
    vm = await api.create()
    attached = await attach(api, vm, disk)
    assert (attached.status, attached.json["id"]) == (201, disk)
    twice = await attach(api, vm, disk)
    assert (twice.status, twice.detail) == (409, "[Cannot attach Virtual Disk. The disk is already attached to VM.]")
    assert (await api.read(f"disks/{disk}?all_content=true"))["vms"]["vm"] == [
        {"href": f"/ovirt-engine/api/vms/{vm}", "id": vm}
    ]
    assert "vms" not in await api.read(f"disks/{disk}")
    assert (await api.delete(f"vms/{vm}/diskattachments/{disk}")).status == 200
    assert (await api.get(f"disks/{disk}")).status == 200
    assert (await api.delete(f"disks/{disk}")).status == 200
    assert (await api.read(f"disks/{disk}"))["status"] == "locked"
    api.advance(1)
    assert (await api.get(f"disks/{disk}")).status == 404


async def test_disk_in_use(api: Api) -> None:
    vm = await api.create("user")
    disk = await new_disk(api)
    await attach(api, vm, disk)
    await api.post(f"vms/{vm}/start")
    api.advance(5)
    for method, verb in (("copy", "copy"), ("move", "move")):
        answer = await api.post(f"disks/{disk}/{method}", {"storage_domain": {"name": "data1"}})
        text = f"[Cannot {verb} Virtual Disk. The disk floating is plugged to non-Down VMs: user]"
        assert (answer.status, answer.detail) == (409, text)
    assert (await api.delete(f"disks/{disk}")).status == 409
    assert (await api.put(f"vms/{vm}/diskattachments/{disk}", {"active": "false"})).json["active"] == "false"
    assert (await api.post(f"disks/{disk}/copy", {"storage_domain": {"name": "data1"}})).status == 202


async def test_copy(api: Api) -> None:
    disk = await new_disk(api)
    answer = await api.post(f"disks/{disk}/copy", {"storage_domain": {"name": "data1"}, "disk": {"name": "second"}})
    assert (answer.status, answer.json["status"]) == (202, "pending")
    copies = (await api.read("disks?search=name%3Dsecond"))["disk"]
    assert [one["status"] for one in copies] == ["locked"]
    api.advance(1)
    assert (await api.read(f"disks/{copies[0]['id']}"))["status"] == "ok"


async def test_locked_disk_refuses(api: Api) -> None:
    answer = await api.post(
        "disks",
        {"provisioned_size": GIB, "format": "raw", "storage_domains": {"storage_domain": [{"name": "data1"}]}},
    )
    disk = answer.json["id"]
    assert answer.json["sparse"] == "false"
    assert (await api.delete(f"disks/{disk}")).detail == (
        "[Cannot remove Virtual Disk: Disk is locked. Please try again later.]"
    )
    vm = await api.create()
    assert (await api.delete(f"disks/{disk}")).status == 200
    assert (await attach(api, vm, disk)).status == 409


async def test_disk_body_checks(api: Api) -> None:
    where = {"storage_domain": [{"name": "data1"}]}
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"format": "cow", "storage_domains": where}, 400, "Disk [provisioned_size] required for add"),
        ({"provisioned_size": 1, "storage_domains": where}, 400, "Disk [format] required for add"),
        (
            {"provisioned_size": 1 << 50, "format": "cow", "storage_domains": where},
            409,
            "[Cannot add Virtual Disk. Low disk space on Storage Domain data1.]",
        ),
        (
            {"provisioned_size": 1, "format": "cow", "storage_domains": {"storage_domain": [{"name": "no"}]}},
            404,
            "Entity not found: no",
        ),
    ]
    for body, status, detail in cases:
        answer = await api.post("disks", body)
        assert (answer.status, answer.detail) == (status, detail)


async def test_only_raw_disks_are_shared(api: Api) -> None:
    body = {"name": "shared", "provisioned_size": str(GIB), "shareable": "true",
            "storage_domains": {"storage_domain": [{"name": "data1"}]}}  # fmt: skip
    refused = await api.post("disks", {**body, "format": "cow"})
    assert (refused.status, "not supported for shareable disk" in refused.json["detail"]) == (409, True)
    assert (await api.post("disks", {**body, "format": "raw", "sparse": "false"})).status == 202


async def test_disks_grow_only(api: Api) -> None:
    vm = await api.create()
    disk = await new_disk(api)
    await attach(api, vm, disk)
    path = f"vms/{vm}/diskattachments/{disk}"
    assert (await api.put(path, {"disk": {"provisioned_size": 2 * GIB}})).status == 200
    assert (await api.read(f"disks/{disk}"))["provisioned_size"] == str(2 * GIB)
    assert (await api.put(path, {"disk": {"provisioned_size": GIB}})).status == 400


async def test_snapshots(api: Api) -> None:
    vm = await api.create()
    await api.post(f"vms/{vm}/start")
    api.advance(5)
    disk = (await api.read(f"vms/{vm}/diskattachments"))["disk_attachment"][0]["id"]
    answer = await api.post(f"vms/{vm}/snapshots", {"description": "first", "persist_memorystate": "false"})
    assert (answer.status, answer.json["snapshot_status"]) == (202, "locked")
    snapshot = answer.json["id"]
    busy = await api.post(f"vms/{vm}/snapshots", {"description": "second"})
    assert busy.status == 409
    api.advance(1)
    found = (await api.read(f"vms/{vm}/snapshots"))["snapshot"]
    assert [(one["snapshot_type"], one["snapshot_status"]) for one in found] == [("active", "ok"), ("regular", "ok")]
    assert (await api.read(f"vms/{vm}/snapshots/{snapshot}/disks"))["disk"][0]["id"] == disk
    assert await api.status(vm) == "up"
    detach = await api.delete(f"vms/{vm}/diskattachments/{disk}")
    assert (detach.status, detach.detail) == (
        409,
        "[Cannot detach Virtual Disk. The disk is already configured in a snapshot. In order to detach it, remove the "
        "disk's snapshots.]",
    )
    assert (await api.post(f"vms/{vm}/snapshots/{snapshot}/restore")).status == 409
    assert (await api.delete(f"vms/{vm}/snapshots/{snapshot}")).status == 200
    assert (await api.read(f"vms/{vm}/snapshots/{snapshot}"))["snapshot_status"] == "locked"
    api.advance(1)
    assert (await api.get(f"vms/{vm}/snapshots/{snapshot}")).status == 404
    assert (await api.delete(f"vms/{vm}/diskattachments/{disk}")).status == 200


async def test_restore_brings_the_configuration_back(api: Api) -> None:
    vm = await api.create()
    snapshot = (await api.post(f"vms/{vm}/snapshots", {"description": "before"})).json["id"]
    assert await api.status(vm) == "image_locked"
    api.advance(1)
    assert await api.status(vm) == "down"
    await api.put(f"vms/{vm}", {"memory": 2 * GIB})
    await api.post(f"vms/{vm}/nics", {"name": "later"})
    await api.post(f"vms/{vm}/snapshots", {"description": "after"})
    api.advance(1)
    assert (await api.post(f"vms/{vm}/snapshots/{snapshot}/restore")).status == 200
    api.advance(1)
    document = await api.read(f"vms/{vm}")
    assert (document["status"], document["memory"]) == ("down", str(GIB))
    assert [nic["name"] for nic in (await api.read(f"vms/{vm}/nics"))["nic"]] == ["nic1"]
    left = [one["description"] for one in (await api.read(f"vms/{vm}/snapshots"))["snapshot"]]
    assert left == ["Active VM", "before"]


async def test_vm_from_a_snapshot_is_independent(api: Api) -> None:
    vm = await api.create()
    snapshot = (await api.post(f"vms/{vm}/snapshots", {"description": "x"})).json["id"]
    api.advance(1)
    body = {"name": "copy", "cluster": {"id": DEFAULT}, "snapshots": {"snapshot": [{"id": snapshot}]}}
    made = await api.post("vms", body)
    assert made.status == 202
    api.advance(4)
    assert await api.status(made.json["id"]) == "down"
    assert len((await api.read(f"vms/{made.json['id']}/diskattachments"))["disk_attachment"]) == 1


async def test_template_life(api: Api) -> None:
    vm = await api.create("source")
    answer = await api.post("templates", {"name": "golden image", "vm": {"id": vm}, "description": "d"})
    assert (answer.status, answer.json["status"]) == (202, "locked")
    template = answer.json["id"]
    assert answer.json["version"]["base_template"]["id"] == template
    assert await api.status(vm) == "image_locked"
    early = await api.post("vms", {"name": "early", "cluster": {"id": DEFAULT}, "template": {"id": template}})
    assert early.status == 409
    api.advance(2)
    assert await api.status(vm) == "down"
    assert (await api.read(f"templates/{template}"))["status"] == "ok"
    version = await api.post(
        "templates",
        {
            "name": "golden image",
            "vm": {"id": vm},
            "version": {"base_template": {"id": template}, "version_name": "v2"},
        },
    )
    api.advance(2)
    assert version.json["version"]["version_number"] == "2"
    user = (
        await api.post("vms", {"name": "user", "cluster": {"id": DEFAULT}, "template": {"name": "golden image"}})
    ).json
    assert user["template"]["id"] == version.json["id"]
    busy = await api.delete(f"templates/{version.json['id']}")
    assert busy.detail == "[Cannot remove Template. This template is currently in use to create VM user.]"
    api.advance(2)
    used = await api.delete(f"templates/{version.json['id']}")
    assert used.detail == "[Cannot delete Template. Template is being used by the following VMs: user.]"
    assert (await api.delete(f"templates/{template}")).status == 409
    await api.delete(f"vms/{user['id']}")
    api.advance(1)
    for identity in (version.json["id"], template):
        assert (await api.delete(f"templates/{identity}")).status == 200
        api.advance(1)
        assert (await api.get(f"templates/{identity}")).status == 404


async def test_template_name_is_unique(api: Api) -> None:
    vm = await api.create()
    answer = await api.post("templates", {"name": "Workshop template", "vm": {"id": vm}})
    assert answer.status == 409
    assert "name is already in use" in answer.detail


async def test_start_needs_a_disk_and_a_host(api: Api) -> None:
    blank = (await api.post("vms", {"name": "bare", "cluster": {"id": DEFAULT}, "template": {"name": "Blank"}})).json[
        "id"
    ]
    answer = await api.post(f"vms/{blank}/start")
    assert answer.status == 409
    assert answer.detail.startswith("[Cannot run VM without at least one bootable disk.")
    vm = await api.create("big", memory=1 << 43)
    huge = await api.post(f"vms/{vm}/start")
    assert huge.status == 409
    assert huge.detail.startswith("[Cannot run VM. There is no host that satisfies current scheduling constraints.")


async def test_disks_of_templates_are_listed_among_the_disks(api: Api) -> None:
    listed = {disk["id"] for disk in (await api.read("disks"))["disk"]}
    own = {one["id"] for one in (await api.read(f"templates/{WORKSHOP}/diskattachments"))["disk_attachment"]}
    of_vm = {one["id"] for one in (await api.read(f"vms/{DOWN_VM}/diskattachments"))["disk_attachment"]}
    assert own | of_vm <= listed


async def test_ordered_failures_of_disks_and_snapshots(api: Api) -> None:
    vm = await api.create()
    for path in ("disks", "vms/*/snapshots", "templates"):
        api.engine.faults.order("fail_creation", match={"method": "POST", "path": path})
    where = {"storage_domain": [{"name": "data1"}]}
    disk = await api.post(
        "disks", {"provisioned_size": GIB, "format": "cow", "storage_domains": where}, Correlation_Id="d"
    )
    snapshot = await api.post(f"vms/{vm}/snapshots", {"description": "s"}, Correlation_Id="s")
    api.advance(1)
    template = await api.post("templates", {"name": "t", "vm": {"id": vm}}, Correlation_Id="t")
    api.advance(2)
    assert [answer.status for answer in (disk, snapshot, template)] == [202, 202, 202]
    for path in (
        f"disks/{disk.json['id']}",
        f"vms/{vm}/snapshots/{snapshot.json['id']}",
        f"templates/{template.json['id']}",
    ):
        assert (await api.get(path)).status == 404
    for correlation, code in (("d", "2022"), ("s", "69"), ("t", "52")):
        assert (await api.read(f"events?search=correlation_id%3D{correlation}"))["event"][0]["code"] == code
        assert (await api.read(f"jobs?search=correlation_id%3D{correlation}"))["job"][0]["status"] == "failed"
    assert await api.status(vm) == "down"


async def test_given_disk_id_must_be_a_uuid(api: Api) -> None:
    where = {"storage_domain": [{"name": "data1"}]}
    answer = await api.post("disks", {"id": "x", "provisioned_size": 1, "format": "cow", "storage_domains": where})
    assert (answer.status, answer.json["reason"]) == (400, "Invalid value")


async def test_preview_then_undo_or_commit(api: Api) -> None:
    vm = await api.create()
    snapshot = (await api.post(f"vms/{vm}/snapshots", {"description": "one"})).json["id"]
    api.advance(1)
    await api.put(f"vms/{vm}", {"memory": 2 * GIB})
    await api.post(f"vms/{vm}/nics", {"name": "later"})
    shown = {"snapshot": {"id": snapshot}}
    for end, memory, nics in (("undosnapshot", 2 * GIB, 2), ("commitsnapshot", GIB, 1)):
        assert (await api.post(f"vms/{vm}/{end}")).status == 409
        assert (await api.post(f"vms/{vm}/previewsnapshot", shown)).status == 200
        assert await api.status(vm) == "image_locked"
        api.advance(1)
        assert (await api.read(f"vms/{vm}"))["memory"] == str(GIB)
        assert (await api.read(f"vms/{vm}/snapshots/{snapshot}"))["snapshot_status"] == "in_preview"
        for refused in (
            await api.delete(f"vms/{vm}"),
            await api.post(f"vms/{vm}/snapshots", {"description": "x"}),
            await api.post(f"vms/{vm}/previewsnapshot", shown),
            await api.delete(f"vms/{vm}/snapshots/{snapshot}"),
        ):
            assert refused.status == 409
            assert "review" in refused.detail
        assert (await api.post(f"vms/{vm}/{end}")).status == 200
        api.advance(1)
        document = await api.read(f"vms/{vm}?follow=nics")
        assert (document["status"], document["memory"], len(document["nics"]["nic"])) == ("down", str(memory), nics)
        assert (await api.read(f"vms/{vm}/snapshots/{snapshot}"))["snapshot_status"] == "ok"


async def test_a_restore_drops_the_disks_that_the_snapshot_does_not_hold(api: Api) -> None:
    vm = await api.create("back")
    snapshot = (await api.post(f"vms/{vm}/snapshots", {"description": "before"})).json["id"]
    api.advance(60)
    disk = await new_disk(api)
    shared = await new_disk(api, name="shared", format="raw", sparse="false", shareable="true")
    for one in (disk, shared):
        assert (await attach(api, vm, one)).status == 201
    assert (await api.post(f"vms/{vm}/snapshots/{snapshot}/restore", {})).status == 200
    api.advance(60)
    assert (await api.get(f"disks/{disk}")).status == 404
    assert (await api.read(f"disks/{shared}"))["status"] == "ok"
