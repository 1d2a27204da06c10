"""The whole gateway is killed while it makes or removes systems: the Job tells the truth, nothing is left twice.

Each round makes a system of its own and kills the gateway at another point of what the engine then shows; the next
gateway on the same state folder goes on with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation
from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP, Gateway
from tests.e2e.engine_reader import EngineReader
from tests.e2e.site import CREATION_INITIATED, START_INITIATED
from tests.support.processes import Process, data_folder, until, url_in

TYPE = "http://schemas.dmtf.org/cimi/1"
SIZE = 1_000_000


class Site:
    """An engine that stays and a gateway that is killed; one state folder."""

    def __init__(self, engine: str, data: str) -> None:
        self.engine = engine
        self.reader = EngineReader(engine)
        self.settings = ["--provider", f"{engine};{DEFAULT_CENTER}", "--data", data, "--frontends", "cimi"]
        self.processes: list[Process] = []

    def gateway(self) -> tuple[Process, Follower]:
        for left in self.processes:
            left.kill()
        process = Process(["serve", *self.settings, "--port", "0"])
        self.processes = [process]
        client = CimiClient(Gateway(url_in(process.ready()) + "/cimi/", self.engine), host="gateway.example")
        return process, Follower(client, Format.JSON)

    def machines(self, prefix: str) -> list[dict[str, Any]]:
        return [one for one in self.reader.machines() if one["name"].startswith(prefix)]

    def disks(self, prefix: str) -> list[dict[str, Any]]:
        found = self.reader.get("/disks").get("disk", [])
        return [one for one in found if one.get("name", "").startswith(prefix)]

    def networks(self, prefix: str) -> list[dict[str, Any]]:
        found = self.reader.get("/networks").get("network", [])
        return [one for one in found if one["name"].startswith(prefix)]

    def left(self, prefix: str) -> tuple[int, int, int]:
        return len(self.machines(prefix)), len(self.disks(prefix)), len(self.networks(prefix))


def component(name: str, kind: str, template: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "type": f"{TYPE}/{kind}", f"{kind[0].lower()}{kind[1:]}Template": template, **more}


def template(prefix: str) -> dict[str, Any]:
    """Two machines that run, one of them with a volume, both on a network that is made with them."""
    lan = {"networkInterfaces": [{"network": {"href": f"#{prefix}-lan"}, "state": "ACTIVE"}]}
    machine = {"initialState": "STARTED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}, **lan}
    return {
        "componentDescriptors": [
            component(f"{prefix}-web", "Machine", machine),
            component(f"{prefix}-db", "Machine", machine | {"volumes": [{"href": f"#{prefix}-data"}]}),
            component(f"{prefix}-data", "Volume", {"volumeConfig": {"capacity": SIZE}}),
            component(f"{prefix}-lan", "Network", {"networkConfig": {"mtu": 1400}}),
            component(f"{prefix}-login", "Credential", {"userName": "joe"}),
        ]
    }


Moment = Callable[[Site, str], bool]


def statuses(site: Site, prefix: str) -> list[str]:
    return [one["status"] for one in site.machines(prefix)]


MAKING: dict[str, Moment] = {
    "answered": lambda site, prefix: True,
    "network": lambda site, prefix: bool(site.networks(prefix)),
    "volume": lambda site, prefix: bool(site.disks(prefix)),
    "machine": lambda site, prefix: bool(site.machines(prefix)),
    "machines": lambda site, prefix: len(site.machines(prefix)) == 2,
    "unlocked": lambda site, prefix: any(status != "image_locked" for status in statuses(site, prefix)),
    "starting": lambda site, prefix: any(status in ("wait_for_launch", "powering_up", "up")
                                         for status in statuses(site, prefix)),
}  # fmt: skip
REMOVING: dict[str, Moment] = {
    "asked": lambda site, prefix: True,
    "one-down": lambda site, prefix: statuses(site, prefix) != ["up", "up"],
    "one-gone": lambda site, prefix: len(site.machines(prefix)) < 2,
    "machines-gone": lambda site, prefix: not site.machines(prefix),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    engine = Process(["engine", "--port", "0", "--time-factor", "0.1"])
    made = Site(url_in(engine.ready()), data_folder(tmp_path_factory.mktemp("systems"), "state"))
    yield made
    for process in made.processes:
        process.kill()
    engine.stop()


def made(follower: Follower, prefix: str) -> tuple[str, str]:
    """The addresses of a system that is being made, and of its Job."""
    wanted = {"name": prefix, "systemTemplate": template(prefix)}
    answer = follower.send("POST", operation(follower.collection("System"), "add"), "SystemCreate", wanted)
    assert answer.status == 201, answer.text
    return answer.headers["location"], answer.headers["cimi-job-uri"]


def over(follower: Follower, job_uri: str) -> dict[str, Any]:
    until(lambda: follower.read(job_uri, "Job")["state"] not in ("RUNNING", "QUEUED"), 60)
    job = follower.read(job_uri, "Job")
    assert job["state"] == "SUCCESS", job.get("statusMessage")
    for nested in job["nestedJobs"]:
        assert follower.read(nested["href"], "Job")["state"] == "SUCCESS"
    return job


@pytest.mark.parametrize("name", MAKING)
def test_what_was_being_made_is_made_once(site: Site, name: str) -> None:
    prefix = f"make-{name}"
    process, follower = site.gateway()
    system_uri, job_uri = made(follower, prefix)
    until(lambda: MAKING[name](site, prefix), 60, every=0.01)
    process.kill()

    process, follower = site.gateway()
    job = over(follower, job_uri)
    assert len(job["nestedJobs"]) == 5
    system = follower.read(system_uri, "System")
    assert system["state"] == "STARTED"
    assert site.left(prefix) == (2, 3, 1)  # each machine has a disk of its own
    assert [one["name"] for one in site.disks(f"{prefix}-data")] == [f"{prefix}-data"]
    assert sorted(one["name"] for one in site.machines(prefix)) == [f"{prefix}-db", f"{prefix}-web"]
    for one in site.machines(prefix):
        codes = site.reader.event_codes(one["id"])
        assert (codes[CREATION_INITIATED], codes[START_INITIATED]) == (1, 1)
    counts = Counter(
        {each: follower.items(system[each]["href"], item)["count"] for each, item in (
            ("machines", "SystemMachine"), ("volumes", "SystemVolume"), ("networks", "SystemNetwork"),
            ("credentials", "SystemCredential"))}
    )  # fmt: skip
    assert counts == {"machines": 2, "volumes": 1, "networks": 1, "credentials": 1}
    credentials = [one for one in follower.collection("Credential")["items"] if one["name"].startswith(prefix)]
    assert len(credentials) == 1
    assert process.stop() == 0


@pytest.mark.parametrize("name", REMOVING)
def test_what_was_being_removed_is_gone(site: Site, name: str) -> None:
    prefix = f"remove-{name}"
    process, follower = site.gateway()
    system_uri, job_uri = made(follower, prefix)
    over(follower, job_uri)
    answer = follower.send("DELETE", operation(follower.read(system_uri, "System"), "delete"))
    assert answer.status == 200, answer.text
    until(lambda: REMOVING[name](site, prefix), 60, every=0.01)
    process.kill()

    process, follower = site.gateway()
    assert follower.send("GET", system_uri).status == 404
    over(follower, answer.headers["cimi-job-uri"])
    assert site.left(prefix) == (0, 0, 0)
    assert follower.send("GET", system_uri).status == 404
    assert [one for one in follower.collection("Credential")["items"] if one["name"].startswith(prefix)] == []
    assert process.stop() == 0
