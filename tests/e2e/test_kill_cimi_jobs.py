"""The gateway is killed in the middle of creations that came through CIMI: every job still ends, and tells the truth.

Each round sends several requests at once and kills the gateway at another point of what the engine then shows.
Nobody repeats a request.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP, Answer, Gateway
from tests.e2e.engine_reader import EngineReader
from tests.support.processes import Process, data_folder, until, url_in

EACH_ROUND = 3
CREATION_INITIATED, START_INITIATED, REMOVED = "37", "150", "113"
#: So short that the jobs of unanswered requests are known as left alone within seconds.
ENVIRONMENT = {"DELTAIC_REQUEST_TIMEOUT": "8", "DELTAIC_FRONTENDS": "cimi"}
OVER = {"SUCCESS", "FAILED", "STOPPED"}


def statuses(reader: EngineReader, prefix: str) -> list[str]:
    return [each["status"] for each in reader.machines() if each["name"].startswith(prefix)]


def at_once(reader: EngineReader, prefix: str) -> bool:
    return True


def accepted(reader: EngineReader, prefix: str) -> bool:
    return len(statuses(reader, prefix)) >= 1


def unlocked(reader: EngineReader, prefix: str) -> bool:
    return any(status != "image_locked" for status in statuses(reader, prefix))


def started(reader: EngineReader, prefix: str) -> bool:
    return any(status in ("wait_for_launch", "powering_up", "up") for status in statuses(reader, prefix))


MOMENTS: list[Callable[[EngineReader, str], bool]] = [at_once, accepted, unlocked, started]


class Site:
    """An engine that stays and a gateway that is killed; what was answered, by the machines' names."""

    def __init__(self, engine: str, data: str) -> None:
        self.engine = engine
        self.reader = EngineReader(engine)
        self.settings = ["--provider", f"{engine};{DEFAULT_CENTER}", "--data", data]
        self.answers: dict[str, Answer] = {}
        self.jobs: list[dict[str, Any]] = []

    def gateway(self) -> tuple[Process, CimiClient]:
        process = Process(["serve", *self.settings, "--port", "0"], ENVIRONMENT)
        return process, CimiClient(Gateway(url_in(process.ready()), self.engine))

    def create(self, client: CimiClient, name: str) -> None:
        """Ask once for a machine that runs."""
        template = {"initialState": "STARTED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}}
        body = json.dumps({"name": name, "machineTemplate": template})
        try:
            answer = client.send("POST", "/machines", body, {"Content-Type": "application/json"})
        except (OSError, http.client.HTTPException):
            return
        assert answer.status == 201, answer.text
        self.answers[name] = answer

    def machines(self) -> list[dict[str, Any]]:
        return [each for each in self.reader.machines() if each["name"].startswith("kill-")]


def killed_at(site: Site, moment: Callable[[EngineReader, str], bool]) -> None:
    prefix = f"kill-{moment.__name__.replace('_', '-')}"
    process, client = site.gateway()
    with ThreadPoolExecutor(EACH_ROUND) as pool:
        asked = [pool.submit(site.create, client, f"{prefix}-{number}") for number in range(EACH_ROUND)]
        until(lambda: moment(site.reader, prefix), 60, every=0.01)
        process.kill()
    for each in asked:
        each.result()


def read_jobs(client: CimiClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(client.get("/jobs", "application/json").text).get("jobs", [])
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What is left after a gateway was killed at each of the moments, once every job is over."""
    engine = Process(["engine", "--port", "0", "--time-factor", "0.1"])
    site = Site(url_in(engine.ready()), data_folder(tmp_path_factory.mktemp("gateway"), "state"))
    for moment in MOMENTS:
        killed_at(site, moment)
    process, client = site.gateway()
    until(lambda: all(each["state"] in OVER for each in read_jobs(client)), 90, every=0.5)
    site.jobs = read_jobs(client)
    yield site
    assert process.stop() == 0
    engine.stop()


def machine_of(job: dict[str, Any]) -> str:
    (affected,) = job["affectedResources"]
    return unquote(str(affected["href"])).rpartition("/")[2]


def test_every_job_ended(site: Site) -> None:
    assert len(site.jobs) >= EACH_ROUND * (len(MOMENTS) - 1)
    assert {each["progress"] for each in site.jobs} == {100}
    assert {each["state"] for each in site.jobs} <= {"SUCCESS", "FAILED"}


def test_what_succeeded_is_there_and_runs(site: Site) -> None:
    succeeded = Counter(machine_of(each) for each in site.jobs if each["state"] == "SUCCESS")
    assert succeeded == Counter(each["id"] for each in site.machines())
    assert {each["status"] for each in site.machines()} == {"up"}


def test_what_failed_made_nothing_and_says_why(site: Site) -> None:
    failed = [each for each in site.jobs if each["state"] == "FAILED"]
    assert [each for each in failed if "affectedResources" in each] == []
    assert {(each["returnCode"], "gateway was stopped" in each["statusMessage"]) for each in failed} <= {(503, True)}


def test_who_was_answered_was_told_the_truth(site: Site) -> None:
    jobs = {each["id"].rpartition("/")[2]: each for each in site.jobs}
    for name, answer in site.answers.items():
        job = jobs[answer.headers["cimi-job-uri"].rpartition("/")[2]]
        machine = answer.headers["location"].rpartition("/")[2]
        assert (job["state"], machine_of(job)) == ("SUCCESS", machine), name


def test_nothing_was_made_or_started_twice(site: Site) -> None:
    codes = {each["name"]: site.reader.event_codes(each["id"]) for each in site.machines()}
    assert len(codes) == len(site.machines())
    counts = {(found[CREATION_INITIATED], found[START_INITIATED], found[REMOVED]) for found in codes.values()}
    assert counts == {(1, 1, 0)}
