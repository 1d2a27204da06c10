"""What instances ask of the cloud, and how often."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.devices import FEW
from deltaic.drivers.openstack.instances import OpenstackInstances
from deltaic.drivers.openstack.launching import launch_tag
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.machines import Machines
from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec, InstanceState
from deltaic.model.nic import NicConfiguration
from deltaic.model.volume import VolumeSpec, VolumeWish
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks, recorded

WEB = "232aa3ca-c38b-45a9-85e6-2d3f22501456"
IMAGE = "9bc61ebe-026a-4d12-bdd7-66b9a09cc950"
TINY = "cb12b931-aaaa-4d91-866f-14c6480362d1"
SERVERS = "/compute/v2.1/servers"
ITEMS = f"{SERVERS}/{WEB}/metadata"
DATA = "af3b773d-fd85-4ed2-a9e9-239414ca53f1"
PLUGS = f"{SERVERS}/{WEB}/os-volume_attachments"


@pytest.fixture
def instances(cloud: Cloud, client: Client) -> OpenstackInstances:
    cloud.answers |= {
        f"GET {SERVERS}/detail": Answer(recorded("servers.json")),
        "GET /compute/v2.1/flavors/detail": Answer(recorded("server_flavors.json")),
        "GET /network/v2.0/ports": Answer(recorded("server_ports.json")),
        "GET /network/v2.0/floatingips": Answer(recorded("server_floating_ips.json")),
        f"GET /volume/v3/{PROJECT}/volumes/detail": Answer(recorded("server_volumes.json")),
        f"GET /image/v2/images/{IMAGE}": Answer(recorded("server_image.json")),
        f"POST {SERVERS}": Answer({"server": {"id": WEB, "adminPass": "hidden"}}, 202),
        f"POST {SERVERS}/{WEB}/action": Answer(b"", 202),
    }
    told(cloud)
    lookups = Lookups(client)
    return OpenstackInstances(client, lookups, Machines(client, lookups))


def told(cloud: Cloud, *changes: dict[str, Any]) -> None:
    """What is said of the one server, look after look."""
    server = next(one for one in json.loads(recorded("servers.json"))["servers"] if one["id"] == WEB)
    cloud.answers[f"GET {SERVERS}/{WEB}"] = [Answer({"server": {**server, **each}}) for each in changes or ({},)]


def status(name: str, **more: Any) -> dict[str, Any]:
    return {"status": name, **{f"OS-EXT-STS:{key}": value for key, value in more.items()}}


def paths(cloud: Cloud) -> list[str]:
    services = ("/compute", "/network", "/volume", "/image")
    return [f"{one.method} {one.path}" for one in cloud.asked if one.path.startswith(services)]


def actions(cloud: Cloud) -> list[Any]:
    return [asked.json for asked in cloud.of("POST", f"{SERVERS}/{WEB}/action")]


async def kind_of(ask: Callable[[], Any]) -> ErrorKind:
    with pytest.raises(Error) as caught:
        await ask()
    return caught.value.kind


async def test_a_list_takes_one_call_of_each_sort(cloud: Cloud, instances: OpenstackInstances) -> None:
    found = await instances.list(asks())
    assert [(one.name, one.state) for one in found] == [("big", InstanceState.ERROR), ("web", InstanceState.RUNNING)]
    assert found[1].nics[0].public_ipv4 == ("198.51.100.77",)
    assert found[1].disks[0].device == "/dev/sdb"
    assert sorted(paths(cloud)) == [
        "GET /compute/v2.1/",
        "GET /compute/v2.1/flavors/detail",
        "GET /compute/v2.1/servers/detail",
        "GET /network/v2.0/floatingips",
        "GET /network/v2.0/ports",
        "GET /volume/v3/",
        f"GET /volume/v3/{PROJECT}/volumes/detail",
    ]
    cloud.asked.clear()
    await instances.list(asks(), details=False)
    assert paths(cloud) == ["GET /compute/v2.1/servers/detail"]


async def test_many_ids_are_picked_out_of_a_list(cloud: Cloud, instances: OpenstackInstances) -> None:
    assert [one.id for one in await instances.list(asks(), ids=[WEB, "none"], details=False)] == [WEB]
    assert cloud.of("GET", f"{SERVERS}/detail") == []
    many = [WEB, *(f"none-{number}" for number in range(50))]
    assert [one.id for one in await instances.list(asks(), ids=many, details=False)] == [WEB]
    assert len(cloud.of("GET", f"{SERVERS}/detail")) == 1


async def test_machines_without_storage_or_device_names(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers[f"GET /volume/v3/{PROJECT}/volumes/detail"] = Answer({"forbidden": {"message": "no"}}, 403)
    found = {one.id: one for one in await instances.list(asks())}
    assert [disk.device for disk in found[WEB].disks] == [""]


async def test_chosen_machines_do_not_take_all_volumes_of_the_project(
    cloud: Cloud, instances: OpenstackInstances
) -> None:
    plug = {"volumeId": DATA, "serverId": WEB, "device": "/dev/sdb"}
    cloud.answers[f"GET {PLUGS}"] = Answer({"volumeAttachments": [plug]})
    assert [disk.device for disk in (await instances.get(asks(), WEB)).disks] == ["/dev/sdb"]
    (listed,) = await instances.list(asks(), ids=[WEB, "none"])
    assert [disk.device for disk in listed.disks] == ["/dev/sdb"]
    assert len(cloud.of("GET", PLUGS)) == 2
    assert cloud.of("GET", "/volume") == []


@pytest.mark.parametrize(
    ("status_code", "told", "device"),
    [
        (200, {"volumeAttachments": [{"volumeId": DATA, "device": None}]}, ""),
        (200, {"volumeAttachments": [{"volumeId": DATA}]}, ""),
        (404, {"itemNotFound": {"message": "gone meanwhile"}}, ""),
        (503, {}, ""),
        (403, {"forbidden": {"message": "no"}}, "/dev/sdb"),
    ],
)
async def test_a_machine_whose_devices_compute_does_not_tell(
    cloud: Cloud, instances: OpenstackInstances, status_code: int, told: dict[str, Any], device: str
) -> None:
    cloud.answers[f"GET {PLUGS}"] = Answer(told, status_code)
    assert [(disk.disk_id, disk.device) for disk in (await instances.get(asks(), WEB)).disks] == [(DATA, device)]


async def test_of_many_chosen_machines_all_volumes_are_read(cloud: Cloud, instances: OpenstackInstances) -> None:
    names = [f"web-{number}" for number in range(FEW + 1)]
    server = next(one for one in json.loads(recorded("servers.json"))["servers"] if one["id"] == WEB)
    for name in names:
        own = {"id": name, "name": name, "os-extended-volumes:volumes_attached": [{"id": f"volume-{name}"}]}
        cloud.answers[f"GET {SERVERS}/{name}"] = Answer({"server": {**server, **own}})
        plug = {"volumeId": f"volume-{name}", "device": "/dev/vdb"}
        cloud.answers[f"GET {SERVERS}/{name}/os-volume_attachments"] = Answer({"volumeAttachments": [plug]})
    found = await instances.list(asks(), ids=names[:FEW])
    assert [disk.device for one in found for disk in one.disks] == ["/dev/vdb"] * FEW
    assert cloud.of("GET", "/volume") == []
    cloud.asked.clear()
    assert len(await instances.list(asks(), ids=names)) == FEW + 1
    assert len(cloud.of("GET", f"/volume/v3/{PROJECT}/volumes/detail")) == 1
    assert [asked for asked in cloud.asked if asked.path.endswith("attachments")] == []


async def test_what_is_softly_deleted_is_gone(cloud: Cloud, instances: OpenstackInstances) -> None:
    told(cloud, status("SOFT_DELETED"))
    assert await kind_of(lambda: instances.get(asks(), WEB)) is ErrorKind.NOT_FOUND


async def test_a_creation(cloud: Cloud, instances: OpenstackInstances) -> None:
    note = Annotation(tags={"Name": "web", "a/b": "ü"}, want=Want.RUNNING, launch="r-1:0")
    spec = InstanceSpec(
        "web", IMAGE, "nova", description="Of Ann", network_ids=("n1", "n2"), host_name="web",
        security_group_ids=("g1",), user_data=b"\x00\xff", delete_protected=True, annotation=note,
    )  # fmt: skip
    made = await instances.create(asks(), spec)
    assert (made.id, made.state) == (WEB, InstanceState.RUNNING)
    (asked,) = cloud.of("POST", SERVERS)
    assert asked.json == {
        "server": {
            "name": "web",
            "description": "Of Ann",
            "hostname": "web",
            "imageRef": IMAGE,
            "flavorRef": TINY,
            "availability_zone": "nova",
            "networks": [{"uuid": "n1"}, {"uuid": "n2"}],
            "security_groups": [{"name": "g1"}],
            "user_data": "AP8=",
            "metadata": {
                "Name": "web",
                "deltaic:tag:a:2Fb": "ü",
                "deltaic:want": "running",
                "deltaic:launch": "r-1:0",
                "deltaic:delete_protected": "true",
            },
            "tags": [launch_tag("r-1:0")],
        }
    }


async def test_a_creation_with_volumes(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers[f"GET /volume/v3/{PROJECT}/snapshots/s1"] = Answer({"snapshot": {"id": "s1"}})
    new = VolumeWish(spec=VolumeSpec("", (1 << 30) + 1), own=True)
    copy = VolumeWish(spec=VolumeSpec("", source_id="s1"))
    spec = InstanceSpec("web", IMAGE, "nova", instance_type_id=TINY, volumes=(VolumeWish("v1"), new, copy))
    await instances.create(asks(), spec)
    server = cloud.of("POST", SERVERS)[0].json["server"]
    assert server["imageRef"] == IMAGE
    assert [
        (one["boot_index"], one["source_type"], one.get("uuid"), one.get("volume_size"), one["delete_on_termination"])
        for one in server["block_device_mapping_v2"]
    ] == [
        (0, "image", IMAGE, None, True),
        (-1, "volume", "v1", None, False),
        (-1, "blank", None, 2, True),
        (-1, "snapshot", "s1", None, False),
    ]
    copy_of_volume = VolumeWish(spec=VolumeSpec("", source_id="v9"))
    boot = VolumeWish("v1", boot=True)
    assert (
        await kind_of(lambda: instances.create(asks(), msgspec.structs.replace(spec, volumes=(copy_of_volume,))))
        is ErrorKind.UNSUPPORTED
    )
    assert (
        await kind_of(lambda: instances.create(asks(), msgspec.structs.replace(spec, volumes=(boot, boot))))
        is ErrorKind.INVALID
    )
    await instances.create(asks(), msgspec.structs.replace(spec, volumes=(VolumeWish("v2"), boot)))
    server = cloud.of("POST", SERVERS)[1].json["server"]
    assert "imageRef" not in server
    assert [(one["boot_index"], one["uuid"]) for one in server["block_device_mapping_v2"]] == [(0, "v1"), (-1, "v2")]


async def test_keys_a_user_and_a_password_become_cloud_config(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers["GET /compute/v2.1/os-keypairs/mine"] = Answer(
        {"keypair": {"name": "mine", "public_key": "ssh-rsa AAAA of compute"}}
    )
    spec = InstanceSpec(
        "web", IMAGE, "nova", instance_type_id=TINY, annotation=Annotation(key_name="mine"), user_name="ann",
        authorized_keys=("ssh-rsa AAAA mine", 'ssh-rsa BBBB "other"\n'), password="secret: #",
    )  # fmt: skip
    await instances.create(asks(), spec)
    server = cloud.of("POST", SERVERS)[0].json["server"]
    assert server["key_name"] == "mine"
    head, _, document = base64.b64decode(server["user_data"]).partition(b"{")
    assert head.splitlines()[0] == b"#cloud-config"
    assert json.loads(b"{" + document) == {
        "ssh_authorized_keys": ['ssh-rsa BBBB "other"\n'],
        "user": "ann",
        "password": "secret: #",
        "chpasswd": {"expire": False},
        "ssh_pwauth": True,
    }
    told(cloud, {"OS-EXT-SRV-ATTR:user_data": server["user_data"]})
    assert await instances.user_data(asks(), WEB) == b""


async def test_a_key_of_another_owner_with_the_same_name_is_not_taken(
    cloud: Cloud, instances: OpenstackInstances
) -> None:
    cloud.answers["GET /compute/v2.1/os-keypairs/mine"] = Answer(
        {"keypair": {"name": "mine", "public_key": "ssh-rsa AAAA"}}
    )
    spec = InstanceSpec(
        "web", IMAGE, "nova", instance_type_id=TINY, annotation=Annotation(key_name="mine"),
        authorized_keys=("ssh-rsa BBBB",),
    )  # fmt: skip
    await instances.create(asks(), spec)
    server = cloud.of("POST", SERVERS)[0].json["server"]
    assert "key_name" not in server
    assert b"BBBB" in base64.b64decode(server["user_data"])


async def test_user_data(cloud: Cloud, instances: OpenstackInstances) -> None:
    assert await kind_of(lambda: instances.user_data(asks(), WEB)) is ErrorKind.UNSUPPORTED
    told(cloud, {"OS-EXT-SRV-ATTR:user_data": "AP8="})
    assert await instances.user_data(asks(), WEB) == b"\x00\xff"
    told(cloud, {"OS-EXT-SRV-ATTR:user_data": None})
    assert await kind_of(lambda: instances.user_data(asks(), WEB)) is ErrorKind.UNSUPPORTED


async def test_the_address_of_a_new_machine(cloud: Cloud, instances: OpenstackInstances) -> None:
    def subnet(number: int) -> dict[str, Any]:
        pools = [{"start": f"10.0.{number}.7", "end": f"10.0.{number}.8"}]
        return {"id": f"s{number}", "cidr": f"10.0.{number}.0/24", "gateway_ip": f"10.0.{number}.1",
                "allocation_pools": pools, "dns_nameservers": ["9.9.9.9"]}  # fmt: skip

    cloud.answers["GET /network/v2.0/subnets"] = Answer({"subnets": [subnet(1), subnet(2)]})
    taken = [{"id": "p", "fixed_ips": [{"subnet_id": "s2", "ip_address": "10.0.2.8"}]}]
    cloud.answers["GET /network/v2.0/ports"] = Answer({"ports": taken})
    spec = InstanceSpec("web", IMAGE, "nova", instance_type_id=TINY, network_ids=("n1",))

    async def networks(**members: Any) -> Any:
        await instances.create(asks(), msgspec.structs.replace(spec, **members))
        return cloud.of("POST", SERVERS)[-1].json["server"]["networks"]

    assert await networks(subnet_ids=("s2",)) == [{"uuid": "n1", "fixed_ip": "10.0.2.7"}]
    line = NicConfiguration("10.0.1.99", 24, "10.0.1.1", ("9.9.9.9",))
    assert await networks(nic_configurations=(line,)) == [{"uuid": "n1", "fixed_ip": "10.0.1.99"}]
    for wrong in (
        NicConfiguration("10.0.3.1"), NicConfiguration("10.0.1.9", 25), NicConfiguration("10.0.1.9", 24, "10.0.1.2"),
        NicConfiguration("10.0.1.9", dns=("1.1.1.1",)), NicConfiguration("no address"),
    ):  # fmt: skip
        with pytest.raises(Error) as caught:
            await networks(nic_configurations=(wrong,))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "nic_configurations")
    taken.append({"id": "q", "fixed_ips": [{"subnet_id": "s2", "ip_address": "10.0.2.7"}]})
    cloud.answers["GET /network/v2.0/ports"] = Answer({"ports": taken})
    assert await kind_of(lambda: networks(subnet_ids=("s2",))) is ErrorKind.CAPACITY
    assert await kind_of(lambda: networks(subnet_ids=("s3",))) is ErrorKind.NOT_FOUND
    cloud.answers["GET /network/v2.0/subnets"] = Answer({"subnets": [subnet(1)]})
    assert await networks(subnet_ids=("s1",)) == [{"uuid": "n1"}]
    assert await networks(network_ids=()) == "auto"


async def test_a_launch_is_found_by_its_tag_and_its_marker(cloud: Cloud, instances: OpenstackInstances) -> None:
    assert [one.id for one in await instances.find_launch(asks(), "r-1:0")] == [WEB]
    assert cloud.of("GET", f"{SERVERS}/detail")[0].query == f"tags={launch_tag('r-1:0')}"
    assert await instances.find_launch(asks(), "r-1:1") == []
    assert await instances.find_launch(asks(), "") == []
    assert len(launch_tag("r-1:0")) <= 60


STARTS: list[tuple[dict[str, Any], list[str]]] = [
    (status("SHUTOFF"), ["os-start"]),
    (status("PAUSED"), ["unpause"]),
    (status("SUSPENDED"), ["resume"]),
    (status("SHELVED"), ["unshelve"]),
    (status("SHELVED_OFFLOADED"), ["unshelve"]),
    (status("RESCUE"), ["unrescue"]),
    (status("ACTIVE"), ["os-start"]),
    (status("VERIFY_RESIZE", vm_state="resized", power_state=1), ["os-start"]),
]


@pytest.mark.parametrize(("before", "asked"), STARTS)
async def test_a_start(cloud: Cloud, instances: OpenstackInstances, before: dict[str, Any], asked: list[str]) -> None:
    told(cloud, before)
    await instances.start(asks(), WEB)
    assert [next(iter(action)) for action in actions(cloud)] == asked


async def test_a_start_keeps_a_new_size(cloud: Cloud, instances: OpenstackInstances) -> None:
    told(cloud, status("VERIFY_RESIZE", vm_state="resized", power_state=4), status("SHUTOFF"))
    await instances.start(asks(), WEB)
    assert actions(cloud) == [{"confirmResize": None}, {"os-start": None}]


STOPS: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([status("ACTIVE")], ["os-stop"]),
    ([status("SHUTOFF")], []),
    ([status("SHELVED_OFFLOADED")], []),
    ([status("ACTIVE", task_state="powering-off")], []),
    ([status("SHUTOFF", task_state="powering-on")], ["os-stop"]),
    ([{**status("ERROR"), "OS-SRV-USG:launched_at": None}], []),
    ([status("ERROR")], ["os-stop"]),
    ([status("PAUSED"), status("PAUSED", task_state="unpausing"), status("ACTIVE")], ["unpause", "os-stop"]),
    ([status("RESCUE"), status("ACTIVE")], ["unrescue", "os-stop"]),
    ([status("REBOOT", task_state="reboot_started"), status("ACTIVE")], ["os-stop"]),
]


@pytest.mark.parametrize(("looks", "asked"), STOPS)
async def test_a_stop(
    cloud: Cloud, instances: OpenstackInstances, looks: list[dict[str, Any]], asked: list[str]
) -> None:
    told(cloud, *looks)
    await instances.stop(asks(), WEB, force=True)
    assert [next(iter(action)) for action in actions(cloud)] == asked


async def test_a_step_before_a_stop_that_breaks_the_server(cloud: Cloud, instances: OpenstackInstances) -> None:
    told(cloud, status("PAUSED"), {**status("ERROR"), "fault": {"message": "lost", "code": 500}})
    with pytest.raises(Error) as caught:
        await instances.stop(asks(), WEB)
    assert (caught.value.kind, caught.value.message) == (ErrorKind.CONFLICT, "lost")


@pytest.mark.parametrize(("name", "kind"), [("ACTIVE", "SOFT"), ("SHUTOFF", "SOFT"), ("PAUSED", "HARD")])
async def test_a_reboot(cloud: Cloud, instances: OpenstackInstances, name: str, kind: str) -> None:
    told(cloud, status(name))
    await instances.reboot(asks(), WEB)
    assert actions(cloud) == [{"reboot": {"type": kind}}]


async def test_edits_of_metadata_write_what_changed(cloud: Cloud, instances: OpenstackInstances) -> None:
    before = {"Name": "web", "deltaic:want": "running", "deltaic:launch": "r-1:0", "deltaic:newer": "kept"}
    after = {"Name": "web2", "deltaic:launch": "r-1:0", "deltaic:newer": "kept"}
    lost = {"deltaic:launch": "r-1:0"}
    cloud.answers[f"GET {ITEMS}"] = [Answer({"metadata": one}) for one in (before, lost, after)]
    cloud.answers[f"POST {ITEMS}"] = Answer({"metadata": after})
    cloud.answers[f"DELETE {ITEMS}/deltaic:want"] = Answer(b"", 204)
    edited = await instances.annotate(
        asks(), WEB, lambda note: msgspec.structs.replace(note, want=None, tags={"Name": "web2"})
    )
    assert edited == Annotation(tags={"Name": "web2"}, launch="r-1:0")
    # What another gateway's write undid at the same moment is written once more.
    assert [asked.json for asked in cloud.of("POST", ITEMS)] == [{"metadata": {"Name": "web2"}}] * 2
    assert len(cloud.of("DELETE", ITEMS)) == 1


async def test_edits_that_change_nothing_write_nothing(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers[f"GET {ITEMS}"] = Answer({"metadata": {"Name": "web"}})
    assert (await instances.annotate(asks(), WEB, lambda note: note)).tags == {"Name": "web"}
    assert [asked.method for asked in cloud.asked if asked.path == ITEMS] == ["GET"]


async def test_edits_that_never_come_through(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers[f"GET {ITEMS}"] = Answer({"metadata": {}})
    cloud.answers[f"POST {ITEMS}"] = Answer({"metadata": {}})
    tags = Annotation(tags={"k": "v"})
    assert await kind_of(lambda: instances.annotate(asks(), WEB, lambda _: tags)) is ErrorKind.BUSY


CONFLICTS = [
    ("Cannot 'update metadata' instance 1 while it is in vm_state building", ErrorKind.BUSY),
    ("Cannot 'update metadata' instance 1 while it is in vm_state error", ErrorKind.CONFLICT),
]


@pytest.mark.parametrize(("words", "kind"), CONFLICTS)
async def test_metadata_of_servers_that_take_none(
    cloud: Cloud, instances: OpenstackInstances, words: str, kind: ErrorKind
) -> None:
    def refuse(asked: Asked) -> Answer:
        return Answer({"conflictingRequest": {"code": 409, "message": words}}, 409)

    cloud.answers[f"GET {ITEMS}"] = Answer({"metadata": {}})
    cloud.answers[f"POST {ITEMS}"] = refuse
    assert await kind_of(lambda: instances.annotate(asks(), WEB, lambda _: Annotation(launch="x"))) is kind


async def test_deletion_and_protection(cloud: Cloud, instances: OpenstackInstances) -> None:
    cloud.answers[f"DELETE {SERVERS}/{WEB}"] = Answer(b"", 204)
    told(cloud, {"metadata": {"deltaic:delete_protected": "true"}}, {})
    assert await kind_of(lambda: instances.delete(asks(), WEB)) is ErrorKind.PROTECTED
    assert cloud.of("DELETE") == []
    made = {"id": "p1", "description": f"deltaic:instance={WEB}"}
    cloud.answers["GET /network/v2.0/ports"] = Answer({"ports": [made, {**made, "id": "p2"}]})
    cloud.answers["DELETE /network/v2.0/ports/p1"] = Answer(b"", 204)
    await instances.delete(asks(), WEB)
    assert [asked.path for asked in cloud.of("DELETE")] == [
        f"{SERVERS}/{WEB}", "/network/v2.0/ports/p1", "/network/v2.0/ports/p2",
    ]  # fmt: skip
    assert cloud.of("GET", "/network/v2.0/ports")[0].query == f"description=deltaic%3Ainstance%3D{WEB}"
