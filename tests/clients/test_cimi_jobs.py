"""Jobs over HTTP: what every change tells of itself, and machines that are brought to each of their initial states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from deltaic.protocols.cimi.json_reader import read_collection_json
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.xml_reader import read_collection_xml
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import Answer, Gateway
from tests.support.processes import Process, until, url_in

SCHEMA = Path(__file__).parents[1] / "data" / "cimi" / "dsp8009_1.0.2_patched.xsd"
OTHER = "user@internal"
ACTION = "http://schemas.dmtf.org/cimi/1/action"


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def image(follower: Follower, name: str = "Workshop template") -> str:
    return next(one["id"] for one in follower.collection("MachineImage")["items"] if one["name"] == name)


def ask(follower: Follower, state: str, name: str = "jobbed") -> Answer:
    """Ask for a machine that is brought to a state."""
    template = {"initialState": state, "machineImage": {"href": image(follower)}}
    add = operation(follower.collection("Machine"), "add")
    return follower.send("POST", add, "MachineCreate", {"name": name, "machineTemplate": template})


def job(follower: Follower, answer: Answer) -> dict[str, Any]:
    """The job of a request, whose address the answer tells."""
    return follower.read(answer.headers["cimi-job-uri"], "Job")


def ended(follower: Follower, answer: Answer) -> dict[str, Any]:
    """The same once it is over."""
    until(lambda: job(follower, answer)["progress"] == 100, 60)
    return job(follower, answer)


def engine_status(follower: Follower, machine: str) -> str:
    vm: dict[str, Any] = follower.client.gateway.engine.get(f"/vms/{machine.rpartition('/')[2]}")
    return str(vm["status"])


def act(follower: Follower, machine: str, verb: str) -> Answer:
    uri = operation(follower.read(machine, "Machine"), verb)
    return follower.send("POST", uri, "Action", {"action": f"{ACTION}/{verb}"})


def test_the_life_of_a_machine_in_jobs(follower: Follower) -> None:
    made = ask(follower, "STARTED")
    machine = made.headers["location"]
    first = job(follower, made)
    assert first["id"] == made.headers["cimi-job-uri"]
    assert first["targetResource"]["href"] == follower.collection("Machine")["id"]
    assert (first["affectedResources"], first["action"]) == ([{"href": machine}], f"{ACTION}/add")
    over = ended(follower, made)
    assert (over["state"], over["returnCode"], engine_status(follower, machine)) == ("SUCCESS", 0, "up")
    assert over["timeOfStatusChange"] >= over["created"]
    assert verbs(over) == {"edit", "delete"}
    assert over in follower.collection("Job")["items"]

    changed = follower.read(machine, "Machine") | {"description": "changed"}
    edited = follower.send("PUT", operation(changed, "edit"), "Machine", changed)
    stopped = act(follower, machine, "stop")
    assert (edited.status, stopped.status, stopped.text) == (200, 202, "")
    assert "content-type" not in stopped.headers
    for answer, verb in ((edited, "edit"), (stopped, "stop")):
        told = ended(follower, answer)
        assert (told["state"], told["action"]) == ("SUCCESS", f"{ACTION}/{verb}")
        assert (told["targetResource"], told["affectedResources"]) == ({"href": machine}, [{"href": machine}])
    assert engine_status(follower, machine) == "down"

    removed = follower.send("DELETE", operation(follower.read(machine, "Machine"), "delete"))
    told = ended(follower, removed)
    assert (removed.status, told["state"], told["targetResource"]) == (200, "SUCCESS", {"href": machine})
    assert follower.send("GET", machine).status == 404


def test_a_job_is_named_and_forgotten(follower: Follower) -> None:
    answer = follower.send("POST", operation(follower.collection("MachineConfiguration"), "add"),
                           "MachineConfiguration", {"name": "c", "cpu": 1, "memory": 1024})  # fmt: skip
    told = job(follower, answer)
    assert (told["state"], told["affectedResources"]) == ("SUCCESS", [{"href": answer.headers["location"]}])
    named = {"name": "mine", "description": "<&>", "properties": {"k": "v"}, "state": "FAILED"}
    put = follower.send("PUT", operation(told, "edit"), "Job", told | named)
    assert (put.status, "cimi-job-uri" in put.headers) == (200, False)
    read = job(follower, answer)
    assert [read[name] for name in named] == ["mine", "<&>", {"k": "v"}, "SUCCESS"]
    stop = follower.send("POST", read["id"], "Action", {"action": f"{ACTION}/stop"})
    assert (stop.status, follower.document(stop, "Job")["returnCode"]) == (409, 409)
    stranger = Follower(follower.client, follower.form, OTHER)
    assert stranger.send("GET", read["id"]).status == 404
    assert read["id"] not in [one["id"] for one in stranger.collection("Job")["items"]]
    assert stranger.send("DELETE", read["id"]).status == 404
    assert follower.send("DELETE", operation(read, "delete")).status == 200
    assert follower.send("GET", read["id"]).status == 404
    assert follower.send("DELETE", answer.headers["location"]).status == 200


def test_a_refused_request_leaves_no_job(follower: Follower) -> None:
    before = follower.collection("Job")["items"]
    refused = follower.send("POST", operation(follower.collection("Machine"), "add"), "MachineCreate", {"name": "x"})
    told = follower.document(refused, "Job")
    assert (refused.status, told["state"], told["returnCode"], told.get("id", "")) == (400, "FAILED", 400, "")
    assert "cimi-job-uri" not in refused.headers
    assert follower.send("DELETE", f"{follower.collection('Machine')['id']}/none").status == 404
    assert follower.collection("Job")["items"] == before


def test_a_machine_is_made_to_wait_paused(follower: Follower) -> None:
    metadata = follower.collection("ResourceMetadata")["items"]
    machines = next(one for one in metadata if one["id"].endswith("/Machine"))
    states = next(one["value"] for one in machines["capabilities"] if one["name"] == "InitialStates")
    assert states == "STOPPED,STARTED,PAUSED"
    made = ask(follower, "PAUSED", "paused")
    machine = made.headers["location"]
    seen = set[str]()
    until(lambda: seen.add(follower.read(machine, "Machine")["state"]) or "PAUSED" in seen, 60)
    assert seen <= {"CREATING", "STARTING", "PAUSED"}
    assert ended(follower, made)["state"] == "SUCCESS"
    assert engine_status(follower, machine) == "paused"
    assert act(follower, machine, "start").status == 202
    until(lambda: follower.read(machine, "Machine")["state"] == "STARTED", 60)
    assert engine_status(follower, machine) == "up"
    assert follower.send("DELETE", machine).status == 200


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """A demo that is as slow as an engine, so that there is time to stop what it does."""
    folder = tmp_path_factory.mktemp("slow") / "demo"
    arguments = ["demo", "--port", "0", "--engine-port", "0", "--time-factor", "1", "--data", str(folder)]
    process = Process(arguments)
    gateway, engine = (url_in(part) for part in process.ready().split(","))
    yield Follower(CimiClient(Gateway(f"{gateway}/ec2/", engine)), Format.JSON)
    assert process.stop() == 0


def test_a_creation_is_called_off(slow: Follower) -> None:
    made = ask(slow, "STARTED", "off")
    machine = made.headers["location"]
    running = job(slow, made)
    assert (running["state"], verbs(running)) == ("RUNNING", {"edit", "delete", "stop"})
    assert 0 < running["progress"] < 100
    stop = slow.send("POST", operation(running, "stop"), "Action", {"action": f"{ACTION}/stop"})
    assert (stop.status, job(slow, made)["state"]) == (202, "STOPPING")
    told = ended(slow, made)
    assert (told["state"], told["affectedResources"]) == ("STOPPED", [{"href": machine}])
    assert slow.read(machine, "Machine")["state"] == "STOPPED"
    codes = slow.client.gateway.engine.event_codes(machine.rpartition("/")[2])
    assert (codes["37"], codes["150"]) == (1, 0)
    removed = slow.send("DELETE", machine)
    running = job(slow, removed)
    assert (running["state"], verbs(running)) == ("RUNNING", {"edit"})
    assert slow.send("DELETE", running["id"]).status == 409
    assert ended(slow, removed)["state"] == "SUCCESS"


def same_in_both(follower: Follower, query: str) -> bool:
    xml = follower.client.get(f"/jobs?{query}").text.encode()
    text = follower.client.get(f"/jobs?{query}", "application/json").text.encode()
    return read_collection_json(text, "Job") == read_collection_xml(xml, "Job")


@pytest.mark.parametrize("query", ["$expand=*", "$expand=nestedJobs,targetResource&$first=1&$last=3"])
def test_jobs_are_valid_with_all_they_lead_to(demo: Gateway, query: str) -> None:
    follower = Follower(CimiClient(demo), Format.XML)
    made = ask(follower, "STOPPED", "expanded")
    assert ended(follower, made)["state"] == "SUCCESS"
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    try:
        xml = follower.client.get(f"/jobs?{query}").text.encode()
        schema.assertValid(etree.fromstring(xml))
        # Machines of others may change in between.
        until(lambda: same_in_both(follower, query), 20)
    finally:
        assert follower.send("DELETE", made.headers["location"]).status == 200
