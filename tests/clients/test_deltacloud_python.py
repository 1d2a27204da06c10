"""The old Python client (deltacloud 0.9.1 from PyPI, as it is): everything that it can do.

Python 3 took one function away from it: `urllib.quote_plus`, without which it can't ask for one instance. The tests
that do so give the function back, to the module `urllib` and not to the client.
"""

from __future__ import annotations

import base64
import urllib
import urllib.parse
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import deltacloud
import pytest

from tests.clients.deltacloud_client import DeltacloudClient
from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP, Gateway
from tests.support.processes import PASSWORD, USER, until


@pytest.fixture
def client(demo: Gateway) -> Any:
    return deltacloud.Deltacloud(f"http://{demo.host}/api", USER, PASSWORD)


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python 2 had."""
    monkeypatch.setattr(urllib, "quote_plus", urllib.parse.quote_plus, raising=False)


@pytest.fixture
def machine(client: Any, demo: Gateway) -> Iterator[Any]:
    """A new instance, once it rests."""
    made = client.create_instance(WORKSHOP, {"name": "old-python", "realm_id": DEFAULT_CLUSTER, "hwp_id": "SERVER"})
    resting(made)
    yield made
    native = DeltacloudClient(demo)
    href = made.instance["href"]
    if native.send("GET", href).status == 200:
        native.send("POST", f"{href}/stop")
        native.until(href, "STOPPED")
        native.send("DELETE", href)


def resting(machine: Any, state: str = "STOPPED") -> None:
    """Wait as a script would."""

    def there() -> bool:
        machine.refresh()
        return bool(machine.state == state)

    until(there)


def test_it_is_the_release_that_is_meant() -> None:
    assert version("deltacloud") == "0.9.1"


def test_the_entry_point(client: Any, demo: Gateway) -> None:
    assert client.valid_credentials() is True
    assert client.entrypoints["instances"] == f"http://{demo.host}/api/instances"
    assert {"realms", "images", "keys", "hardware_profiles", "storage_volumes"} <= set(client.entrypoints)
    assert deltacloud.Deltacloud(f"http://{demo.host}/api", USER, "wrong").valid_credentials() is False


def test_realms_and_images(client: Any) -> None:
    assert ("Default", "AVAILABLE") in {(realm.name, realm.state) for realm in client.realms()}
    image = next(one for one in client.images() if one.id == WORKSHOP)
    assert (image.state, image.owner, image.architecture) == ("AVAILABLE", USER, "x86_64")
    assert image.name


def test_profiles_tell_their_ranges(client: Any) -> None:
    profiles = {one.name: one for one in client.hardware_profiles()}
    memory = next(one for one in profiles["SERVER"].properties if one.name == "memory")
    fixed = next(one for one in profiles["Small"].properties if one.name == "memory")

    assert (memory.kind, memory.unit, memory.value) == ("range", "MB", "1024")
    assert (memory.range_min, memory.range_max) == ("512", "32768")
    assert (fixed.kind, fixed.value) == ("fixed", "2048")


def test_keys(client: Any, demo: Gateway) -> None:
    native = DeltacloudClient(demo)
    made = native.create("keys", name="old-python-key")
    try:
        key = next(one for one in client.keys() if one.name == "old-python-key")  # noqa: SIM118
        assert (key.id, key.fingerprint, key.pem) == (made.id, made.text("fingerprint"), None)
    finally:
        native.send("DELETE", made.href)


def test_life_of_an_instance(client: Any, demo: Gateway, machine: Any) -> None:
    assert (machine.name, machine.owner_id) == ("old-python", USER)
    assert machine.id in {one.id for one in client.instances()}
    assert sorted(machine.actions()) == ["create_image", "destroy", "start"]
    assert machine.stop() is False

    assert machine.start() is True
    resting(machine, "RUNNING")
    assert {"reboot", "stop"} <= set(machine.actions())
    assert machine.destroy() is False
    until(lambda: machine.refresh() or "ipv4" in {one["type"] for one in machine.public_addresses})
    assert machine.reboot() is True
    resting(machine, "RUNNING")
    assert machine.stop() is True
    assert machine.state in ("STOPPING", "STOPPED")
    resting(machine)
    assert machine.destroy() is True
    assert DeltacloudClient(demo).send("GET", machine.instance["href"]).status == 404


def test_one_instance(client: Any, machine: Any, lent: None) -> None:
    found = client.instances(machine.id)

    assert (found.id, found.name, found.state) == (machine.id, "old-python", "STOPPED")


def test_without_what_python_2_had_it_can_not_ask_for_one(client: Any) -> None:
    with pytest.raises(AttributeError, match="quote_plus"):
        client.instances("any")


def test_options_reach_the_engine(client: Any, demo: Gateway) -> None:
    script = b"#!/bin/sh\necho here\n"
    options = {
        "name": "old-python-options",
        "hwp_id": "SERVER",
        "hwp_memory": "2048",
        "hwp_cpu": "2",
        "realm_id": DEFAULT_CLUSTER,
        "user_data": base64.b64encode(script).decode(),
        "first_boot_dev": "network",
    }
    made = client.create_instance(WORKSHOP, options)
    resting(made)
    vm = demo.engine.get(f"/vms/{made.id}?all_content=true")

    assert int(vm["memory"]) == 2 << 30
    assert vm["os"]["boot"]["devices"]["device"] == ["network", "hd"]
    assert base64.b64encode(script).decode() in vm["initialization"]["custom_script"]
    assert made.destroy() is True


def test_a_refusal_is_an_http_error(client: Any) -> None:
    with pytest.raises(Exception, match="400 Client Error"):
        client.create_instance(WORKSHOP, {"hwp_id": "SERVER", "hwp_memory": "1"})
