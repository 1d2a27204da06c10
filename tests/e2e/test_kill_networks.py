"""The gateway is killed, or its engine's answers are lost, while it makes networks and changes interfaces.

Whatever the moment: what was begun is finished once. Nobody repeats a request.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP, Answer
from tests.e2e.site import Engine, GatewayProcess, engine_process, sealed_folder
from tests.support.processes import until

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
#: What a request that died may still have been about to begin is over after one and a half times this, seconds.
ENVIRONMENT = {"DELTAIC_FRONTENDS": "cimi", "DELTAIC_REQUEST_TIMEOUT": "8"}
PRIVATE = {"networkConfig": {"networkType": "PRIVATE"}}


class Site:
    """An engine that stays, and a gateway that is killed."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self.engine = engine
        self.gateway = GatewayProcess(engine, sealed_folder(root, "state"), [], ENVIRONMENT).start()

    def send(self, method: str, path: str, document: Any = None) -> Answer:
        body = json.dumps(document) if document else ""
        return CimiClient(self.gateway.gateway).send(method, path, body, JSON)

    def made(self, collection: str, document: dict[str, Any]) -> str:
        """The id of something new."""
        answer = self.send("POST", collection, document)
        assert answer.status == 201, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def killed(self, method: str, path: str, document: Any, moment: Callable[[], bool]) -> None:
        """Ask for something, kill the gateway at a moment, and start it again."""

        def ask() -> Answer | None:
            try:
                return self.send(method, path, document)
            except (OSError, http.client.HTTPException):
                return None

        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask)
            until(moment, 60, every=0.01)
            self.gateway.process.kill()
        answer = asked.result()
        assert answer is None or answer.status in (200, 201), answer.text
        self.gateway.start()

    def networks(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.engine.reader.get("/networks")["network"] if one["name"] == name]

    def attached(self, network: str) -> bool:
        found = self.engine.reader.get(f"/clusters/{DEFAULT_CLUSTER}/networks")["network"]
        return network in [one["id"] for one in found]

    def nics(self, machine: str) -> list[dict[str, Any]]:
        found = self.engine.reader.get(f"/vms/{machine}/nics").get("nic", [])
        return sorted(found, key=lambda nic: str(nic["name"]))

    def status(self, machine: str) -> str:
        return next((str(one["status"]) for one in self.engine.reader.machines() if one["id"] == machine), "gone")

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.send("GET", "/jobs").text).get("jobs", [])
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with engine_process(tmp_path) as engine:
        site = Site(engine, tmp_path)
        yield site
        assert site.gateway.process.stop() == 0


def test_a_network_that_was_begun_is_finished(site: Site) -> None:
    site.engine.order("slow", match={"method": "POST", "path": "clusters/*/networks"}, seconds=5)
    wanted = {"name": "begun", "networkTemplate": PRIVATE}
    site.killed("POST", "/networks", wanted, lambda: len(site.networks("begun")) == 1)
    (network,) = site.networks("begun")
    until(lambda: site.attached(network["id"]), 30)
    until(lambda: [job["state"] for job in site.jobs()] == ["SUCCESS"], 30)
    assert len(site.networks("begun")) == 1
    shown = json.loads(site.send("GET", f"/networks/{network['id']}").text)
    assert (shown["name"], shown["networkType"]) == ("begun", "PRIVATE")


@pytest.mark.parametrize("path", ["networks", "clusters/*/networks"])
def test_an_answer_that_is_lost_makes_no_second_network(site: Site, path: str) -> None:
    site.engine.order("drop", match={"method": "POST", "path": path}, when="after")
    network = site.made("/networks", {"name": "heard", "networkTemplate": PRIVATE})
    assert [one["id"] for one in site.networks("heard")] == [network]
    assert site.attached(network)


def test_a_machine_gets_its_port_and_its_states(site: Site) -> None:
    network = site.made("/networks", {"name": "backend", "networkTemplate": PRIVATE})
    port = site.made("/network_ports", {"networkPortTemplate": {"network": {"href": f"networks/{network}"}}})
    lines = [
        {"network": {"href": f"networks/{network}"}, "state": "PASSIVE"},
        {"networkPort": {"href": f"network_ports/{port}"}, "state": "DISABLED"},
    ]
    template = {"machineImage": {"href": f"machine_images/{WORKSHOP}"}, "networkInterfaces": lines}
    wanted = {"name": "wired", "machineTemplate": template | {"initialState": "STARTED"}}

    def machines() -> list[str]:
        return [one["id"] for one in site.engine.reader.machines() if one["name"].startswith("wired")]

    site.killed("POST", "/machines", wanted, lambda: len(machines()) == 1)
    (machine,) = machines()
    until(lambda: site.status(machine) == "up", 60)
    assert [(one["linked"], one["plugged"]) for one in site.nics(machine)] == [("false", "true"), ("true", "false")]
    shown = json.loads(site.send("GET", f"/machines/{machine}/networkInterfaces").text)["machineNetworkInterfaces"]
    assert [one["state"] for one in shown] == ["PASSIVE", "DISABLED"]
    assert shown[1]["networkPort"]["href"].endswith(f"/network_ports/{port}")
    assert len(machines()) == 1


def test_an_interface_that_has_to_wait_is_removed_all_the_same(site: Site) -> None:
    template = {"initialState": "STOPPED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}}
    machine = site.made("/machines", {"name": "wired", "machineTemplate": template})
    (nic,) = site.nics(machine)
    assert site.status(machine) == "image_locked"
    answer = site.send("DELETE", f"/machines/{machine}/networkInterfaces/{nic['id']}")
    assert answer.status == 200
    job = json.loads(site.send("GET", answer.headers["cimi-job-uri"]).text)
    assert job["state"] == "RUNNING"
    site.gateway.process.kill()
    site.gateway.start()
    until(lambda: site.nics(machine) == [], 60)
    until(lambda: json.loads(site.send("GET", job["id"]).text)["state"] == "SUCCESS", 30)
