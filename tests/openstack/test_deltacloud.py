"""Deltacloud lives by links alone, in XML and in JSON; what was made is looked at from the other side, too."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import deltacloud
import pytest

from tests.clients.deltacloud_client import DeltacloudClient, Thing
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import SECONDS, servers
from tests.support.processes import until

SCRIPT = b"#!/bin/sh\necho \xc3\xa4\n"
COLLECTIONS = {
    "addresses", "drivers", "firewalls", "hardware_profiles", "images", "instance_states", "instances", "keys",
    "network_interfaces", "networks", "realms", "storage_snapshots", "storage_volumes", "subnets",
}  # fmt: skip
RESTING = ["create_image", "destroy", "start"]
RUNNING = ["create_image", "destroy", "reboot", "run", "stop"]


@pytest.fixture(params=["xml", "json"])
def client(request: pytest.FixtureRequest, gateway: Site) -> DeltacloudClient:
    """The client of either format."""
    return DeltacloudClient(gateway.gateway, request.param)


@pytest.fixture
def running(client: DeltacloudClient, gateway: Site) -> Iterator[Thing]:
    """A new instance, which runs without being started."""
    made = client.create("instances", image_id=gateway.tenant.image_id, name=f"life-{client.form}", hwp_id="m1.tiny")
    yield client.until(made.href, "RUNNING", SECONDS)
    if client.send("GET", made.href).status == 200:
        client.send("DELETE", made.href)
        client.gone(made.href, SECONDS)


def leads(thing: Thing, member: str) -> str:
    """Where a member leads."""
    if isinstance(thing.tree, ElementTree.Element):
        found = thing.tree.find(member)
        assert found is not None, member
        return str(found.get("href"))
    return str(thing.tree[member]["href"])


def led(thing: Thing, member: str, each: str) -> list[str]:
    """The ids of what a member with several links leads to."""
    if isinstance(thing.tree, ElementTree.Element):
        return sorted(str(one.get("id")) for one in thing.tree.findall(f"{member}/{each}"))
    return sorted(one["id"] for one in thing.tree.get(member, []))


def addresses(thing: Thing, member: str) -> list[str]:
    """The addresses of an instance, `public_addresses` or `private_addresses`."""
    if isinstance(thing.tree, ElementTree.Element):
        return [one.text or "" for one in thing.tree.findall(f"{member}/address")]
    return [one["address"] for one in thing.tree[member]]


def by_hand(thing: Thing, *verbs: str) -> Thing:
    """An address with its actions: JSON tells none, as the original's does not."""
    told = {verb: (f"{thing.href}/{verb}", "post") for verb in verbs} | {"destroy": (thing.href, "delete")}
    return Thing(thing.name, thing.id, thing.href, thing.state, {**told, **thing.links}, thing.tree)


def owned(things: list[Any], name: str) -> Any:
    """The one of the cloud's own things that has a name."""
    (found,) = [one for one in things if one.name == name]
    return found


def test_the_entry_point_tells_what_the_cloud_has(client: DeltacloudClient) -> None:
    assert set(client.entry()) == COLLECTIONS
    for collection in sorted(COLLECTIONS - {"drivers", "instance_states"}):
        for thing in client.things(collection):
            assert client.get(thing.href).id == thing.id
    assert ("nova", "AVAILABLE") in [(realm.id, realm.state) for realm in client.things("realms")]


def test_the_graph_of_states_has_what_the_cloud_does(client: DeltacloudClient) -> None:
    answer = client.send("GET", client.entry()["instance_states"], {"format": "xml"})
    (state,) = [one for one in answer.tree.findall("state") if one.get("name") == "running"]
    found = {(one.get("action"), one.get("to")) for one in state.findall("transition")}
    assert found == {("reboot", "running"), ("stop", "stopping"), ("destroy", "finish"), (None, "error")}


