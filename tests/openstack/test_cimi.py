"""The life of a cloud's things by CIMI's links and operations, in both formats, seen from the other side each time."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_links import native, operation, verbs
from tests.openstack.support.cimi import MAPPED, Client, client
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import EVERY, SECONDS
from tests.openstack.support.tenant import Tenant
from tests.support.processes import until

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
GIGABYTE = 1_000_000
#: More disk than any host has.
TOO_LARGE = {"ram": 64, "vcpus": 1, "disk": 10_000_000}


@pytest.fixture(scope="module", params=list(Format), ids=lambda form: form.name)
def cimi(request: pytest.FixtureRequest, gateway: Site) -> Client:
    return client(gateway, request.param)


@pytest.fixture
def huge(project: Tenant) -> Iterator[str]:
    """A size that no host has room for."""
    compute = project.plane.administrator().compute
    flavor = compute.create_flavor(name=f"cimi.too-large-{project.name}", is_public=False, **TOO_LARGE)
    compute.flavor_add_tenant_access(flavor.id, project.project_id)
    yield str(flavor.name)
    compute.delete_flavor(flavor)


def has_become(read: Any, wanted: Any) -> None:
    """Wait until the cloud says so."""
    until(lambda: read() == wanted, SECONDS, EVERY)
    assert read() == wanted


def test_what_the_cloud_has_not_is_not_there(cimi: Client) -> None:
    entry = cimi.read("/cloudEntryPoint", "CloudEntryPoint")
    assert {"meters", "meterConfigs", "eventLogs"} & entry.keys() == set()
    assert {"machines", "volumes", "networks", "addresses", "jobs", "systems"} <= entry.keys()
    told = next(one for one in cimi.collection("ResourceMetadata")["items"] if one["name"] == "Machine")
    values = {one["uri"].rpartition("/")[2]: one["value"] for one in told["capabilities"]}
    assert (values["DefaultInitialState"], values["InitialStates"]) == ("STARTED", "STOPPED,STARTED")


def test_sizes_are_those_of_the_cloud(cimi: Client, cloud: Any) -> None:
    def ours() -> set[tuple[str, int, int]]:
        return {(one["name"], one["cpu"], one["memory"]) for one in cimi.collection("MachineConfiguration")["items"]}

    # One that was there a moment ago is shown for some seconds.
    has_become(ours, {(one.name, one.vcpus, one.ram * 1024) for one in cloud.compute.flavors()})


def test_a_machine_is_driven(cimi: Client, cloud: Any) -> None:
    with cimi.machine(cloud, "driven") as machine:
        server = cloud.compute.get_server(native(machine["id"]))
        assert (server.name, server.status, machine["cpu"], machine["memory"]) == ("driven", "ACTIVE", 1, 64 * 1024)
        assert {"meters", "snapshots", "eventLog"} & machine.keys() == set()
        assert verbs(machine) == {"stop", "restart", "suspend", "capture", "edit", "delete"}
        steps = (("stop", "STOPPED", "SHUTOFF"), ("start", "STARTED", "ACTIVE"), ("restart", "STARTED", "ACTIVE"),
                 ("suspend", "SUSPENDED", "SUSPENDED"), ("start", "STARTED", "ACTIVE"))  # fmt: skip
        for verb, state, status in steps:
            answer = cimi.act(machine["id"], "Machine", verb)
            assert (answer.status, cimi.ended(answer)["state"]) == (202, "SUCCESS")
            cimi.reached(machine["id"], "Machine", state)
            has_become(lambda: cloud.compute.get_server(server.id).status, status)
        edited = {**cimi.read(machine["id"], "Machine"), "name": "renamed", "properties": {"stage": "test"}}
        assert cimi.send("PUT", operation(edited, "edit"), "Machine", edited).status == 200
        read = cimi.read(machine["id"], "Machine")
        assert (read["name"], read["properties"]) == ("renamed", {"stage": "test"})
        assert cloud.compute.get_server(server.id).metadata["stage"] == "test"


def test_a_machine_that_shall_stay_down(cimi: Client, cloud: Any) -> None:
    answer = cimi.launch("down", initialState="STOPPED")
    assert answer.status == 201, answer.text
    machine = answer.headers["location"]
    assert cimi.ended(answer)["state"] == "SUCCESS"
    assert cimi.read(machine, "Machine")["state"] == "STOPPED"
    assert cloud.compute.get_server(native(machine)).status == "SHUTOFF"
    cimi.gone(cloud, machine)


def test_volumes_and_their_images(cimi: Client, cloud: Any) -> None:
    config = {"type": MAPPED, "capacity": GIGABYTE}
    volume = cimi.add("Volume", {"name": "data", "volumeTemplate": {"volumeConfig": config}}, "VolumeCreate")
    cimi.reached(volume["id"], "Volume", "AVAILABLE")
    held = native(volume["id"])
    has_become(
        lambda: (cloud.block_storage.get_volume(held).name, cloud.block_storage.get_volume(held).size), ("data", 1)
    )
    with cimi.machine(cloud, "with-data") as machine:
        where = machine["volumes"]["href"]
        cimi.add("MachineVolume", {"volume": {"href": volume["id"]}}, uri=where)
        has_become(lambda: cloud.block_storage.get_volume(held).status, "in-use")
        (attachment,) = cloud.block_storage.get_volume(held).attachments
        assert attachment["server_id"] == native(machine["id"])
        until(lambda: "initialLocation" in cimi.items(where, "MachineVolume")["items"][0], SECONDS, EVERY)
        (shown,) = cimi.items(where, "MachineVolume")["items"]
        assert shown["initialLocation"] == cloud.block_storage.get_volume(held).attachments[0]["device"]
        assert cimi.send("DELETE", operation(shown, "delete")).status == 200
        has_become(lambda: cloud.block_storage.get_volume(held).status, "available")
        assert cimi.items(where, "MachineVolume")["items"] == []

    image = cimi.add("VolumeImage", {"name": "kept", "imageLocation": volume["id"]})
    cimi.reached(image["id"], "VolumeImage", "AVAILABLE")
    assert cloud.block_storage.get_snapshot(native(image["id"])).volume_id == held
    copy = cimi.add(
        "Volume", {"name": "copy", "volumeTemplate": {"volumeImage": {"href": image["id"]}}}, "VolumeCreate"
    )
    cimi.reached(copy["id"], "Volume", "AVAILABLE")
    assert cloud.block_storage.get_volume(native(copy["id"])).snapshot_id == native(image["id"])
    cimi.remove(copy["id"], "Volume")
    has_become(lambda: cloud.block_storage.find_volume(native(copy["id"])), None)
    cimi.remove(image["id"], "VolumeImage")
    has_become(lambda: cloud.block_storage.find_snapshot(native(image["id"])), None)
    cimi.remove(volume["id"], "Volume")
    has_become(lambda: cloud.block_storage.find_volume(held), None)


def test_a_running_machine_is_captured_and_another_one_made_of_it(cimi: Client, cloud: Any) -> None:
    name = f"golden-{cimi.form.name}"
    with cimi.machine(cloud, "captured") as machine:
        asked = {"name": name, "type": "IMAGE", "imageLocation": machine["id"]}
        answer = cimi.send("POST", operation(machine, "capture"), "MachineImage", asked)
        assert answer.status == 201, answer.text
        image = cimi.reached(answer.headers["location"], "MachineImage", "AVAILABLE")
        assert cimi.read(machine["id"], "Machine")["state"] == "STARTED"
    held = cloud.image.find_image(name, ignore_missing=False)
    assert (held.status, image["imageLocation"]) == ("active", f"urn:uuid:{held.id}")
    with cimi.machine(cloud, "from-golden", name) as made:
        assert cloud.compute.get_server(native(made["id"])).image.id == held.id
    cimi.remove(image["id"], "MachineImage")
    has_become(lambda: cloud.image.find_image(name), None)


def test_networks_and_ports(cimi: Client, cloud: Any) -> None:
    template = {"href": cimi.named("NetworkTemplate", "PRIVATE")}
    network = cimi.add("Network", {"name": "backstage", "networkTemplate": template}, "NetworkCreate")
    held = cloud.network.get_network(native(network["id"]))
    assert (held.name, len(held.subnet_ids)) == ("backstage", 1)
    assert cloud.network.get_subnet(held.subnet_ids[0]).cidr.startswith("10.")
    port = cimi.add(
        "NetworkPort",
        {"name": "place", "networkPortTemplate": {"network": {"href": network["id"]}}},
        "NetworkPortCreate",
    )
    with cimi.machine(cloud, "plugged") as machine:
        where = machine["networkInterfaces"]["href"]
        added = cimi.add("MachineNetworkInterface", {"networkPort": {"href": port["id"]}}, uri=where)
        (there,) = cloud.network.ports(network_id=native(network["id"]), device_id=native(machine["id"]))
        assert there.id == native(added["id"])
        assert cimi.read(port["id"], "NetworkPort")["state"] == "STARTED"
        shown = next(one for one in cimi.items(where, "MachineNetworkInterface")["items"] if one["id"] == added["id"])
        assert (shown["networkPort"]["href"], shown["macAddress"]) == (port["id"], there.mac_address)
        assert cimi.send("DELETE", operation(shown, "delete")).status == 200
        has_become(
            lambda: list(cloud.network.ports(device_id=native(machine["id"]), network_id=native(network["id"]))), []
        )
    cimi.remove(port["id"], "NetworkPort")
    cimi.remove(network["id"], "Network")
    has_become(lambda: cloud.network.find_network(native(network["id"])), None)


def test_a_public_address_is_allocated_led_and_given_back(cimi: Client, project: Tenant, cloud: Any) -> None:
    template = {"href": cimi.named("AddressTemplate", "public")}
    address = cimi.add("Address", {"name": "way in", "addressTemplate": template}, "AddressCreate")
    held = native(address["id"])
    found = cloud.network.get_ip(held)
    assert (address["ip"], address["allocation"]) == (found.floating_ip_address, "static")
    assert native(address["network"]["href"]) == found.floating_network_id == project.public_network_id
    assert cimi.read(address["network"]["href"], "Network")["networkType"] == "PUBLIC"
    inside = {"network": {"href": cimi.named("Network", "inside")}}
    with cimi.machine(cloud, "reachable", networkInterfaces=[inside]) as machine:
        (interface,) = cimi.part(machine, "networkInterfaces", "MachineNetworkInterface")["items"]
        where = interface["addresses"]["href"]
        cimi.add("MachineNetworkInterfaceAddress", {"address": {"href": address["id"]}}, uri=where)
        assert cloud.network.get_ip(held).port_id == native(interface["id"])
        led = cimi.read(address["id"], "Address")
        assert (led["resource"]["href"], verbs(led)) == (machine["id"], {"edit"})
        listed = {one["address"]["href"]: one for one in cimi.items(where, "MachineNetworkInterfaceAddress")["items"]}
        ips = {cimi.read(uri, "Address")["ip"] for uri in listed}
        (port,) = cloud.network.ports(device_id=native(machine["id"]))
        assert ips == {address["ip"], port.fixed_ips[0]["ip_address"]}
        assert cimi.send("DELETE", operation(listed[address["id"]], "delete")).status == 200
        has_become(lambda: cloud.network.get_ip(held).port_id, None)
    cimi.remove(address["id"], "Address")
    assert cloud.network.find_ip(held) is None


def test_a_credential_or_user_data_reach_the_machine(cimi: Client, project: Tenant, cloud: Any) -> None:
    given = {"userName": "eve", "key": KEY.encode()}
    login = cimi.add("Credential", {"name": "mine", "credentialTemplate": given}, "CredentialCreate")
    data = b"#!/bin/sh\necho told\n"
    administrator = project.plane.administrator()

    def told(machine: dict[str, Any]) -> bytes:
        return base64.b64decode(administrator.compute.get_server(native(machine["id"])).user_data)

    with cimi.machine(cloud, "with-a-login", credential={"href": login["id"]}) as machine:
        assert KEY.encode() in told(machine)
    with cimi.machine(cloud, "with-data", userData=base64.b64encode(data).decode()) as machine:
        assert told(machine) == data
    both = cimi.launch("both", credential={"href": login["id"]}, userData=base64.b64encode(data).decode())
    assert (both.status, "machineTemplate/credential/key" in both.text) == (400, True)
    cimi.remove(login["id"], "Credential")


def test_a_machine_that_finds_no_host_says_so_in_the_clouds_words(cimi: Client, cloud: Any, huge: str) -> None:
    # A size that somebody adds shows after some seconds.
    until(lambda: huge in {one["name"] for one in cimi.collection("MachineConfiguration")["items"]}, SECONDS, EVERY)
    answer = cimi.launch("too-large", machineConfig={"href": cimi.named("MachineConfiguration", huge)})
    assert answer.status == 201, answer.text
    machine = answer.headers["location"]
    job = cimi.ended(answer)
    assert job["state"] == "FAILED"
    assert "No valid host was found" in job["statusMessage"]
    if cimi.send("GET", machine).status == 200:
        cimi.gone(cloud, machine)
    has_become(lambda: cloud.compute.find_server(native(machine)), None)
