"""Apache Libcloud's EC2 driver, unmodified: GET with SigV2 as it comes, and SigV4."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import InvalidCredsError
from libcloud.compute.base import NodeImage, NodeSize
from libcloud.compute.providers import get_driver
from libcloud.compute.types import KeyPairDoesNotExistError, NodeState, Provider, StorageVolumeState

from tests.clients.gateway import BARCELONA_CENTER, DESKTOP_AMI, WORKSHOP, WORKSHOP_AMI, Gateway
from tests.clients.machines import native
from tests.clients.user_data import guest_of
from tests.support.processes import ACCESS_KEY, SECRET_KEY, until

SCRIPT = "#!/bin/sh\necho 'grüße' > /root/libcloud\n"


def driver_of(gateway: Gateway, version: str, secret: str = SECRET_KEY) -> Any:
    """The driver, told nothing but host and port; its default is SigV2."""
    host, _, port = gateway.host.partition(":")
    options = {} if version == "2" else {"signature_version": version}
    return get_driver(Provider.EC2)(ACCESS_KEY, secret, secure=False, host=host, port=int(port), **options)


@pytest.fixture(params=["2", "4"])
def driver(request: pytest.FixtureRequest, demo: Gateway) -> Any:
    found = driver_of(demo, request.param)
    assert found.connection.signature_version == request.param
    return found


def image_of(driver: Any) -> NodeImage:
    """The image that all machines here are made of."""
    found: NodeImage = driver.get_image(WORKSHOP_AMI)
    return found


def size_of(driver: Any, name: str) -> NodeSize:
    """A size by name: Libcloud has a built-in list and asks no server."""
    return NodeSize(id=name, name=name, ram=1024, disk=0, bandwidth=0, price=0, driver=driver)


def node_in(driver: Any, node_id: str, state: str) -> Any:
    """The machine, once it is in a state."""
    return until(lambda: next((n for n in driver.list_nodes(ex_node_ids=[node_id]) if n.state == state), None))


def test_life_of_a_node(driver: Any, demo: Gateway) -> None:
    name = f"libcloud-{driver.signature_version}"
    pair = driver.create_key_pair(name)
    assert pair.private_key.startswith("-----BEGIN RSA PRIVATE KEY-----")
    node = driver.create_node(
        name=name,
        image=image_of(driver),
        size=size_of(driver, "SERVER"),
        ex_keyname=name,
        ex_userdata=SCRIPT,
        ex_metadata={"role": "web"},
    )
    assert (node.name, node.state, node.extra["status"]) == (name, NodeState.PENDING, "pending")
    shown = {key: node.extra[key] for key in ("image_id", "instance_type", "key_name", "availability", "tags")}
    assert shown == {
        "image_id": WORKSHOP_AMI,
        "instance_type": "SERVER",
        "key_name": name,
        "availability": "Defaulta",
        "tags": {"Name": name, "role": "web"},
    }
    ((running, addresses),) = driver.wait_until_running([node], wait_period=0.1, timeout=60)
    assert running.public_ips == running.private_ips == addresses
    assert running.id == node.id
    machine = native(demo.engine, node.id)
    guest = guest_of(demo.engine, machine)
    assert guest.scripts == [SCRIPT.encode()]
    assert len(guest.keys) == 1
    vm = demo.engine.get(f"/vms/{machine}")
    assert (vm["name"], vm["status"]) == (name, "up")

    assert driver.reboot_node(running) is True
    node_in(driver, node.id, NodeState.RUNNING)
    assert driver.stop_node(running) is True
    node_in(driver, node.id, NodeState.STOPPED)
    assert driver.ex_change_node_size(running, size_of(driver, "Medium")) is True
    assert driver.start_node(running) is True
    assert node_in(driver, node.id, NodeState.RUNNING).extra["instance_type"] == "Medium"
    assert driver.ex_modify_instance_attribute(running, {"DisableApiTermination.Value": "False"}) is True
    assert driver.destroy_node(running) is True
    until(lambda: driver.list_nodes(ex_node_ids=[node.id])[0].extra["status"] == "terminated")
    until(lambda: machine not in [each["id"] for each in demo.engine.machines()])

    assert driver.delete_key_pair(pair) is True
    with pytest.raises(KeyPairDoesNotExistError):
        driver.get_key_pair(name)


def test_tags(driver: Any) -> None:
    node = driver.create_node(name="tagged", image=image_of(driver), size=size_of(driver, "SERVER"))
    try:
        assert driver.ex_create_tags(node, {"colour": "blue", "empty": ""}) is True
        expected = {"Name": "tagged", "colour": "blue", "empty": ""}
        assert driver.ex_describe_tags(node) == expected
        (found,) = driver.list_nodes(ex_filters={"tag:colour": "blue", "instance-id": node.id})
        assert found.extra["tags"] == expected
        assert driver.list_nodes(ex_filters={"tag:colour": "red"}) == []
        assert driver.ex_delete_tags(node, {"colour": "blue", "empty": "something else"}) is True
        assert driver.ex_describe_tags(node) == {"Name": "tagged", "empty": ""}
    finally:
        driver.destroy_node(node)


def test_volumes_snapshots_and_images(driver: Any, demo: Gateway) -> None:
    name = f"data-{driver.signature_version}"

    def state_of(volume_id: str) -> str:
        return str(next((one.state for one in driver.list_volumes() if one.id == volume_id), "gone"))

    volume = driver.create_volume(2, name)
    assert (volume.name, volume.size, volume.state) == (name, 2, StorageVolumeState.CREATING)
    until(lambda: state_of(volume.id) == StorageVolumeState.AVAILABLE)
    assert driver.ex_modify_volume(volume, {"Size": 3}).target_size == 3
    until(lambda: next(one for one in driver.list_volumes() if one.id == volume.id).size == 3)
    (grown,) = driver.ex_describe_volumes_modifications(volume_ids=[volume.id])
    assert (grown.volume_id, grown.original_size, grown.target_size) == (volume.id, 2, 3)
    node = driver.create_node(name=f"disks-{name}", image=image_of(driver), size=size_of(driver, "SERVER"))
    try:
        driver.wait_until_running([node], wait_period=0.1, timeout=60)
        assert driver.attach_volume(node, volume, "/dev/sdf") is True
        until(lambda: state_of(volume.id) == StorageVolumeState.INUSE)
        (found,) = [one for one in driver.list_volumes(node=node) if one.id == volume.id]
        assert (found.extra["device"], found.extra["instance_id"]) == ("/dev/sdf", node.id)
        image = driver.create_image(node, f"image {name}", description="of a node")
        until(lambda: driver.get_image(image.id).extra["state"] == "available")
        assert (driver.get_image(image.id).name, driver.delete_image(image)) == (f"image {name}", True)
        assert driver.detach_volume(volume, ex_force=True) is True
        until(lambda: state_of(volume.id) == StorageVolumeState.AVAILABLE)
    finally:
        driver.destroy_node(node)
    snapshot = driver.create_volume_snapshot(volume, name="before")
    until(lambda: [one.extra["state"] for one in driver.list_volume_snapshots(volume)] == ["completed"])
    assert (snapshot.extra["description"], snapshot.extra["tags"]) == ("before", {"Name": "before"})
    copy = driver.create_volume(3, f"copy-{name}", snapshot=snapshot)
    until(lambda: state_of(copy.id) == StorageVolumeState.AVAILABLE)
    for one in (copy, volume):
        assert driver.destroy_volume(one) is True
        until(lambda one=one: state_of(one.id) == "gone")
    assert driver.destroy_volume_snapshot(snapshot) is True
    until(lambda: snapshot.id not in [one.id for one in driver.list_snapshots(owner="self")])


def test_images_and_nodes(driver: Any) -> None:
    images = {image.name: image for image in driver.list_images()}
    assert {"Blank", "desktop_template", "Workshop template"} <= set(images)
    workshop = images["Workshop template"]
    assert workshop.id == WORKSHOP_AMI
    assert (workshop.extra["state"], workshop.extra["architecture"]) == ("available", "x86_64")
    assert workshop.extra["description"] == "Workshop template"
    assert [each["device_name"] for each in workshop.extra["block_device_mapping"]] == ["/dev/vda"]
    nodes = {node.name: node for node in driver.list_nodes()}
    assert nodes["ec2_machine"].public_ips == ["192.168.1.27"]
    assert nodes["ec2_machine2"].state == NodeState.RUNNING


def test_locations_and_sizes(driver: Any, demo: Gateway) -> None:
    assert [location.name for location in driver.list_locations()] == ["Defaulta", "barcelonaa"]
    assert [zone.zone_state for zone in driver.ex_list_availability_zones()] == ["available", "available"]
    assert "t2.micro" in [size.id for size in driver.list_sizes()]
    # With a region of this cloud, its zones are places for machines.
    driver.region_name = "barcelona"
    (place,) = driver.list_locations()
    assert (place.name, place.availability_zone.region_name) == ("barcelonaa", "barcelona")
    image = driver.get_image(DESKTOP_AMI)
    node = driver.create_node(name="placed", image=image, size=size_of(driver, "SERVER"), location=place)
    try:
        assert node.extra["availability"] == "barcelonaa"
        vm = demo.engine.get(f"/vms/{native(demo.engine, node.id)}")
        cluster = demo.engine.get(f"/clusters/{vm['cluster']['id']}")
        assert cluster["data_center"]["id"] == BARCELONA_CENTER
    finally:
        driver.destroy_node(node)


def test_key_pairs(driver: Any) -> None:
    made = driver.create_key_pair("made")
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody@example"
    given = driver.import_key_pair_from_string("given", public)
    try:
        assert [pair.name for pair in driver.list_key_pairs()] == ["given", "made"]
        assert driver.get_key_pair("made").fingerprint == made.fingerprint
        # Created: SHA-1 of the private key; an imported ed25519 key: SHA-256 in base64.
        assert len(made.fingerprint.split(":")) == 20
        assert base64.b64decode(given.fingerprint) == hashlib.sha256(base64.b64decode(public.split()[1])).digest()
        assert driver.ex_describe_keypair("given")["keyName"] == "given"
    finally:
        for name in ("made", "given"):
            driver.delete_key_pair(driver.get_key_pair(name))


def test_volumes_and_snapshots(driver: Any, demo: Gateway) -> None:
    volumes = {volume.id: volume for volume in driver.list_volumes()}
    (node,) = driver.list_nodes(ex_filters={"tag:Name": "ec2_machine2"})
    (mapping,) = node.extra["block_device_mapping"]
    volume = volumes[mapping["ebs"]["volume_id"]]
    assert (volume.state, volume.extra["instance_id"]) == (StorageVolumeState.INUSE, node.id)
    assert [each.id for each in driver.list_volumes(node=node)] == [volume.id]
    disk = demo.engine.get(f"/disks/{native(demo.engine, volume.id, '/disks', 'disk')}")
    assert volume.size == int(disk["provisioned_size"]) >> 30
    snapshots = {snapshot.id: snapshot for snapshot in driver.list_snapshots()}
    (image_mapping,) = image_of(driver).extra["block_device_mapping"]
    assert snapshots[image_mapping["ebs"]["snapshot_id"]].size == image_mapping["ebs"]["volume_size"]


def test_networks(driver: Any) -> None:
    networks = {network.id: network for network in driver.ex_list_networks()}
    subnets = driver.ex_list_subnets()
    groups = driver.ex_get_security_groups()
    assert sorted(network.name for network in networks.values()) == ["bcn-guests", "ovirtmgmt", "ovirtmgmt", "workshop"]
    assert {subnet.extra["vpc_id"] for subnet in subnets} == set(networks)
    assert {group.extra["vpc_id"] for group in groups} == set(networks)
    assert driver.ex_list_security_groups() == ["default"] * len(networks)
    (node,) = driver.list_nodes(ex_filters={"tag:Name": "ec2_machine2"})
    interfaces = [each for each in driver.ex_list_network_interfaces() if each.extra["attachment"] is not None]
    (own,) = [each for each in interfaces if each.extra["attachment"]["instance_id"] == node.id]
    assert own.extra["subnet_id"] == node.extra["subnet_id"]
    assert [each["private_ip"] for each in own.extra["private_ips"]] == ["192.168.1.28"]
    assert driver.ex_describe_all_addresses() == []
    assert driver.ex_describe_addresses_for_node(node) == []


def test_limits_console_and_node_metadata(driver: Any) -> None:
    limits = driver.ex_get_limits()["resource"]
    assert all(isinstance(value, int) for value in limits.values())
    assert limits["max-instances"] == 100
    (node,) = driver.list_nodes(ex_filters={"tag:Name": "ec2_machine2"})
    console = driver.ex_get_console_output(node)
    assert (console["instance_id"], console["output"]) == (node.id, None)
    assert driver.ex_get_metadata_for_node(node) == {"Name": "ec2_machine2"}


def test_refusals(driver: Any, demo: Gateway) -> None:
    with pytest.raises(BaseHTTPError, match="InvalidAction: The action DescribePlacementGroups is not valid"):
        driver.ex_list_placement_groups()
    with pytest.raises(BaseHTTPError, match=r"InvalidInstanceID\.NotFound: .*i-0123456789abcdef0"):
        driver.list_nodes(ex_node_ids=["i-0123456789abcdef0"])
    with pytest.raises(BaseHTTPError, match=r"t2\.micro"):
        driver.create_node(name="no", image=image_of(driver), size=size_of(driver, "t2.micro"))
    with pytest.raises(InvalidCredsError):
        driver_of(demo, driver.signature_version, SECRET_KEY + "x").list_nodes()


def test_a_name_is_no_obstacle(driver: Any) -> None:
    """Values that a signature has to encode: blanks, plus, slash, percent, tilde, letters beyond ASCII."""
    name = "a b+c/d%e~f*g=ü&'\"<>"
    node = driver.create_node(name=name, image=image_of(driver), size=size_of(driver, "SERVER"))
    try:
        assert node.name == name
        (found,) = driver.list_nodes(ex_node_ids=[node.id])
        assert found.name == name
    finally:
        driver.destroy_node(node)


def test_the_largest_user_data_fit_into_a_query(driver: Any, demo: Gateway) -> None:
    """The driver sends everything with GET: 16 KiB of user data are a query of some 23 kB."""
    script = ("#!/bin/sh\n" + "echo '~~~???>>>'\n" * 2000)[: 16 * 1024]
    node = driver.create_node(name="large", image=image_of(driver), size=size_of(driver, "SERVER"), ex_userdata=script)
    try:
        node_in(driver, node.id, NodeState.RUNNING)
        assert guest_of(demo.engine, native(demo.engine, node.id)).scripts == [script.encode()]
    finally:
        driver.destroy_node(node)


def test_image_ids_of_every_form(driver: Any) -> None:
    for written in (WORKSHOP_AMI, WORKSHOP_AMI.upper().replace("AMI", "ami"), WORKSHOP):
        assert driver.get_image(written).name == "Workshop template"
