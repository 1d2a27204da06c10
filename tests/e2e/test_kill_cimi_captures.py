"""The gateway is killed in the middle of captures and restores that came through CIMI: every job ends and tells the
truth, the promised address leads to the one image there is, and no temporary snapshot stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DEFAULT_CENTER, DEFAULT_CLUSTER, WORKSHOP, Gateway
from tests.e2e.engine_reader import EngineReader
from tests.support.processes import Process, data_folder, until, url_in

ENVIRONMENT = {"DELTAIC_FRONTENDS": "cimi"}
ACTION = "http://schemas.dmtf.org/cimi/1/action"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class Site:
    """An engine that stays, one machine that runs in it, and a gateway that is killed."""

    def __init__(self, engine: str, data: str) -> None:
        self.engine = engine
        self.reader = EngineReader(engine)
        self.settings = ["--provider", f"{engine};{DEFAULT_CENTER}", "--data", data]
        body = {"name": "pictured", "cluster": {"id": DEFAULT_CLUSTER}, "template": {"id": WORKSHOP}}
        self.vm = str(self.reader.post("/vms", body)["id"])
        until(lambda: self.status() == "down")
        self.reader.post(f"/vms/{self.vm}/start", {})
        until(lambda: self.status() == "up")

    def gateway(self) -> tuple[Process, CimiClient]:
        process = Process(["serve", *self.settings, "--port", "0"], ENVIRONMENT)
        return process, CimiClient(Gateway(url_in(process.ready()), self.engine))

    def status(self) -> str:
        return str(self.reader.get(f"/vms/{self.vm}")["status"])

    def snapshots(self) -> list[str]:
        """The states of the machine's snapshots."""
        found = self.reader.get(f"/vms/{self.vm}/snapshots")["snapshot"]
        return [one["snapshot_status"] for one in found if one["snapshot_type"] == "regular"]

    def templates(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.reader.get("/templates")["template"] if one["name"] == name]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    engine = Process(["engine", "--port", "0", "--time-factor", "0.3"])
    yield Site(url_in(engine.ready()), data_folder(tmp_path_factory.mktemp("captures"), "state"))
    engine.stop()


def path(uri: str) -> str:
    """The address below the base: the next gateway listens elsewhere."""
    return urlsplit(uri).path.removeprefix("/cimi")


def read(client: CimiClient, address: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(client.get(address, "application/json").text)
    return document


def ended(client: CimiClient, address: str) -> dict[str, Any]:
    until(lambda: read(client, address)["progress"] == 100, 60)
    return read(client, address)


MOMENTS: dict[str, Callable[[Site, str], bool]] = {
    "at once": lambda site, name: True,
    "the snapshot is there": lambda site, name: site.snapshots() == ["ok"] or bool(site.templates(name)),
    "the template is being made": lambda site, name: len(site.templates(name)) == 1,
    "the template is there": lambda site, name: [one["status"] for one in site.templates(name)] == ["ok"],
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_capture(site: Site, moment: str) -> None:
    name = f"kill-{moment.replace(' ', '-')}"
    process, client = site.gateway()
    body = {"name": name, "type": "IMAGE", "imageLocation": f"machines/{site.vm}"}
    answer = client.send("POST", "/machine_images", json.dumps(body), JSON)
    assert (answer.status, json.loads(answer.text)["state"]) == (201, "CREATING")
    until(lambda: MOMENTS[moment](site, name), 30, every=0.01)
    process.kill()

    process, client = site.gateway()
    job = ended(client, path(answer.headers["cimi-job-uri"]))
    assert (job["state"], job["returnCode"]) == ("SUCCESS", 0), job
    (template,) = site.templates(name)
    assert (template["status"], site.snapshots(), site.status()) == ("ok", [], "up")
    image = read(client, path(answer.headers["location"]))
    assert (image["state"], image["imageLocation"]) == ("AVAILABLE", f"urn:uuid:{template['id']}")
    images = read(client, "/machine_images")["machineImages"]
    assert [one["id"] for one in images if one["name"] == name] == [image["id"]]
    assert process.stop() == 0


def test_a_restore(site: Site) -> None:
    process, client = site.gateway()
    body = {"name": "good", "type": "SNAPSHOT", "imageLocation": f"machines/{site.vm}"}
    image = client.send("POST", "/machine_images", json.dumps(body), JSON).headers["location"]
    until(lambda: read(client, image)["state"] == "AVAILABLE")
    action = json.dumps({"action": f"{ACTION}/restore", "image": {"href": image}})
    answer = client.send("POST", f"/machines/{site.vm}/restore", action, JSON)
    assert answer.status == 202
    job_path = path(answer.headers["cimi-job-uri"])
    until(lambda: site.status() == "image_locked" or read(client, job_path)["progress"] == 100, 30, every=0.01)
    process.kill()

    process, client = site.gateway()
    job = ended(client, job_path)
    assert (job["state"], site.status(), site.snapshots()) == ("SUCCESS", "up", ["ok"])
    machine = read(client, f"/machines/{site.vm}")
    assert (machine["state"], path(machine["latestSnapshot"]["href"])) == ("STARTED", path(image))
    assert process.stop() == 0
