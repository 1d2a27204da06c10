"""Event logs: what the audit log tells in the words of the standard, and what clients say about logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deltaic.frontends.cimi.record import log_records, targets
from deltaic.model.event import Change, Event, EventKind, Outcome, Severity
from deltaic.model.instance import InstanceState
from deltaic.services import events as events_service
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import OTHER_VM, VM

LOG = f"/event_logs/machine.{VM}"
NOW = datetime.now(UTC).replace(microsecond=0)


def event(number: int, kind: EventKind, outcome: Outcome, **members: Any) -> Event:
    usual: dict[str, Any] = {
        "time": NOW - timedelta(minutes=100 - number), "severity": Severity.NORMAL, "code": str(number),
        "text": f"event {number}", "instance_id": VM, "instance_name": "native-vm1", "user": "admin@internal",
    }  # fmt: skip
    return Event(id=str(number), kind=kind, outcome=outcome, **(usual | members))


@pytest.fixture(autouse=True)
def happened(cimi: Client) -> None:
    rows = [
        event(1, EventKind.MODEL, Outcome.SUCCESS, change=Change.CREATE),
        event(2, EventKind.STATE, Outcome.SUCCESS, state=InstanceState.STARTING),
        event(3, EventKind.ACCESS, Outcome.PENDING, operation="start"),
        event(4, EventKind.STATE, Outcome.SUCCESS, state=InstanceState.RUNNING),
        event(5, EventKind.ALARM, Outcome.FAILURE, severity=Severity.ERROR),
        event(6, EventKind.ALARM, Outcome.WARNING, severity=Severity.ALERT, time=NOW - timedelta(days=2)),
        event(7, EventKind.STATE, Outcome.STATUS, severity=Severity.WARNING, instance_id=OTHER_VM),
    ]
    cimi.gateway.driver.events.rows = rows[::-1]


async def test_a_machine_leads_to_its_log(cimi: Client) -> None:
    machine = await cimi.get(f"/machines/{VM}")
    assert machine["eventLog"] == {"href": f"{BASE}{LOG}"}
    log = await cimi.get(LOG)
    assert log == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/EventLog",
        "id": f"{BASE}{LOG}",
        "name": "vm1",
        "created": "2012-10-10T07:53:08.984Z",
        "targetResource": {"href": f"{BASE}/machines/{VM}"},
        "events": {"href": f"{BASE}{LOG}/events"},
        "summary": {"low": 4, "medium": 0, "high": 1, "critical": 1},
        "operations": [{"rel": "edit", "href": f"{BASE}{LOG}"}],
    }


async def test_events_are_newest_first_with_the_content_of_their_type(cimi: Client) -> None:
    document = await cimi.get(f"{LOG}/events")
    events = document["events"]
    assert (document["count"], [one["description"] for one in events]) == (
        6, ["event 6", "event 5", "event 4", "event 3", "event 2", "event 1"],
    )  # fmt: skip
    machine = {"resource": f"{BASE}/machines/{VM}"}
    named = {"resName": "vm1", "resType": "http://schemas.dmtf.org/cimi/1/Machine"} | machine
    assert [one["content"] for one in events] == [
        named | {"code": "6", "detail": "event 6"},
        named | {"code": "5", "detail": "event 5"},
        named | {"state": "STARTED", "previous": "STARTING"},
        machine | {"operation": "start", "detail": "event 3", "initiator": "admin@internal"},
        named | {"state": "STARTING"},
        named | {"change": "create", "detail": "event 1"},
    ]
    words = ["alarm", "alarm", "state", "access", "state", "model"]
    assert [one["type"] for one in events] == [f"http://schemas.dmtf.org/cimi/1/event/{word}" for word in words]
    assert [one["outcome"] for one in events] == ["Warning", "Failure", "Success", "Pending", "Success", "Success"]
    assert [one["severity"] for one in events] == ["critical", "high", "low", "low", "low", "low"]
    assert await cimi.get(f"{LOG}/events/4") == events[2]


async def test_events_are_filtered_sorted_and_cut(cimi: Client) -> None:
    high = await cimi.get(f"{LOG}/events", query="$filter=severity='high'")
    assert [one["description"] for one in high["events"]] == ["event 5"]
    oldest = await cimi.get(f"{LOG}/events", query="$orderby=timestamp:asc&$first=2&$last=2")
    assert ([one["description"] for one in oldest["events"]], oldest["count"]) == (["event 1"], 6)


async def test_a_list_of_logs_reads_the_events_once(cimi: Client) -> None:
    document = await cimi.get("/event_logs")
    summaries = {one["name"]: one["summary"] for one in document["eventLogs"]}
    assert summaries == {
        "vm1": {"low": 4, "medium": 0, "high": 1, "critical": 1},
        "vm2": {"low": 0, "medium": 1, "high": 0, "critical": 0},
    }
    assert cimi.gateway.driver.events.calls == 1
    await cimi.get("/machines", query="$expand=eventLog/events")
    assert cimi.gateway.driver.events.calls == 2


async def test_a_list_says_nothing_where_it_did_not_read_everything(
    cimi: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_service, "OF_SCOPE", 3)
    document = await cimi.get("/event_logs")
    assert ["summary" in one for one in document["eventLogs"]] == [False, False]
    assert (await cimi.get(LOG))["summary"]["low"] == 4


async def test_a_list_reads_only_so_many_logs_one_by_one(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_service, "OF_SCOPE", 3)
    monkeypatch.setattr(targets._Reads.__init__, "__defaults__", (1,))
    answer = await cimi.send("GET", "/event_logs", query="$expand=events")
    assert (answer.status, "one by one" in job(answer)["statusMessage"]) == (400, True)


async def test_a_log_of_ones_own(cimi: Client) -> None:
    made = await cimi.post("/event_log_templates", {"name": "short", "persistence": "daily"})
    template = made.headers["location"]
    body = {
        "name": "today",
        "properties": {"team": "blue"},
        "eventLogTemplate": {"href": template, "targetResource": {"href": f"{BASE}/machines/{VM}"}},
    }
    answer = await cimi.post("/event_logs", body)
    assert answer.status == 201
    path = answer.headers["location"].removeprefix(BASE)
    log = await cimi.get(path)
    assert (log["name"], log["properties"], log["persistence"]) == ("today", {"team": "blue"}, "daily")
    assert log["targetResource"] == {"href": f"{BASE}/machines/{VM}"}
    # The one that is two days old is left out.
    assert log["summary"] == {"low": 4, "medium": 0, "high": 1, "critical": 0}
    assert (await cimi.get(f"{path}/events"))["count"] == 5
    assert [one["rel"] for one in log["operations"]] == ["edit", "delete"]
    assert len((await cimi.get("/event_logs"))["eventLogs"]) == 3
    assert (await cimi.send("DELETE", path)).status == 200
    assert (await cimi.send("GET", path)).status == 404


async def test_the_log_of_a_machine_is_edited_and_stays(cimi: Client) -> None:
    for persistence in ("weekly", "daily"):
        body = f'{{"persistence": "{persistence}"}}'
        answer = await cimi.send(
            "PUT", LOG, body, query="$select=persistence", Content_Type="application/json", Accept="application/json"
        )
        assert answer.status == 200, answer.text
        assert (await cimi.get(LOG))["persistence"] == persistence
    assert (await cimi.get(LOG))["summary"]["critical"] == 0
    assert (await cimi.get(LOG))["name"] == "vm1"
    assert (await cimi.send("DELETE", LOG)).status == 403


async def test_logs_of_machines_that_are_gone_make_room(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_records, "MANY", 2)
    template = {"targetResource": {"href": f"{BASE}/machines/{OTHER_VM}"}}
    for _ in range(2):
        assert (await cimi.post("/event_logs", {"eventLogTemplate": template})).status == 201
    assert len(cimi.gateway.store.records.rows) == 2
    template = {"targetResource": {"href": f"{BASE}/machines/{VM}"}}
    assert (await cimi.post("/event_logs", {"eventLogTemplate": template})).status == 201
    assert len(cimi.gateway.store.records.rows) == 3
    del cimi.gateway.machines[OTHER_VM]
    assert (await cimi.post("/event_logs", {"eventLogTemplate": template})).status == 201
    assert len(cimi.gateway.store.records.rows) == 2


async def test_capabilities(cimi: Client) -> None:
    for name, told in (
        ("EventLog", {"Linked": True}),
        ("Meter", {"MeterConfigByValue": True, "MeterTemplateByValue": True}),
    ):
        entry = await cimi.get(f"/resource_metadata/{name}")
        assert {one["name"]: one["value"] for one in entry["capabilities"]} == told
    meter = await cimi.get("/resource_metadata/Meter")
    assert [one["name"] for one in meter["actions"]] == ["start", "stop"]


@pytest.mark.parametrize(
    ("template", "status", "field"),
    [
        ({"persistence": "daily"}, 400, "targetResource"),
        ({"targetResource": {"href": f"{BASE}/machines/{OTHER_VM}"}, "persistence": "hourly"}, 400, "persistence"),
        ({"targetResource": {"href": f"{BASE}/networks/x"}}, 400, "targetResource"),
        ({"targetResource": {"href": f"{BASE}/machines/no-such"}}, 404, "no-such"),
        ({"targetResource": {"href": "http://elsewhere.example/cimi/machines/x"}}, 400, "another host"),
    ],
)
async def test_wrong_templates(cimi: Client, template: dict[str, Any], status: int, field: str) -> None:
    answer = await cimi.post("/event_logs", {"eventLogTemplate": template})
    assert (answer.status, field in job(answer)["statusMessage"]) == (status, True), answer.text


@pytest.mark.parametrize("path", ["/event_logs/machine.", "/event_logs/machine.x", "/event_logs/x", f"{LOG}/events/99"])
async def test_what_is_not_there(cimi: Client, path: str) -> None:
    assert (await cimi.send("GET", path)).status == 404
