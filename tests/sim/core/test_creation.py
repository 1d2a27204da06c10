"""Making, changing and removing VMs: names, sizes, user data, next run, failures."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from ovirt_engine_sim import Engine, RealClock, running
from tests.sim.core.support import BARCELONA, BLANK, DEFAULT, DESKTOP, DOWN_VM, UP_VM, USERS, WORKSHOP, Api

SMALL = "00000005-0005-0005-0005-0000000002e6"


def body(name: str = "made", **members: Any) -> dict[str, Any]:
    return {"name": name, "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}, **members}


async def refusal(api: Api, **members: Any) -> tuple[int, str]:
    answer = await api.post("vms", body(**members))
    return answer.status, answer.detail


async def test_thin_vm_gets_disks_and_nics_of_its_own(api: Api) -> None:
    vm = (await api.post("vms", body())).json["id"]
    document = await api.read(f"vms/{vm}?follow=nics,disk_attachments.disk")
    nic = document["nics"]["nic"][0]
    assert nic["mac"]["address"].startswith("56:6f:1a:2b:")
    attachment = document["disk_attachments"]["disk_attachment"][0]
    assert attachment["bootable"] == "true"
    disk = attachment["disk"]
    assert (disk["status"], disk["format"], disk["sparse"], disk["alias"]) == ("locked", "cow", "true", "made_Disk1")
    template = await api.read(f"templates/{WORKSHOP}/diskattachments")
    assert disk["id"] not in {one["id"] for one in template["disk_attachment"]}
    api.advance(2)
    assert (await api.read(f"disks/{disk['id']}"))["status"] == "ok"


async def test_macs_are_unique(api: Api) -> None:
    for number in range(5):
        await api.post("vms", body(f"vm{number}"))
    found = (await api.read("vms?follow=nics"))["vm"]
    addresses = [nic["mac"]["address"] for vm in found for nic in vm["nics"]["nic"]]
    assert len(addresses) == 10
    assert len(set(addresses)) == 10


async def test_blank_is_ready_at_once(api: Api) -> None:
    answer = await api.post("vms", body(template={"id": BLANK}))
    assert (answer.status, answer.json["status"]) == (201, "down")
    assert "creation_status" not in answer.json


async def test_clone_takes_longer_and_frees_the_template(api: Api) -> None:
    answer = await api.post("vms?clone=true", body())
    api.advance(2.5)
    assert await api.status(answer.json["id"]) == "image_locked"
    api.advance(1.5)
    assert await api.status(answer.json["id"]) == "down"
    assert (await api.delete(f"templates/{WORKSHOP}")).status == 409  # the seed's own VM is thin


async def test_name_is_unique_in_a_data_center_only(api: Api) -> None:
    await api.create("same")
    assert await refusal(api, name="same") == (
        409,
        "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]",
    )
    elsewhere = await api.post("vms", {"name": "same", "cluster": {"id": BARCELONA}, "template": {"id": DESKTOP}})
    assert elsewhere.status == 202


@pytest.mark.parametrize(
    ("members", "status", "text"),
    [
        (
            {"name": "a b"},
            400,
            "Can not add VM. The given name contains special characters. Only lower-case and upper-case letters, "
            "numbers, '_', '-', '.' are allowed.",
        ),
        ({"name": "x" * 65}, 400, "Can not add VM. The given name is too long."),
        (
            {"memory": 1 << 30, "memory_policy": {"guaranteed": 2 << 30}},
            409,
            "Cannot add VM. Physical Memory Guaranteed cannot exceed Memory Size.",
        ),
        ({"template": {"id": DESKTOP}}, 409, "Cannot add VM. The Template doesn't exist in the current Data Center."),
    ],
)
async def test_refused(api: Api, members: dict[str, Any], status: int, text: str) -> None:
    before = await api.read("vms;detail=size-main")
    assert await refusal(api, **members) == (status, f"[{text}]")
    assert await api.read("vms;detail=size-main") == before


@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [
        ("cluster", {"name": "nowhere"}, "nowhere"),
        ("template", {"name": "nothing"}, "nothing"),
        ("template", {"id": "11111111-1111-4111-8111-111111111111"}, "11111111-1111-4111-8111-111111111111"),
    ],
)
async def test_unknown_references(api: Api, member: str, value: dict[str, str], shown: str) -> None:
    assert await refusal(api, **{member: value}) == (404, f"Entity not found: {shown}")


async def test_instance_type_decides_the_size(api: Api) -> None:
    vm = await api.create(instance_type={"id": SMALL})
    document = await api.read(f"vms/{vm}")
    assert document["memory"] == str(2 << 30)
    assert document["cpu"]["topology"]["sockets"] == "1"
    assert document["instance_type"]["id"] == SMALL


async def test_initialization_and_payloads_are_kept(api: Api) -> None:
    initialization = {
        "host_name": "web",
        "user_name": "cloud",
        "root_password": "s3cret",
        "authorized_ssh_keys": "ssh-rsa one\nssh-rsa two",
        "custom_script": "runcmd:\n- echo <&>\n",
    }
    payload = {
        "type": "cdrom",
        "volume_id": "config-2",
        "files": {"file": [{"name": "openstack/latest/user_data", "content": "aGVsbG8="}]},
    }
    vm = await api.create(initialization=initialization, payloads={"payload": [payload]})
    plain = await api.read(f"vms/{vm}")
    assert plain["initialization"]["root_password"] == "******"
    assert plain["initialization"]["custom_script"] == "runcmd:\n- echo <&>\n"
    assert "payloads" not in plain
    assert "configuration" not in plain["initialization"]
    full = await api.read(f"vms/{vm}?all_content=true")
    assert full["payloads"]["payload"] == [payload]
    assert full["initialization"]["configuration"]["type"] == "ovf"
    assert "s3cret" not in str(full)


async def test_delivered_user_data(api: Api) -> None:
    import base64

    vm = await api.create(initialization={"host_name": "web", "custom_script": "runcmd: [ls]\n"})
    await api.post(f"vms/{vm}/start")
    async with api.session.get(f"{api.server.root}/ovirt-engine-sim/vms/{vm}/delivered") as response:
        medium = (await response.json())["media"][0]
    assert medium["volume_id"] == "config-2"
    text = base64.b64decode(medium["files"]["openstack/latest/user_data"]).decode()
    assert text.startswith("#cloud-config\n")
    assert text.endswith("\nruncmd: [ls]\n")


async def test_only_the_first_start_initializes(api: Api) -> None:
    vm = await api.create(initialization={"host_name": "web"})
    url = f"{api.server.root}/ovirt-engine-sim/vms/{vm}/delivered"
    given = []
    for start in ({}, {}, {"use_cloud_init": "true"}):
        await api.post(f"vms/{vm}/start", start)
        api.advance(5)
        async with api.session.get(url) as response:
            given.append(len((await response.json())["media"]))
        await api.post(f"vms/{vm}/stop")
        api.advance(5)
    assert given == [1, 0, 1]


async def test_comment_is_unlimited_and_editable_while_locked_is_refused(api: Api) -> None:
    text = 'gw1:{"a": "ü<&>"}' * 500
    vm = (await api.post("vms", body(comment=text))).json["id"]
    assert (await api.read(f"vms/{vm}"))["comment"] == text
    assert (await api.put(f"vms/{vm}", {"comment": ""})).status == 409
    api.advance(5)
    assert (await api.put(f"vms/{vm}", {"comment": ""})).json["comment"] == ""


async def test_update_of_a_running_vm_waits_for_the_next_run(api: Api) -> None:
    vm = await api.create()
    await api.post(f"vms/{vm}/start")
    api.advance(5)
    answer = await api.put(f"vms/{vm}", {"description": "now", "cpu": {"topology": {"cores": "4"}}})
    assert answer.status == 200
    assert (answer.json["description"], answer.json["cpu"]["topology"]["cores"]) == ("now", "1")
    assert answer.json["next_run_configuration_exists"] == "true"
    assert (await api.read(f"vms/{vm}?next_run=true"))["cpu"]["topology"]["cores"] == "4"
    await api.post(f"vms/{vm}/stop")
    api.advance(5)
    after = await api.read(f"vms/{vm}")
    assert (after["cpu"]["topology"]["cores"], after["next_run_configuration_exists"]) == ("4", "false")


async def test_memory_is_plugged_hot_in_steps(api: Api) -> None:
    vm = await api.create()
    await api.post(f"vms/{vm}/start")
    api.advance(5)
    answer = await api.put(f"vms/{vm}", {"memory": str((1 << 30) + (256 << 20))})
    assert answer.json["memory"] == str((1 << 30) + (256 << 20))
    assert answer.json["next_run_configuration_exists"] == "false"


async def test_id_is_immutable(api: Api) -> None:
    answer = await api.put(f"vms/{DOWN_VM}", {"id": BLANK})
    assert (answer.status, answer.json["reason"]) == (409, "Broken immutability constraint")


async def test_delete_protection(api: Api) -> None:
    vm = await api.create(delete_protected="true")
    answer = await api.delete(f"vms/{vm}")
    assert (answer.status, answer.detail) == (
        409,
        "[Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.]",
    )
    await api.put(f"vms/{vm}", {"delete_protected": "false"})
    assert (await api.delete(f"vms/{vm}")).status == 200


async def test_delete_takes_the_disks_unless_detached(api: Api) -> None:
    kept = {}
    for name, query in (("gone", ""), ("kept", "?detach_only=true")):
        vm = await api.create(name)
        disk = (await api.read(f"vms/{vm}/diskattachments"))["disk_attachment"][0]["id"]
        await api.delete(f"vms/{vm}{query}")
        api.advance(2)
        kept[name] = (await api.get(f"disks/{disk}")).status
    assert kept == {"gone": 404, "kept": 200}


async def test_failed_creation_leaves_nothing(api: Api) -> None:
    api.engine.faults.order("fail_creation", match={"method": "POST", "path": "vms"})
    vm = (await api.post("vms", body(), Correlation_Id="corr-1")).json["id"]
    assert await api.status(vm) == "image_locked"
    api.advance(3)
    assert (await api.get(f"vms/{vm}")).status == 404
    codes = [event["code"] for event in (await api.read("events?search=correlation_id%3Dcorr-1"))["event"]]
    assert codes == ["60", "37"]
    job = (await api.read("jobs?search=correlation_id%3Dcorr-1"))["job"][0]
    assert job["status"] == "failed"


async def test_events_and_jobs_carry_the_correlation_id(api: Api) -> None:
    vm = (await api.post("vms", body(), Correlation_Id="corr-2")).json["id"]
    api.advance(3)
    events = (await api.read("events?search=correlation_id%3Dcorr-2"))["event"]
    assert [event["code"] for event in events] == ["53", "37"]
    assert {event["vm"]["id"] for event in events} == {vm}
    job = (await api.read("jobs?search=correlation_id%3Dcorr-2"))["job"][0]
    assert job["status"] == "finished"
    newest = int(events[0]["id"])
    assert await api.read(f"events?from={newest}") == {}
    assert len((await api.read(f"events?from={newest - 1}"))["event"]) == 1
    api.advance(601)
    await api.login()
    assert await api.read("jobs?search=correlation_id%3Dcorr-2") == {}


async def test_clone_of_a_vm(api: Api) -> None:
    answer = await api.post(f"vms/{DOWN_VM}/clone", {"vm": {"name": "copy"}})
    assert answer.status == 200
    api.advance(5)
    copies = (await api.read("vms?search=name%3Dcopy&follow=disk_attachments.disk"))["vm"]
    assert [vm["status"] for vm in copies] == ["down"]
    assert copies[0]["disk_attachments"]["disk_attachment"][0]["disk"]["alias"] == "copy_Disk1"


async def test_changed_instance_type_changes_its_machines(api: Api) -> None:
    made = await api.post("instancetypes", {"name": "t3.small", "memory": str(2 << 30)})
    assert (made.status, made.json["memory_policy"]["max"]) == (201, str(8 << 30))
    kind = made.json["id"]
    down = await api.create("down", instance_type={"id": kind})
    running = await api.create("running", instance_type={"name": "t3.small"})
    await api.post(f"vms/{running}/start")
    api.advance(5)
    assert (await api.put(f"instancetypes/{kind}", {"memory": str(3 << 30)})).status == 200
    assert (await api.read(f"vms/{down}"))["memory"] == str(3 << 30)
    shown = await api.read(f"vms/{running}")
    assert (shown["memory"], shown["next_run_configuration_exists"]) == (str(2 << 30), "true")
    assert (await api.read(f"vms/{running}?next_run=true"))["memory"] == str(3 << 30)
    taken = await api.post("instancetypes", {"name": "t3.small"})
    assert taken.status == 409
    used = await api.delete(f"instancetypes/{kind}")
    assert used.status == 409
    assert used.detail.endswith("is being used by the following VMs: down, running.]")


async def test_old_events_are_forgotten(api: Api) -> None:
    from ovirt_engine_sim.events import write

    api.advance(31 * 86_400)
    for number in range(1001):
        write(api.engine, {"code": 1, "severity": "normal", "description": str(number), "correlation_id": ""})
    assert api.engine.get("event", "1") is None
    assert len(api.engine.all("event")) == 1001


async def test_expecting_201_waits_for_the_disks() -> None:
    engine = Engine(clock=RealClock(0), users=USERS)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        api = Api(server, engine, session)
        await api.login()
        answer = await api.post("vms", body(), Expect="201-created")
        assert (answer.status, answer.json["status"]) == (201, "down")
        assert "creation_status" not in answer.json


async def test_a_failed_action_repeats_the_request_without_secrets(api: Api) -> None:
    once = {"initialization": {"host_name": "web", "root_password": "s3cret"}}
    answer = await api.post(f"vms/{UP_VM}/start", {"use_cloud_init": "true", "vm": once})
    assert (answer.status, answer.json["vm"]) == (409, {"initialization": {"host_name": "web"}})
    assert b"s3cret" not in answer.body
