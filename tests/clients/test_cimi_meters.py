"""Meters over HTTP, by links alone: the engine's own figures, and what the gateway keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.conftest import demo_process, gateway_of
from tests.clients.gateway import Gateway
from tests.e2e.engine_reader import EngineReader
from tests.support.processes import until

ACTION = "http://schemas.dmtf.org/cimi/1/action"
ASPECT = "http://schemas.dmtf.org/cimi/1/aspect/"
#: The shortest interval of a demo that runs ten times as fast as an engine does.
INTERVAL = 2


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


@pytest.fixture
def machine(follower: Follower) -> Iterator[dict[str, Any]]:
    """A machine that runs."""
    image = next(
        one["id"] for one in follower.collection("MachineImage")["items"] if one["name"] == "Workshop template"
    )
    template = {"initialState": "STARTED", "machineImage": {"href": image}}
    made = follower.add("Machine", {"name": "metered", "machineTemplate": template}, "MachineCreate")
    until(lambda: follower.read(made["id"], "Machine")["state"] == "STARTED", 60)
    found = follower.read(made["id"], "Machine")
    yield found
    follower.send("DELETE", found["id"])


def native(uri: str) -> str:
    return uri.rpartition("/")[2]


def meters_of(follower: Follower, resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The meters that a resource leads to, by the last word of their aspect."""
    found = follower.items(resource["meters"]["href"], "Meter")["items"]
    return {one["aspect"].removeprefix(ASPECT): one for one in found}


def samples(follower: Follower, meter: dict[str, Any]) -> list[dict[str, Any]]:
    found = follower.items(meter["samples"]["href"], "Sample")["items"]
    return [one["sample"] for one in found]


def value(follower: Follower, meter: dict[str, Any]) -> str:
    """The figure of this moment."""
    (sample,) = samples(follower, meter)
    return str(sample["value"])


def figure(engine: EngineReader, path: str, name: str) -> float:
    """The engine's own figure."""
    rows = engine.get(f"{path}/statistics")["statistic"]
    return float(next(row["values"]["value"][0]["datum"] for row in rows if row["name"] == name))


def total(engine: EngineReader, path: str, member: str, name: str) -> float:
    """The same, of all parts of a machine."""
    rows = engine.get(path)[member]
    return sum(figure(engine, f"{path}/{row['id']}", name) for row in rows)


def plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def engine_figures(engine: EngineReader, vm: str) -> dict[str, str]:
    """What the meters of a machine should tell, read past the gateway."""
    disks = [engine.get(f"/disks/{one['id']}") for one in engine.get(f"{vm}/diskattachments")["disk_attachment"]]
    return {
        "cpu": plain(figure(engine, vm, "cpu.current.total")),
        "memory": str(ceil(figure(engine, vm, "memory.used") / 1024)),
        "disk": str(ceil(sum(int(disk["actual_size"]) for disk in disks) / 1000)),
        "inputBandwidth": plain(total(engine, f"{vm}/nics", "nic", "data.current.rx")),
        "outputBandwidth": plain(total(engine, f"{vm}/nics", "nic", "data.current.tx")),
    }


def create(follower: Follower, document: dict[str, Any], uri: str = "") -> dict[str, Any]:
    return follower.add("Meter", document, "MeterCreate", uri)


def template(follower: Follower, aspect: str) -> str:
    """The provider's template of an aspect."""
    found = follower.collection("MeterTemplate")["items"]
    return next(str(one["id"]) for one in found if one["name"] == aspect)


def act(follower: Follower, uri: str, verb: str) -> None:
    href = operation(follower.read(uri, "Meter"), verb)
    assert follower.send("POST", href, "Action", {"action": f"{ACTION}/{verb}"}).status == 202


def test_a_running_machines_meters_tell_the_engines_figures(follower: Follower, machine: dict[str, Any]) -> None:
    engine = follower.client.gateway.engine
    meters = meters_of(follower, machine)
    assert set(meters) == {"cpu", "memory", "disk", "inputBandwidth", "outputBandwidth"}
    vm = f"/vms/{native(machine['id'])}"

    def both() -> tuple[dict[str, str], dict[str, str]] | None:
        # The engine measures anew all the time: only what did not change meanwhile can be compared.
        before = engine_figures(engine, vm)
        told = {aspect: value(follower, meter) for aspect, meter in meters.items()}
        return (told, before) if before == engine_figures(engine, vm) else None

    pair: Any = until(both)
    told, expected = pair
    assert told == expected
    assert 0 < float(told["cpu"]) <= float(meters["cpu"]["maxValue"]) == 100
    assert 0 < int(told["memory"]) < int(meters["memory"]["maxValue"]) == machine["memory"]
    assert {aspect: meter["units"] for aspect, meter in meters.items()} == {
        "cpu": "percent", "memory": "KiB", "disk": "kB",
        "inputBandwidth": "bytes per second", "outputBandwidth": "bytes per second",
    }  # fmt: skip
    # They are the same meters that the entry point leads to.
    every = {one["id"]: one for one in follower.collection("Meter")["items"]}
    assert [every[one["id"]] for one in meters.values()] == list(meters.values())
    assert [verbs(one) for one in meters.values()] == [set()] * 5


def test_a_stopped_machine_uses_no_processor(follower: Follower) -> None:
    machines = follower.collection("Machine")["items"]
    stopped = next(one for one in machines if one["state"] == "STOPPED")
    assert value(follower, meters_of(follower, stopped)["cpu"]) == "0"


