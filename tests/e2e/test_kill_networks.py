"""The gateway is killed, or its engine's answers are lost, while it makes networks and changes interfaces.

Whatever the moment: what was begun is finished once. Nobody repeats a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP
from tests.e2e.cimi_site import CimiSite, running
from tests.support.processes import until

#: What a request that died may still have been about to begin is over after one and a half times this, seconds.
REQUEST_TIMEOUT = "8"
PRIVATE = {"networkConfig": {"networkType": "PRIVATE"}}


class Site(CimiSite):
    """What the engine has of networks and interfaces."""

    def networks(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.reader.get("/networks")["network"] if one["name"] == name]

    def attached(self, network: str) -> bool:
        found = self.reader.get(f"/clusters/{DEFAULT_CLUSTER}/networks")["network"]
        return network in [one["id"] for one in found]

    def nics(self, machine: str) -> list[dict[str, Any]]:
        found = self.reader.get(f"/vms/{machine}/nics").get("nic", [])
        return sorted(found, key=lambda nic: str(nic["name"]))

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read("/jobs").get("jobs", [])
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running(Site, tmp_path, DELTAIC_REQUEST_TIMEOUT=REQUEST_TIMEOUT) as site:
        yield site


def test_a_network_that_was_begun_is_finished(site: Site) -> None:
    site.engine.order("slow", match={"method": "POST", "path": "clusters/*/networks"}, seconds=5)
    wanted = {"name": "begun", "networkTemplate": PRIVATE}
    site.killed("POST", "/networks", wanted, lambda: len(site.networks("begun")) == 1)
    (network,) = site.networks("begun")
    until(lambda: site.attached(network["id"]), 30)
    until(lambda: [job["state"] for job in site.jobs()] == ["SUCCESS"], 30)
    assert len(site.networks("begun")) == 1
    shown = site.read(f"/networks/{network['id']}")
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
        return [one["id"] for one in site.reader.machines() if one["name"].startswith("wired")]

    site.killed("POST", "/machines", wanted, lambda: len(machines()) == 1)
    (machine,) = machines()
    until(lambda: site.status(machine) == "up", 60)
    assert [(one["linked"], one["plugged"]) for one in site.nics(machine)] == [("false", "true"), ("true", "false")]
    shown = site.read(f"/machines/{machine}/networkInterfaces")["machineNetworkInterfaces"]
    assert [one["state"] for one in shown] == ["PASSIVE", "DISABLED"]
    assert shown[1]["networkPort"]["href"].endswith(f"/network_ports/{port}")
    assert len(machines()) == 1


def test_an_interface_that_has_to_wait_is_removed_all_the_same(site: Site) -> None:
    template = {"initialState": "STOPPED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}}
    machine = site.made("/machines", {"name": "wired", "machineTemplate": template})
    (nic,) = site.nics(machine)
    # Longer than the lock of its creation, which a slow test may miss.
    site.engine.order("lock_held", match={"method": "DELETE", "path": "vms/*/nics/*"}, times=1000)
    answer = site.send("DELETE", f"/machines/{machine}/networkInterfaces/{nic['id']}")
    assert answer.status == 200
    job = site.read(answer.headers["cimi-job-uri"])
    assert job["state"] == "RUNNING"
    site.gateway.process.kill()
    site.gateway.start()
    assert site.nics(machine) == [nic]
    site.engine.control("DELETE", "faults")
    until(lambda: site.nics(machine) == [], 60)
    until(lambda: site.read(job["id"])["state"] == "SUCCESS", 30)