def test_life_of_an_instance(client: DeltacloudClient, gateway: Site, running: Thing) -> None:
    server = gateway.cloud.compute.get_server(running.id)
    assert (server.name, server.status, running.text("name")) == (f"life-{client.form}", "ACTIVE", server.name)
    assert sorted(running.links) == RUNNING
    profile = client.get(leads(running, "hardware_profile"))
    assert (profile.text("name"), client.get(leads(running, "realm")).id) == ("m1.tiny", "nova")
    assert client.get(leads(running, "image")).id == gateway.tenant.image_id
    assert addresses(running, "private_addresses") == [one["addr"] for own in server.addresses.values() for one in own]
    (nic,) = led(running, "network_interfaces", "network_interface")
    (port,) = gateway.cloud.network.ports(device_id=running.id)
    assert (nic, led(running, "firewalls", "firewall")) == (port.id, port.security_group_ids)

    assert client.follow(running, "reboot", 202) is not None
    running = client.until(running.href, "RUNNING", SECONDS)
    assert client.follow(running, "stop", 202) is not None
    resting = client.until(running.href, "STOPPED", SECONDS)
    assert sorted(resting.links) == RESTING
    assert gateway.cloud.compute.get_server(running.id).status == "SHUTOFF"
    assert client.send("POST", f"{resting.href}/reboot").status == 405
    assert client.follow(resting, "start", 202) is not None
    running = client.until(running.href, "RUNNING", SECONDS)

    client.follow(running, "destroy", 204)
    client.gone(running.href, SECONDS)
    assert running.id not in {one.id for one in client.things("instances")}


def test_an_instance_that_is_to_rest(client: DeltacloudClient, gateway: Site) -> None:
    made = client.create(
        "instances",
        image_id=gateway.tenant.image_id,
        name=f"rests-{client.form}",
        realm_id="nova",
        start="false",
        user_data=base64.b64encode(SCRIPT).decode(),
    )
    resting = client.until(made.href, "STOPPED", SECONDS)
    # Plain members are not told user data.
    server = gateway.tenant.plane.administrator().compute.get_server(made.id)
    assert (server.status, base64.b64decode(server.user_data)) == ("SHUTOFF", SCRIPT)
    client.follow(resting, "destroy", 204)
    client.gone(made.href, SECONDS)


WRONG = {
    "hwp_id": {"hwp_id": "nope"},
    "hwp_memory": {"hwp_id": "m1.tiny", "hwp_memory": "4096"},
    "realm_id": {"realm_id": "nowhere"},
    "keyname": {"keyname": "nobody's"},
    "firewalls1": {"firewalls1": "nobody's"},
}


def test_a_wrong_parameter_is_named(client: DeltacloudClient, gateway: Site) -> None:
    where, before = client.entry()["instances"], set(servers(gateway.tenant))
    for field, parameters in WRONG.items():
        answer = client.send("POST", where, {"image_id": gateway.tenant.image_id, **parameters})
        assert (answer.status, field in answer.text) == (400, True), answer.text
    answer = client.send("POST", where, {"image_id": gateway.tenant.image_id, "first_boot_dev": "network"})
    assert (answer.status, "first_boot_dev" in answer.text) == (412, True)
    assert set(servers(gateway.tenant)) <= before