def test_a_meter_gathers_samples_until_it_is_stopped_and_after_it_is_started(
    follower: Follower, machine: dict[str, Any]
) -> None:
    given = {"href": template(follower, "cpu"), "targetResource": {"href": machine["id"]}}
    given |= {"meterConfig": {"href": configuration(follower, "cpu"), "sampleInterval": INTERVAL}}
    meter = create(follower, {"name": "load", "meterTemplate": given})
    assert (meter["sampleInterval"], verbs(meter)) == (INTERVAL, {"edit", "delete", "stop"})
    assert meter["id"] in {one["id"] for one in follower.items(machine["meters"]["href"], "Meter")["items"]}
    until(lambda: len(samples(follower, meter)) >= 3, 60)
    act(follower, meter["id"], "stop")
    stopped = follower.read(meter["id"], "Meter")
    taken = samples(follower, stopped)
    moments = [one["timestamp"] for one in taken]
    assert moments == sorted(set(moments))
    assert meter["created"] <= moments[0]
    assert stopped["stopTime"] > meter["created"]
    numbers = [float(one["value"]) for one in taken]
    assert float(stopped["minValue"]) <= min(numbers) <= max(numbers) <= float(stopped["maxValue"])
    assert max(numbers) > 0
    assert verbs(stopped) == {"edit", "delete", "start"}

    # Another meter of the same machine goes on meanwhile.
    other = create(follower, {"meterTemplate": given})
    until(lambda: len(samples(follower, other)) >= 2, 60)
    assert len(samples(follower, stopped)) <= len(taken) + 1
    rested = len(samples(follower, stopped))

    act(follower, meter["id"], "start")
    assert "stopTime" not in follower.read(meter["id"], "Meter")
    until(lambda: len(samples(follower, meter)) > rested, 60)
    for one in (meter, other):
        assert follower.send("DELETE", operation(follower.read(one["id"], "Meter"), "delete")).status == 200
        assert follower.send("GET", one["id"]).status == 404


def configuration(follower: Follower, aspect: str) -> str:
    """The provider's configuration of an aspect."""
    found = follower.collection("MeterConfiguration")["items"]
    return next(str(one["id"]) for one in found if one["name"] == aspect)


def test_a_meter_by_value_at_the_machine_ends_at_its_time(follower: Follower, machine: dict[str, Any]) -> None:
    by_value = {"meterConfig": {"aspect": f"{ASPECT}memory", "sampleInterval": INTERVAL}}
    meter = create(follower, {"meterTemplate": by_value}, machine["meters"]["href"])
    assert (meter["targetResource"], meter["units"]) == ({"href": machine["id"]}, "KiB")
    until(lambda: samples(follower, meter), 60)
    assert 0 < int(samples(follower, meter)[0]["value"]) < int(meter["maxValue"])
    soon = (datetime.now(UTC) + timedelta(seconds=1)).replace(microsecond=0) + timedelta(seconds=1)
    changed = follower.read(meter["id"], "Meter") | {"expiresTime": soon, "description": "short"}
    answer = follower.send("PUT", operation(changed, "edit"), "Meter", changed)
    assert answer.status == 200, answer.text
    edited = follower.document(answer, "Meter")
    assert (edited["expiresTime"], edited["description"], edited["sampleInterval"]) == (soon, "short", INTERVAL)
    until(lambda: follower.send("GET", meter["id"]).status == 404, 30)
    assert meter["id"] not in {one["id"] for one in follower.collection("Meter")["items"]}


def test_a_meter_of_a_kept_template_goes_with_its_machine(follower: Follower, machine: dict[str, Any]) -> None:
    kept = follower.add(
        "MeterConfiguration", {"name": "net", "aspect": f"{ASPECT}inputBandwidth", "sampleInterval": 60}
    )
    made = follower.add("MeterTemplate", {"name": "net", "meterConfig": {"href": kept["id"]}})
    given = {"href": made["id"], "targetResource": {"href": machine["id"]}}
    meter = create(follower, {"meterTemplate": given})
    assert (meter["aspect"], meter["sampleInterval"]) == (f"{ASPECT}inputBandwidth", 60)
    assert follower.send("DELETE", operation(machine, "delete")).status == 200
    until(lambda: follower.send("GET", meter["id"]).status == 404, 60)
    for one, item in ((made, "MeterTemplate"), (kept, "MeterConfiguration")):
        assert follower.send("DELETE", operation(follower.read(one["id"], item), "delete")).status == 200


def test_meters_survive_the_death_of_the_gateway(tmp_path: Path) -> None:
    process = demo_process(tmp_path)
    try:
        follower = Follower(CimiClient(gateway_of(process.ready())), Format.JSON)
        machine = next(one for one in follower.collection("Machine")["items"] if one["state"] == "STARTED")
        given = {"meterConfig": {"aspect": f"{ASPECT}cpu", "sampleInterval": INTERVAL}}
        meter = create(follower, {"name": "tough", "meterTemplate": given}, machine["meters"]["href"])
        until(lambda: samples(follower, meter), 60)
        before = samples(follower, meter)
    finally:
        process.kill()
    process = demo_process(tmp_path)
    try:
        follower = Follower(CimiClient(gateway_of(process.ready())), Format.JSON)
        (found,) = [one for one in follower.collection("Meter")["items"] if one["name"] == "tough"]
        until(lambda: len(samples(follower, found)) > len(before) + 1, 60)
        assert samples(follower, found)[: len(before)] == before
    finally:
        process.stop()
