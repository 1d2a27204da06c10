"""Jobs as clients see them, over a store and a cloud in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.job import JobState
from deltaic.services.identity import now
from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE

ACTION = "http://schemas.dmtf.org/cimi/1/action"
TEMPLATE = {"machineTemplate": {"machineImage": {"href": f"machine_images/{IMAGE}"}, "initialState": "STARTED"}}


async def told(cimi: Client, answer: Answer) -> dict[str, Any]:
    """The job whose address an answer tells."""
    uri = answer.headers["cimi-job-uri"]
    assert uri.startswith(f"{BASE}/jobs/")
    found: dict[str, Any] = await cimi.get(uri.removeprefix(BASE))
    return found


async def test_a_creation_runs_and_succeeds(cimi: Client) -> None:
    cimi.gateway.driver.instances.creation_looks = 50
    made = await cimi.post("/machines", {"name": "web", **TEMPLATE})
    first = await told(cimi, made)
    assert (first["state"], first["progress"], first["action"]) == ("RUNNING", 50, f"{ACTION}/add")
    assert (first["targetResource"], first["affectedResources"]) == (
        {"href": f"{BASE}/machines"},
        [{"href": made.headers["location"]}],
    )
    assert "returnCode" not in first
    assert {one["rel"] for one in first["operations"]} == {"edit", "delete", f"{ACTION}/stop"}
    await cimi.gateway.operations.settle()
    over = await told(cimi, made)
    assert (over["state"], over["progress"], over["returnCode"]) == ("SUCCESS", 100, 0)
    assert (await cimi.get("/jobs"))["jobs"] == [over | {"resourceURI": over["resourceURI"]}]


async def test_a_failure_tells_its_status(cimi: Client) -> None:
    machines = cimi.gateway.driver.instances
    machines.faults.before["start"] = [Error(ErrorKind.FORBIDDEN, "No permission to run")] * 3
    made = await cimi.post("/machines", {"name": "web", **TEMPLATE})
    await cimi.gateway.operations.settle()
    over = await told(cimi, made)
    assert (over["state"], over["returnCode"], over["statusMessage"]) == ("FAILED", 403, "No permission to run")


async def test_actions_edits_and_deletions_have_jobs(cimi: Client) -> None:
    made = await cimi.post("/machines", {"name": "web", **TEMPLATE})
    await cimi.gateway.operations.settle()
    path = made.headers["location"].removeprefix(BASE)
    answers = [
        (await cimi.send("POST", f"{path}/stop"), "stop"),
        (await cimi.send("PUT", path, '{"description": "x"}', "$select=description"), "edit"),
    ]
    await cimi.gateway.operations.settle()
    answers.append((await cimi.send("DELETE", path), "delete"))
    await cimi.gateway.operations.settle()
    for answer, verb in answers:
        over = await told(cimi, answer)
        assert (over["state"], over["action"]) == ("SUCCESS", f"{ACTION}/{verb}"), verb
        assert over["targetResource"] == {"href": f"{BASE}{path}"}
    everything = await cimi.get("/jobs", "$expand=*")
    assert everything["count"] == 4


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/machines", '{"name": "x"}', 400),
        ("POST", "/machines", "{", 400),
        ("DELETE", "/machines/none", "", 404),
        ("PUT", "/machines/none?$select=name", '{"name": "x"}', 404),
        ("POST", "/machines/none/start", "", 404),
    ],
)
async def test_what_is_refused_leaves_none(cimi: Client, method: str, path: str, body: str, status: int) -> None:
    path, _, query = path.partition("?")
    answer = await cimi.send(method, path, body, query, Content_Type="application/json", Accept="application/json")
    assert (answer.status, job(answer)["state"], job(answer).get("id", "")) == (status, "FAILED", "")
    assert "cimi-job-uri" not in answer.headers
    assert cimi.gateway.store.jobs.rows == {}


async def test_a_defect_leaves_none(cimi: Client) -> None:
    def broken() -> None:
        raise KeyError("hidden")

    cimi.gateway.driver.instances.faults.before["list"] = [broken] * 5
    cimi.gateway.driver.instances.faults.before["get"] = [broken] * 5
    answer = await cimi.send("DELETE", "/machines/84623036-49fe-4f22-ac6f-ff526e8b82be")
    assert (answer.status, "hidden" in answer.text) == (500, False)
    assert cimi.gateway.store.jobs.rows == {}


async def test_an_answer_stands_when_its_job_cannot_be_written(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(job: object) -> None:
        raise Error(ErrorKind.UNAVAILABLE, "the gateway's database does not answer")

    monkeypatch.setattr(cimi.gateway.store.jobs, "create", away)
    answer = await cimi.post("/machine_configurations", {"cpu": 1, "memory": 1024})
    assert (answer.status, "cimi-job-uri" in answer.headers) == (201, False)


async def test_a_job_is_edited_and_deleted(cimi: Client) -> None:
    path = (await cimi.post("/machine_configurations", {"cpu": 1, "memory": 1024})).headers["cimi-job-uri"][len(BASE) :]
    named = '{"name": "mine", "properties": {"k": "v"}, "state": "FAILED", "progress": 3}'
    answer = await cimi.send("PUT", path, named, Content_Type="application/json")
    assert (answer.status, "cimi-job-uri" in answer.headers) == (200, False)
    changed = await cimi.get(path)
    assert (changed["name"], changed["properties"], changed["state"]) == ("mine", {"k": "v"}, "SUCCESS")
    await cimi.send("PUT", path, '{"name": null}', "$select=name", Content_Type="application/json")
    assert "name" not in await cimi.get(path)
    too_long = json.dumps({"description": "x" * 20_000})
    assert (await cimi.send("PUT", path, too_long, Content_Type="application/json")).status == 400
    assert (await cimi.send("DELETE", path)).status == 200
    assert (await cimi.send("DELETE", path)).status == 404
    assert (await cimi.get("/jobs"))["count"] == 0


async def test_stopping(cimi: Client) -> None:
    cimi.gateway.driver.instances.creation_looks = 5_000
    made = await cimi.post("/machines", {"name": "web", **TEMPLATE})
    path = made.headers["cimi-job-uri"].removeprefix(BASE)
    answer = await cimi.send("POST", f"{path}/stop")
    assert (answer.status, answer.body, "cimi-job-uri" in answer.headers) == (202, b"", False)
    assert (await cimi.get(path))["state"] == "STOPPING"
    machine = made.headers["location"].rpartition("/")[2]
    cimi.gateway.driver.instances.become(machine, InstanceState.STOPPED)
    await cimi.gateway.operations.settle()
    over = await cimi.get(path)
    assert (over["state"], over["statusMessage"]) == ("STOPPED", "It was called off")
    assert cimi.gateway.machines[machine].state is InstanceState.STOPPED
    refused = await cimi.send("POST", f"{path}/stop")
    assert (refused.status, job(refused)["statusMessage"].endswith("is over")) == (409, True)


async def test_nested_jobs_know_each_other(cimi: Client) -> None:
    path = (await cimi.post("/machine_configurations", {"cpu": 1, "memory": 1024})).headers["cimi-job-uri"][len(BASE) :]
    rows = cimi.gateway.store.jobs.rows
    (whole,) = rows.values()
    for name in ("p1", "p2"):
        part = type(whole)(name, whole.owner, "add", "machines", now(), now(), state=JobState.SUCCESS, parent=whole.id)
        rows[name] = part
    assert (await cimi.get(path))["nestedJobs"] == [{"href": f"{BASE}/jobs/{name}"} for name in ("p1", "p2")]
    assert (await cimi.get("/jobs/p1"))["parentJob"] == {"href": f"{BASE}{path}"}
    expanded = await cimi.get(path, "$expand=nestedJobs")
    assert [one["state"] for one in expanded["nestedJobs"]] == ["SUCCESS", "SUCCESS"]
    assert (await cimi.send("DELETE", path)).status == 200
    assert rows == {}


async def test_retention_is_told(cimi: Client) -> None:
    known = await cimi.get("/resource_metadata/Job")
    assert [(one["name"], one["value"]) for one in known["capabilities"]] == [("JobRetention", 2880)]
