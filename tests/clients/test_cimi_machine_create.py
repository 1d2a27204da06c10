"""A machine with everything that a template can ask for, by following links, and what the engine made of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation
from tests.clients.gateway import Gateway
from tests.support.processes import until

GIGABYTE = 10**6
FIXED = {Format.XML: "192.0.2.17", Format.JSON: "192.0.2.18"}
DATA = b"#cloud-config\npackages:\n- httpd\n"


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def named(follower: Follower, item: str, name: str) -> str:
    return next(one["id"] for one in follower.collection(item)["items"] if one.get("name") == name)


def disks(follower: Follower, machine: str) -> dict[str, dict[str, Any]]:
    """The engine's disks of a machine by their size in bytes, which differ."""
    found = follower.client.gateway.engine.get(f"/vms/{machine}/diskattachments").get("disk_attachment", [])
    all_of_them = [follower.client.gateway.engine.get(f"/disks/{one['disk']['id']}") for one in found]
    return {one["provisioned_size"]: one for one in all_of_them}


def test_a_machine_with_everything(follower: Follower) -> None:
    volume = {"volumeTemplate": {"volumeConfig": {"capacity": 2 * GIGABYTE}}, "name": "data"}
    existing = follower.add("Volume", volume, "VolumeCreate")
    until(lambda: follower.read(existing["id"], "Volume")["state"] == "AVAILABLE")
    config = follower.add(
        "MachineConfiguration",
        {
            "cpu": 1,
            "memory": 512 << 10,
            "disks": [{"capacity": 3 * GIGABYTE, "format": "ext4", "initialLocation": "vdb"}],
        },
    )
    new = {"volumeConfig": {"capacity": 4 * GIGABYTE}, "initialLocation": "/dev/vdd"}
    fixed = {"ip": FIXED[follower.form], "mask": "255.255.255.0", "defaultGateway": "192.0.2.1", "dns": ["192.0.2.2"]}
    network = {"href": named(follower, "Network", "ovirtmgmt")}
    template = follower.add(
        "MachineTemplate",
        {
            "name": "everything",
            "machineConfig": {"href": config["id"]},
            "machineImage": {"href": named(follower, "MachineImage", "Workshop template")},
            "volumes": [{"href": existing["id"], "initialLocation": "/dev/vdc"}],
            "volumeTemplates": [new],
            "networkInterfaces": [{"network": network, "state": "ACTIVE", "addresses": [fixed]}],
            "userData": base64.b64encode(DATA).decode(),
        },
    )
    assert template["volumes"] == [{"href": existing["id"], "initialLocation": "/dev/vdc"}]
    wanted = {"name": "everything", "properties": {"a": "b"}, "machineTemplate": {"href": template["id"]}}
    machine = follower.add("Machine", wanted, "MachineCreate")
    native = machine["id"].rpartition("/")[2]
    until(lambda: follower.read(machine["id"], "Machine")["state"] == "STOPPED")

    sizes = {str(n * 10**9) for n in (2, 3, 4)}
    attached = disks(follower, native)
    rounded = {size: disk for size, disk in attached.items() if int(size) >= 2 * 10**9}
    assert len(attached) == 4
    assert [min(abs(int(size) - int(one)) for one in rounded) < 10**9 for size in sizes] == [True] * 3
    shown = follower.read(machine["id"], "Machine")
    own = follower.items(shown["disks"]["href"], "Disk")["items"]
    volumes = follower.items(shown["volumes"]["href"], "MachineVolume")["items"]
    assert (len(own), len(volumes)) == (2, 2)
    assert existing["id"] in [one["volume"]["href"] for one in volumes]
    assert {one.get("initialLocation") for one in volumes} == {"/dev/vdc", "/dev/vdd"}
    (interface,) = follower.items(shown["networkInterfaces"]["href"], "MachineNetworkInterface")["items"]
    assert (interface["network"], interface["state"]) == (network, "ACTIVE")
    told = follower.client.gateway.engine.get(f"/vms/{native}?all_content=true")["initialization"]
    (line,) = told["nic_configurations"]["nic_configuration"]
    assert (line["ip"]["address"], line["ip"]["netmask"], line["ip"]["gateway"]) == (
        FIXED[follower.form],
        "255.255.255.0",
        "192.0.2.1",
    )
    assert told["custom_script"].encode() == DATA

    assert follower.send("DELETE", operation(shown, "delete")).status == 200
    gone = [one["id"].rpartition("/")[2] for one in own]
    known = follower.client.gateway.engine
    until(lambda: not {disk["id"] for disk in known.get("/disks")["disk"]} & set(gone))
    for one in volumes:
        uri = one["volume"]["href"]
        assert follower.read(uri, "Volume")["state"] == "AVAILABLE"
        until(lambda uri=uri: follower.send("DELETE", uri).status == 200)  # type: ignore[misc]
    for one in (template, config):
        assert follower.send("DELETE", operation(one, "delete")).status == 200


def test_what_is_not_there_makes_nothing(follower: Follower) -> None:
    image = {"href": named(follower, "MachineImage", "Workshop template")}
    before = len(follower.client.gateway.engine.machines())
    for part, status in (
        ({"volumes": [{"href": "volumes/none"}]}, 404),
        ({"volumeTemplates": [{"volumeConfig": {"href": "volume_configurations/none"}}]}, 404),
        ({"networkInterfaces": [{"network": {"href": "networks/none"}, "state": "ACTIVE"}]}, 404),
        ({"machineConfig": {"cpuArch": "SPARC"}}, 400),
        ({"machineConfig": {"disks": [{"capacity": 0, "format": "raw"}]}}, 400),
        ({"initialState": "FLYING"}, 400),
        ({"credential": {"userName": "a b"}}, 400),
    ):
        wanted = {"name": "never", "machineTemplate": {"machineImage": image, **part}}
        answer = follower.send("POST", follower.collection("Machine")["id"], "MachineCreate", wanted)
        assert (answer.status, follower.document(answer, "Job")["state"]) == (status, "FAILED"), answer.text
    assert len(follower.client.gateway.engine.machines()) == before