def test_life_of_a_volume_and_its_snapshot(client: DeltacloudClient, gateway: Site, running: Thing) -> None:
    storage = gateway.cloud.block_storage
    made = client.create("storage_volumes", name=f"vol-{client.form}", capacity="1", realm_id="nova")
    volume = client.until(made.href, "AVAILABLE", SECONDS)
    own = storage.get_volume(volume.id)
    assert (own.name, own.size, volume.text("capacity")) == (f"vol-{client.form}", 1, "1")

    client.follow(volume, "attach", 202, instance_id=running.id, device="/dev/vdx")
    held = client.until(volume.href, "IN-USE", SECONDS)
    assert "destroy" not in held.links
    # It is in use as soon as compute accepted it; block storage lists the attachment when it is done.
    (attachment,) = until(lambda: storage.get_volume(volume.id).attachments, SECONDS)
    assert attachment["server_id"] == running.id
    assert led(client.get(running.href), "storage_volumes", "storage_volume") == [volume.id]
    client.follow(held, "detach", 202)
    volume = client.until(volume.href, "AVAILABLE", SECONDS)

    taken = client.follow(volume, "create_snapshot", 201, name=f"snap-{client.form}")
    assert taken is not None
    snapshot = client.until(taken.href, "COMPLETED", SECONDS)
    assert storage.get_snapshot(snapshot.id).volume_id == volume.id
    copy = client.follow(snapshot, "create_volume", 201, name=f"copy-{client.form}")
    assert copy is not None
    again = client.until(copy.href, "AVAILABLE", SECONDS)
    assert (again.text("capacity"), storage.get_volume(again.id).snapshot_id) == ("1", snapshot.id)

    for thing in (again, snapshot, volume):
        client.follow(client.get(thing.href), "destroy", 204)
        client.gone(thing.href, SECONDS)
    assert until(lambda: not [*storage.volumes(), *storage.snapshots()], SECONDS)


def test_life_of_a_firewall(client: DeltacloudClient, gateway: Site) -> None:
    name = f"web-{client.form}"
    made = client.create("firewalls", name=name, description="Web servers")
    ports = {"protocol": "tcp", "port_from": "443", "port_to": "443", "ip_address1": "192.0.2.0/24"}
    client.follow(made, "rules", 201, **ports)
    own = owned(list(gateway.cloud.network.security_groups()), name)
    (rule,) = [one for one in own.security_group_rules if one["direction"] == "ingress"]
    assert (rule["protocol"], rule["port_range_min"], rule["remote_ip_prefix"]) == ("tcp", 443, "192.0.2.0/24")

    born = client.create("instances", image_id=gateway.tenant.image_id, name=name, firewalls1=made.id)
    running = client.until(born.href, "RUNNING", SECONDS)
    assert led(running, "firewalls", "firewall") == [made.id]
    (port,) = gateway.cloud.network.ports(device_id=born.id)
    assert port.security_group_ids == [made.id]
    assert client.send("DELETE", made.href).status == 409
    client.follow(running, "destroy", 204)
    # What is being removed is not shown any more, but still has its firewalls.
    until(lambda: born.id not in servers(gateway.tenant), SECONDS)

    assert client.send("DELETE", f"{made.href}/{rule['id']}").status == 204
    own = gateway.cloud.network.get_security_group(made.id)
    assert [one for one in own.security_group_rules if one["direction"] == "ingress"] == []
    client.follow(made, "destroy", 204)
    client.gone(made.href)


def test_life_of_an_address(client: DeltacloudClient, gateway: Site, running: Thing) -> None:
    made = by_hand(client.create("addresses"), "associate")
    client.follow(made, "associate", 202, instance_id=running.id)
    (own,) = gateway.cloud.network.ips()
    (port,) = gateway.cloud.network.ports(device_id=running.id)
    assert (own.floating_ip_address, own.port_id) == (made.id, port.id)
    assert addresses(client.get(running.href), "public_addresses") == [made.id]
    assert client.send("DELETE", made.href).status == 405
    bound = by_hand(client.get(made.href), "disassociate")
    client.follow(bound, "disassociate", 202)
    assert addresses(client.get(running.href), "public_addresses") == []
    client.follow(by_hand(client.get(made.href)), "destroy", 204)
    assert list(gateway.cloud.network.ips()) == []


