"""Recorded servers as instances, and every status and task as a state."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from deltaic.drivers.openstack import convert, interfaces, states
from deltaic.drivers.openstack.wire_compute import (
    AttachedVolume,
    Fault,
    Flavor,
    Flavors,
    Ref,
    Server,
    ServerFlavor,
    Servers,
)
from deltaic.drivers.openstack.wire_network import FloatingIps, Ports
from deltaic.model.annotation import Annotation, Want
from deltaic.model.instance import DiskAttachment, InstanceState
from tests.unit.drivers.openstack.cloud import recorded

S = InstanceState
WEB = "232aa3ca-c38b-45a9-85e6-2d3f22501456"
VOLUME = "af3b773d-fd85-4ed2-a9e9-239414ca53f1"
TINY = "cb12b931-aaaa-4d91-866f-14c6480362d1"


def servers(name: str = "servers.json") -> dict[str, Server]:
    found = msgspec.json.decode(recorded(name), type=Servers, strict=False).servers
    return {server.name or "": server for server in found}


def flavors() -> dict[str, Flavor]:
    found = msgspec.json.decode(recorded("server_flavors.json"), type=Flavors, strict=False).flavors
    return {flavor.name: flavor for flavor in found}


def test_a_running_server() -> None:
    port = msgspec.json.decode(recorded("server_ports.json"), type=Ports).ports[0]
    floating = msgspec.json.decode(recorded("server_floating_ips.json"), type=FloatingIps).floatingips
    nic = interfaces.nic(port, floating)
    made = convert.instance(servers()["web"], "RegionOne", flavors()["m1.tiny"], [nic], {VOLUME: "/dev/sdb"})
    assert (made.id, made.name, made.state, made.state_reason) == (WEB, "web", S.RUNNING, "")
    assert (made.zone_id, made.data_center_id, made.description) == ("nova", "RegionOne", "Of Ann")
    assert (made.instance_type_id, made.memory, made.cpus) == (TINY, 64 << 20, 1)
    assert made.created_at == datetime(2026, 11, 22, 22, 51, 20, tzinfo=UTC)
    assert made.started_at == datetime(2026, 11, 22, 22, 51, 24, tzinfo=UTC)
    assert made.disks == (DiskAttachment(VOLUME, boot=False, device="/dev/sdb"),)
    assert made.annotation == Annotation(
        tags={"Name": "web"}, key_name="h2key", want=Want.RUNNING, launch="r-1:0", launched_at=1795387024
    )
    assert (nic.ipv4, nic.ipv6, nic.public_ipv4) == (("10.52.0.223",), (), ("198.51.100.77",))
    assert (nic.mac, nic.linked, nic.plugged, nic.instance_id) == ("fa:16:3e:5d:a4:ae", True, True, WEB)


def test_a_server_without_its_flavor_has_its_size() -> None:
    made = convert.instance(servers()["web"], "RegionOne")
    assert (made.instance_type_id, made.memory, made.cpus) == ("", 64 << 20, 1)


def test_a_server_that_no_host_had_room_for() -> None:
    made = convert.instance(servers()["big"], "RegionOne")
    assert (made.state, made.state_reason) == (S.ERROR, "No valid host was found.")
    assert (made.zone_id, made.started_at, made.disks, made.host_id) == ("nova", None, (), "")


def test_the_oldest_microversion_tells_the_same_but_for_what_it_does_not_know() -> None:
    old = convert.instance(servers("servers_2_1.json")["web"], "RegionOne", flavors()["m1.tiny"])
    new = convert.instance(servers()["web"], "RegionOne", flavors()["m1.tiny"])
    assert (old.description, new.description) == ("", "Of Ann")
    assert msgspec.structs.replace(old, description="Of Ann") == new


def test_a_server_of_a_cell_that_does_not_answer() -> None:
    server = msgspec.json.decode(b'{"id": "1", "status": "UNKNOWN", "created": "2026-11-22T22:51:20Z"}', type=Server)
    made = convert.instance(server, "RegionOne")
    assert (made.id, made.name, made.state, made.cpus, made.memory) == ("1", "", S.UNKNOWN, 1, 0)


STATES = [
    ("ACTIVE", "active", None, 1, S.RUNNING),
    ("ACTIVE", "active", "powering-off", 1, S.STOPPING),
    ("ACTIVE", "active", "suspending", 1, S.SUSPENDING),
    ("ACTIVE", "active", "pausing", 1, S.RUNNING),
    ("ACTIVE", "active", "image_uploading", 1, S.RUNNING),
    ("ACTIVE", "active", "deleting", 1, S.DELETING),
    ("ACTIVE", "active", "rescuing", 1, S.REBOOTING),
    ("ACTIVE", "active", "shelving", 1, S.STOPPING),
    ("ACTIVE", "active", "something-new", 1, S.RUNNING),
    ("BUILD", "building", "scheduling", 0, S.CREATING),
    ("BUILD", "building", "spawning", 0, S.CREATING),
    ("BUILD", "building", "deleting", 0, S.DELETING),
    ("ERROR", "error", None, 0, S.ERROR),
    ("ERROR", "error", "deleting", 0, S.DELETING),
    ("HARD_REBOOT", "active", "rebooting_hard", 1, S.REBOOTING),
    ("REBOOT", "active", "reboot_started", 1, S.REBOOTING),
    ("MIGRATING", "active", "migrating", 1, S.MIGRATING),
    ("PASSWORD", "active", "updating_password", 1, S.RUNNING),
    ("PAUSED", "paused", None, 3, S.PAUSED),
    ("PAUSED", "paused", "unpausing", 3, S.RESUMING),
    ("REBUILD", "active", "rebuilding", 1, S.REBOOTING),
    ("REBUILD", "stopped", "rebuilding", 4, S.LOCKED),
    ("RESCUE", "rescued", None, 1, S.RUNNING),
    ("RESCUE", "rescued", "unrescuing", 1, S.REBOOTING),
    ("RESIZE", "active", "resize_prep", 1, S.MIGRATING),
    ("RESIZE", "stopped", "resize_migrating", 4, S.LOCKED),
    ("REVERT_RESIZE", "resized", "resize_reverting", 1, S.MIGRATING),
    ("VERIFY_RESIZE", "resized", None, 1, S.RUNNING),
    ("VERIFY_RESIZE", "resized", None, 4, S.STOPPED),
    ("SHELVED", "shelved", None, 4, S.STOPPED),
    ("SHELVED_OFFLOADED", "shelved_offloaded", None, 0, S.STOPPED),
    ("SHELVED_OFFLOADED", "shelved_offloaded", "unshelving", 0, S.STARTING),
    ("SHELVED_OFFLOADED", "shelved_offloaded", "spawning", 0, S.STARTING),
    ("SHUTOFF", "stopped", None, 4, S.STOPPED),
    ("SHUTOFF", "stopped", "powering-on", 4, S.STARTING),
    ("SHUTOFF", "stopped", "image_snapshot", 4, S.LOCKED),
    ("SOFT_DELETED", "soft-delete", None, 4, S.DELETED),
    ("SOFT_DELETED", "soft-delete", "restoring", 4, S.DELETED),
    ("DELETED", "deleted", None, 0, S.DELETED),
    ("SUSPENDED", "suspended", None, 4, S.SUSPENDED),
    ("SUSPENDED", "suspended", "resuming", 4, S.RESUMING),
    ("UNKNOWN", "", None, 0, S.UNKNOWN),
    ("BRAND_NEW", "brand-new", None, 1, S.UNKNOWN),
]


@pytest.mark.parametrize(("status", "vm_state", "task", "power", "state"), STATES)
def test_states(status: str, vm_state: str, task: str | None, power: int, state: InstanceState) -> None:
    server = Server(status=status, vm_state=vm_state, task_state=task, power_state=power)
    assert states.state_of(server) is state


def test_every_status_of_compute_has_a_state() -> None:
    assert {status for status, *_ in STATES} - {"BRAND_NEW"} == states.STATUSES.keys() | states.EITHER.keys()


def test_who_ran_is_not_wanted_to_run_any_more() -> None:
    web = servers()["web"]

    def wanted(**members: object) -> Want | None:
        return convert.annotation(msgspec.structs.replace(web, **members)).want

    assert wanted(status="ACTIVE") is Want.RUNNING
    assert wanted(status="SHUTOFF") is None
    assert wanted(status="SHELVED_OFFLOADED") is None
    assert wanted(status="SHUTOFF", launched_at=None) is Want.RUNNING
    assert wanted(status="SHUTOFF", metadata={"deltaic:want": "terminated"}) is Want.TERMINATED


def test_reasons() -> None:
    assert states.reason_of(Server(status="ACTIVE", fault=Fault("old"))) == ""
    assert states.reason_of(Server(status="ERROR", fault=Fault("x" * 900))) == "x" * 500
    assert states.reason_of(Server(status="ERROR")) == ""
    assert states.reason_of(Server(status="SHELVED")) == "The machine is shelved"


def test_the_volume_that_a_server_starts_from() -> None:
    server = Server(image="", volumes=(AttachedVolume("b"), AttachedVolume("a")), flavor=ServerFlavor(vcpus=2))

    def boots(server: Server, devices: dict[str, str]) -> list[str]:
        return [disk.disk_id for disk in convert.disks(server, devices) if disk.boot]

    assert boots(server, {"a": "/dev/vdb", "b": "/dev/vda"}) == ["b"]
    assert boots(server, {}) == []
    assert boots(Server(image="", volumes=(AttachedVolume("b"),)), {}) == ["b"]
    assert boots(Server(image=Ref("i"), volumes=(AttachedVolume("b"),)), {"b": "/dev/vda"}) == []
    rooted = msgspec.structs.replace(server, root_device="/dev/vdb")
    assert boots(rooted, {"a": "/dev/vdb", "b": "/dev/vda"}) == ["a"]
