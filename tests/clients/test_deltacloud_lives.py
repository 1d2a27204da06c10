"""Lives of instances, images, volumes, snapshots, keys and interfaces by links alone, in XML and in JSON."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

import pytest

from tests.clients.deltacloud_client import DeltacloudClient, Thing
from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP, Gateway


@pytest.fixture(params=["xml", "json"])
def client(request: pytest.FixtureRequest, demo: Gateway) -> DeltacloudClient:
    return DeltacloudClient(demo, request.param)


@pytest.fixture
def stopped(client: DeltacloudClient) -> Iterator[Thing]:
    """An instance that nobody started."""
    image = next(one for one in client.things("images") if one.id == WORKSHOP)
    made = client.follow(image, "create_instance", 201, name=f"life-{client.form}", realm_id=DEFAULT_CLUSTER)
    assert made is not None
    yield client.until(made.href, "STOPPED")
    client.send("POST", f"{made.href}/stop")
    if client.send("GET", made.href).status == 200:
        client.follow(client.until(made.href, "STOPPED"), "destroy", 204)


def test_life_of_an_instance(client: DeltacloudClient, demo: Gateway, stopped: Thing) -> None:
    assert stopped.text("name") == f"life-{client.form}"
    assert sorted(stopped.links) == ["create_image", "destroy", "start"]

    assert client.follow(stopped, "start", 202) is not None
    running = client.until(stopped.href, "RUNNING")
    assert "destroy" not in running.links
    assert client.send("DELETE", running.href).status == 405
    assert client.follow(running, "reboot", 202) is not None
    running = client.until(stopped.href, "RUNNING")
    assert client.follow(running, "stop", 202) is not None

    resting = client.until(stopped.href, "STOPPED")
    assert client.send("POST", f"{resting.href}/stop").status == 405
    client.follow(resting, "destroy", 204)
    assert client.send("GET", resting.href).status == 404
    assert resting.id not in {one.id for one in client.things("instances")}


def test_a_new_instance_is_started_where_that_is_asked_for(client: DeltacloudClient, demo: Gateway) -> None:
    script = b"#!/bin/sh\necho \xc3\xa4\n"
    made = client.create(
        "instances",
        image_id=WORKSHOP,
        name=f"starts-{client.form}",
        start="true",
        hwp_id="SERVER",
        hwp_memory="2048",
        hwp_cpu="2",
        user_data=base64.b64encode(script).decode(),
    )
    running = client.until(made.href, "RUNNING")
    vm = demo.engine.get(f"/vms/{running.id}")
    assert int(vm["memory"]) == 2 << 30

    client.follow(running, "stop", 202)
    client.follow(client.until(made.href, "STOPPED"), "destroy", 204)
    client.gone(made.href)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "image_id"),
        ({"image_id": WORKSHOP, "hwp_id": "nope"}, "hwp_id"),
        ({"image_id": WORKSHOP, "hwp_id": "SERVER", "hwp_memory": "1"}, "hwp_memory"),
        ({"image_id": WORKSHOP, "hwp_id": "SERVER", "hwp_cpu": "many"}, "hwp_cpu"),
        ({"image_id": WORKSHOP, "instance_count": "0"}, "instance_count"),
        ({"image_id": WORKSHOP, "start": "perhaps"}, "start"),
    ],
)
def test_a_wrong_parameter_is_named(client: DeltacloudClient, parameters: dict[str, str], field: str) -> None:
    answer = client.send("POST", client.entry()["instances"], parameters)

    assert answer.status == 400
    assert field in answer.text


def test_life_of_a_volume_and_its_snapshot(client: DeltacloudClient, stopped: Thing) -> None:
    made = client.create("storage_volumes", name=f"vol-{client.form}", capacity="2", realm_id=DEFAULT_CLUSTER)
    volume = client.until(made.href, "AVAILABLE")
    assert (volume.text("name"), volume.text("capacity")) == (f"vol-{client.form}", "2")

    client.follow(volume, "attach", 202, instance_id=stopped.id, device="/dev/vdb")
    held = client.until(volume.href, "IN-USE")
    assert "destroy" not in held.links
    assert client.send("DELETE", held.href).status == 405
    client.follow(held, "detach", 202)
    volume = client.until(volume.href, "AVAILABLE")

    taken = client.follow(volume, "create_snapshot", 201, name=f"snap-{client.form}")
    assert taken is not None
    snapshot = client.until(taken.href, "COMPLETED")
    copy = client.follow(snapshot, "create_volume", 201, name=f"copy-{client.form}", realm_id=DEFAULT_CLUSTER)
    assert copy is not None
    again = client.until(copy.href, "AVAILABLE")
    assert again.text("capacity") == "2"

    for thing in (volume, snapshot, again):
        client.follow(client.get(thing.href), "destroy", 204)
        client.gone(thing.href)


def test_life_of_an_image(client: DeltacloudClient, demo: Gateway, stopped: Thing) -> None:
    made = client.follow(stopped, "create_image", 201, name=f"image-{client.form}", description="made by a test")
    assert made is not None
    image = client.until(made.href, "AVAILABLE")
    assert image.text("name") == f"image-{client.form}"

    born = client.follow(image, "create_instance", 201, name=f"from-image-{client.form}")
    assert born is not None
    client.follow(client.until(born.href, "STOPPED"), "destroy", 204)
    client.gone(born.href)
    # What is being removed is not shown any more, but still uses its image.
    while born.id in {machine["id"] for machine in demo.engine.machines()}:
        time.sleep(0.05)
    client.follow(client.get(image.href), "destroy_image", 204)
    client.gone(image.href)


def test_life_of_a_key(client: DeltacloudClient) -> None:
    made = client.create("keys", name=f"key-{client.form}")
    assert "PRIVATE KEY" in (made.text("pem") or made.text("pem_rsa_key"))
    shown = client.get(made.href)
    assert "PRIVATE KEY" not in shown.text("pem")
    assert shown.text("fingerprint") == made.text("fingerprint")
    assert client.send("POST", client.entry()["keys"], {"name": f"key-{client.form}"}).status == 403

    client.follow(shown, "destroy", 204)
    assert client.send("GET", made.href).status == 404


def test_life_of_an_interface(client: DeltacloudClient, stopped: Thing) -> None:
    network = client.things("networks")[0]
    answer = client.send(
        "POST", client.entry()["network_interfaces"], {"instance": stopped.id, "network": network.id, "name": "extra"}
    )
    assert answer.status == 200, answer.text
    made = client.thing(answer)
    assert made.text("name") == "extra"
    assert made.id in {one.id for one in client.things("network_interfaces")}

    client.follow(made, "destroy", 204)
    client.gone(made.href)