def test_life_of_a_key(client: DeltacloudClient, gateway: Site) -> None:
    name = f"key-{client.form}"
    made = client.create("keys", name=name)
    assert "PRIVATE KEY" in (made.text("pem") or made.text("pem_rsa_key"))
    own = gateway.cloud.compute.get_keypair(name)
    assert own.public_key.startswith("ssh-rsa ")
    assert "PRIVATE KEY" not in client.get(made.href).text("pem")
    assert client.send("POST", client.entry()["keys"], {"name": name}).status == 403

    born = client.create("instances", image_id=gateway.tenant.image_id, name=name, keyname=name)
    running = client.until(born.href, "RUNNING", SECONDS)
    assert gateway.cloud.compute.get_server(born.id).key_name == name
    client.follow(running, "destroy", 204)
    client.gone(born.href, SECONDS)
    client.follow(client.get(made.href), "destroy", 204)
    assert client.send("GET", made.href).status == 404
    assert name not in [one.name for one in gateway.cloud.compute.keypairs()]


def test_life_of_an_image(client: DeltacloudClient, gateway: Site, running: Thing) -> None:
    made = client.follow(running, "create_image", 201, name=f"image-{client.form}", description="made by a test")
    assert made is not None
    image = client.until(made.href, "AVAILABLE", SECONDS)
    own = owned(list(gateway.cloud.image.images()), f"image-{client.form}")
    assert (own.status, own.id, image.text("name")) == ("active", image.id, own.name)

    born = client.follow(image, "create_instance", 201, name=f"from-image-{client.form}")
    assert born is not None
    client.follow(client.until(born.href, "RUNNING", SECONDS), "destroy", 204)
    client.gone(born.href, SECONDS)
    client.follow(client.get(image.href), "destroy_image", 204)
    client.gone(image.href, SECONDS)
    assert f"image-{client.form}" not in [one.name for one in gateway.cloud.image.images()]


def test_life_of_a_network(client: DeltacloudClient, gateway: Site, running: Thing) -> None:
    network = client.create("networks", 200, name=f"net-{client.form}", address_block="10.99.0.0/24")
    own = owned(list(gateway.cloud.network.networks()), f"net-{client.form}")
    extra = client.create("subnets", 200, network_id=network.id, address_block="10.98.0.0/24")
    found = {one.id: one.cidr for one in gateway.cloud.network.subnets(network_id=own.id)}
    assert (own.id, sorted(found.values()), found[extra.id]) == (
        network.id,
        ["10.98.0.0/24", "10.99.0.0/24"],
        "10.98.0.0/24",
    )
    client.follow(extra, "destroy", 204)

    nic = client.create("network_interfaces", 200, instance=running.id, network=network.id, name="extra")
    ports = {port.network_id: port.id for port in gateway.cloud.network.ports(device_id=running.id)}
    assert (ports[network.id], set(ports)) == (nic.id, {network.id, gateway.tenant.network_id})
    client.follow(nic, "destroy", 204)
    client.gone(nic.href, SECONDS)
    client.follow(client.get(network.href), "destroy", 204)
    client.gone(network.href)
    assert network.id not in [one.id for one in gateway.cloud.network.networks()]


def test_the_old_python_client(gateway: Site) -> None:
    client = deltacloud.Deltacloud(f"http://{gateway.gateway.host}/api", gateway.tenant.user, gateway.tenant.password)
    assert client.valid_credentials() is True
    assert "nova" in [realm.name for realm in client.realms()]
    assert {"m1.tiny", "m1.small", "m1.medium"} <= {one.name for one in client.hardware_profiles()}
    machine = client.create_instance(gateway.tenant.image_id, {"name": "old-python", "hwp_id": "m1.tiny"})

    def reaches(state: str) -> None:
        until(lambda: machine.refresh() or machine.state == state, SECONDS)

    reaches("RUNNING")
    assert gateway.cloud.compute.get_server(machine.id).name == "old-python"
    assert {"destroy", "reboot", "stop"} <= set(machine.actions())
    assert machine.reboot() is True
    reaches("RUNNING")
    assert machine.stop() is True
    reaches("STOPPED")
    assert machine.start() is True
    reaches("RUNNING")
    assert machine.destroy() is True
    until(lambda: servers(gateway.tenant) == {}, SECONDS)
