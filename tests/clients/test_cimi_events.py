"""Event logs over HTTP, by links alone: the engine's audit log in the words of the standard."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import Gateway
from tests.support.processes import until

ACTION = "http://schemas.dmtf.org/cimi/1/action"
EVENT = "http://schemas.dmtf.org/cimi/1/event/"
MACHINE = "http://schemas.dmtf.org/cimi/1/Machine"


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def create(follower: Follower, name: str) -> str:
    """A stopped machine."""
    image = next(
        one["id"] for one in follower.collection("MachineImage")["items"] if one["name"] == "Workshop template"
    )
    made = follower.add(
        "Machine", {"name": name, "machineTemplate": {"machineImage": {"href": image}}}, "MachineCreate"
    )
    reach(follower, made["id"], "STOPPED")
    return str(made["id"])


def reach(follower: Follower, machine: str, state: str) -> None:
    until(lambda: follower.read(machine, "Machine")["state"] == state, 60)


def act(follower: Follower, machine: str, verb: str, **more: Any) -> None:
    href = operation(follower.read(machine, "Machine"), verb)
    assert follower.send("POST", href, "Action", {"action": f"{ACTION}/{verb}", **more}).status == 202


def log_of(follower: Follower, machine: str) -> dict[str, Any]:
    return follower.read(follower.read(machine, "Machine")["eventLog"]["href"], "EventLog")


def events_of(follower: Follower, log: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = follower.items(log["events"]["href"] + query, "Event")["items"]
    return found


def remove(follower: Follower, machine: str) -> None:
    assert follower.send("DELETE", operation(follower.read(machine, "Machine"), "delete")).status == 200


def test_the_life_of_a_machine_is_in_its_log(follower: Follower) -> None:
    machine = create(follower, "logged")
    act(follower, machine, "start")
    reach(follower, machine, "STARTED")
    act(follower, machine, "stop", force=True)
    reach(follower, machine, "STOPPED")
    log = log_of(follower, machine)
    assert (log["name"], log["targetResource"], verbs(log)) == ("logged", {"href": machine}, {"edit"})
    events = events_of(follower, log)
    # As many as the engine has, the newest first, each counted once.
    engine = follower.client.gateway.engine.event_codes(machine.rpartition("/")[2])
    assert len(events) == sum(engine.values())
    assert [one["timestamp"] for one in events] == sorted((one["timestamp"] for one in events), reverse=True)
    counts = Counter(one["severity"] for one in events)
    assert log["summary"] == {name: counts[name] for name in ("low", "medium", "high", "critical")}
    assert log["summary"]["low"] == len(events)

    by_type: dict[str, list[dict[str, Any]]] = {}
    for one in reversed(events):
        by_type.setdefault(one["type"].removeprefix(EVENT), []).append(one["content"])
    states = [one["state"] for one in by_type["state"]]
    assert list(dict.fromkeys(states)) == ["STARTING", "STARTED", "STOPPED"]
    assert [one.get("previous") for one in by_type["state"]] == [None, *states[:-1]]
    assert {(one["resName"], one["resource"], one["resType"]) for one in by_type["state"]} == {
        ("logged", machine, MACHINE)
    }
    assert by_type["model"][0]["change"] == "create"
    assert "start" in [one["operation"] for one in by_type["access"]]
    assert {one["initiator"].partition("@")[0] for one in by_type["access"]} == {"admin"}
    outcomes = {one["outcome"] for one in events}
    assert outcomes >= {"Pending", "Success"}
    assert outcomes <= {"Pending", "Success", "Status"}
    assert follower.read(events[0]["id"], "Event") == events[0]

    remove(follower, machine)
    until(lambda: follower.send("GET", log["id"]).status == 404, 30)


def test_events_are_asked_for_like_anything_else(follower: Follower) -> None:
    machine = create(follower, "asked")
    act(follower, machine, "start")
    reach(follower, machine, "STARTED")
    log = log_of(follower, machine)
    every = events_of(follower, log)
    states = events_of(follower, log, f"?$filter=type='{EVENT}state'")
    assert states == [one for one in every if one["type"] == f"{EVENT}state"]
    assert len(states) >= 2
    assert events_of(follower, log, "?$orderby=timestamp:asc&$last=1")[0]["timestamp"] == every[-1]["timestamp"]
    assert events_of(follower, log, "?$first=1&$last=2") == every[:2]
    remove(follower, machine)


def test_every_machine_has_a_log_and_clients_make_more(follower: Follower) -> None:
    machine = create(follower, "twice")
    mine = log_of(follower, machine)
    logs = {one["id"]: one for one in follower.collection("EventLog")["items"]}
    machines = {one["eventLog"]["href"] for one in follower.collection("Machine")["items"]}
    assert machines <= set(logs)
    assert logs[mine["id"]]["summary"] == mine["summary"]

    template = follower.add("EventLogTemplate", {"name": "short", "persistence": "daily"})
    given = {"href": template["id"], "targetResource": {"href": machine}}
    made = follower.add("EventLog", {"name": "audit", "eventLogTemplate": given}, "EventLogCreate")
    assert (made["name"], made["persistence"], made["summary"]) == ("audit", "daily", mine["summary"])
    assert [one["description"] for one in events_of(follower, made)] == [
        one["description"] for one in events_of(follower, mine)
    ]
    changed = follower.read(made["id"], "EventLog") | {"persistence": "weekly"}
    assert follower.send("PUT", operation(changed, "edit"), "EventLog", changed).status == 200
    assert follower.read(made["id"], "EventLog")["persistence"] == "weekly"
    for one, item in ((made, "EventLog"), (template, "EventLogTemplate")):
        assert follower.send("DELETE", operation(follower.read(one["id"], item), "delete")).status == 200
    assert follower.send("GET", made["id"]).status == 404
    remove(follower, machine)


def test_what_went_wrong_is_an_alarm(follower: Follower) -> None:
    machine = create(follower, "broken")
    text = f"The disk of machine {follower.form.value} is about to fail"
    follower.client.gateway.engine.post(
        "/events",
        {
            "description": text, "severity": "alert", "origin": "monitor",
            "custom_id": 7001 + list(Format).index(follower.form), "vm": {"id": machine.rpartition("/")[2]},
        },
    )  # fmt: skip
    log = log_of(follower, machine)
    assert log["summary"]["critical"] == 1
    (event,) = (one for one in events_of(follower, log) if one["severity"] == "critical")
    assert (event["type"], event["outcome"], event["description"]) == (f"{EVENT}alarm", "Warning", text)
    assert (event["content"]["code"], event["content"]["detail"]) == ("9000", text)
    remove(follower, machine)
