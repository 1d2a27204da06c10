"""Meters: those that machines and volumes have by themselves, and those that clients make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.frontends.cimi.record import targets
from deltaic.model.metric import Measure, Metric
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import OTHER_VM, VM

FLOATING = "d15c1111-1111-4222-8333-444455556666"
ASPECT = "http://schemas.dmtf.org/cimi/1/aspect/"
ACTION = "http://schemas.dmtf.org/cimi/1/action/"
NOW = datetime(2026, 3, 4, 5, 6, 7, 891000, UTC)
MACHINE = {"href": f"{BASE}/machines/{VM}"}


@pytest.fixture(autouse=True)
def measured(cimi: Client) -> None:
    figures = {
        Measure.CPU_USAGE: 12.5,
        Measure.MEMORY_USED: 1025.0,
        Measure.STORAGE_USED: 3_000_001.0,
        Measure.NETWORK_IN: 123.456,
        Measure.NETWORK_OUT: 7.0,
    }
    metrics = cimi.gateway.driver.metrics
    metrics.figures[VM] = [Metric(name, value, NOW) for name, value in figures.items()]
    metrics.figures[FLOATING] = [Metric(Measure.STORAGE_WRITE, 55.0, NOW)]
    machines = cimi.gateway.machines
    machines[VM] = replace(machines[VM], memory=2 << 30)


def by_verb(document: dict[str, Any]) -> dict[str, str]:
    return {one["rel"].removeprefix(ACTION): one["href"] for one in document.get("operations", [])}


async def made(cimi: Client, path: str = "/meters", **template: Any) -> dict[str, Any]:
    """A meter, from the template of the CPU unless another is given."""
    given = {"href": f"{BASE}/meter_templates/cpu", "targetResource": MACHINE} | template
    answer = await cimi.post(path, {"meterTemplate": {key: value for key, value in given.items() if value}})
    assert answer.status == 201, answer.text
    document: dict[str, Any] = await cimi.get(answer.headers["location"].removeprefix(BASE))
    return document


async def test_a_machine_has_a_meter_for_each_figure(cimi: Client) -> None:
    machine = await cimi.get(f"/machines/{VM}")
    assert machine["meters"] == {"href": f"{BASE}/machines/{VM}/meters"}
    document = await cimi.get(f"/machines/{VM}/meters")
    assert document["id"] == f"{BASE}/machines/{VM}/meters"
    assert document["operations"] == [{"rel": "add", "href": f"{BASE}/machines/{VM}/meters"}]
    found = {one["name"]: one for one in document["meters"]}
    assert found["memory"] == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/Meter",
        "id": f"{BASE}/meters/machine.{VM}.memory",
        "name": "memory",
        "description": "Memory in use",
        "targetResource": MACHINE,
        "aspect": f"{ASPECT}memory",
        "units": "KiB",
        "sampleInterval": 15,
        "timeScope": "Point",
        "isContinuous": True,
        "samples": {"href": f"{BASE}/meters/machine.{VM}.memory/samples"},
        "minValue": "0",
        "maxValue": str(2 << 20),
    }
    ranges = {name: (one["units"], one["minValue"], one.get("maxValue")) for name, one in found.items()}
    assert ranges == {
        "cpu": ("percent", "0", "100"),
        "memory": ("KiB", "0", str(2 << 20)),
        "disk": ("kB", "0", None),
        "inputBandwidth": ("bytes per second", "0", None),
        "outputBandwidth": ("bytes per second", "0", None),
    }
    assert await cimi.get(f"/meters/machine.{VM}.memory") == found["memory"]
    assert await cimi.get(f"/machines/{VM}/meters/machine.{VM}.memory") == found["memory"]


@pytest.mark.parametrize(
    ("meter", "value"),
    [
        (f"machine.{VM}.cpu", "12.5"),
        (f"machine.{VM}.memory", "2"),
        (f"machine.{VM}.disk", "3001"),
        (f"machine.{VM}.inputBandwidth", "123.46"),
        (f"machine.{VM}.outputBandwidth", "7"),
        (f"volume.{FLOATING}.inputBandwidth", "55"),
    ],
)
async def test_its_sample_is_the_figure_of_this_moment(cimi: Client, meter: str, value: str) -> None:
    document = await cimi.get(f"/meters/{meter}/samples")
    (sample,) = document["samples"]
    assert sample["sample"] == {"timestamp": "2026-03-04T05:06:07Z", "value": value}
    assert await cimi.get(sample["id"].removeprefix(BASE)) == sample


async def test_a_figure_that_the_cloud_does_not_have_is_no_sample(cimi: Client) -> None:
    assert (await cimi.get(f"/meters/volume.{FLOATING}.disk/samples"))["count"] == 0


async def test_no_figure_is_read_for_a_list(cimi: Client) -> None:
    document = await cimi.get("/meters")
    targets_ = [one["targetResource"]["href"].removeprefix(BASE) for one in document["meters"]]
    machines, volumes = [f"/machines/{VM}"] * 5 + [f"/machines/{OTHER_VM}"] * 5, [f"/volumes/{FLOATING}"] * 3
    assert targets_ == machines + volumes
    await cimi.get("/machines", query="$expand=*")
    assert cimi.gateway.driver.metrics.reads == []


async def test_meters_of_one_machine_share_a_read(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cimi.gateway.driver.metrics.figures[OTHER_VM] = []
    document = await cimi.get("/meters", query="$expand=samples&$first=1&$last=10")
    assert [len(one["samples"].get("samples", ())) for one in document["meters"]] == [1] * 5 + [0] * 5
    assert sorted(cimi.gateway.driver.metrics.reads) == sorted([VM, OTHER_VM])
    monkeypatch.setattr(targets._Reads.__init__, "__defaults__", (1,))
    answer = await cimi.send("GET", "/meters", query="$expand=samples&$first=1&$last=10")
    assert (answer.status, "one by one" in job(answer)["statusMessage"]) == (400, True)


async def test_a_volume_has_meters(cimi: Client) -> None:
    assert (await cimi.get(f"/volumes/{FLOATING}"))["meters"] == {"href": f"{BASE}/volumes/{FLOATING}/meters"}
    found = {one["name"]: one for one in (await cimi.get(f"/volumes/{FLOATING}/meters"))["meters"]}
    assert {name: one.get("maxValue") for name, one in found.items()} == {
        "disk": str(-(-(1 << 30) // 1000)), "inputBandwidth": None, "outputBandwidth": None,
    }  # fmt: skip


async def test_a_meter_of_ones_own(cimi: Client) -> None:
    answer = await cimi.post(
        "/meters",
        {
            "name": "load",
            "properties": {"team": "blue"},
            "meterTemplate": {
                "targetResource": MACHINE,
                "meterConfig": {"href": f"{BASE}/meter_configurations/cpu", "sampleInterval": 30},
            },
        },
    )
    assert answer.status == 201, answer.text
    uri = answer.headers["location"]
    meter = await cimi.get(uri.removeprefix(BASE))
    assert (meter["name"], meter["properties"], meter["sampleInterval"]) == ("load", {"team": "blue"}, 30)
    assert (meter["aspect"], meter["units"], meter["maxValue"]) == (f"{ASPECT}cpu", "percent", "100")
    assert by_verb(meter) == {"edit": uri, "delete": uri, "stop": f"{uri}/stop"}
    assert uri in {one["id"] for one in (await cimi.get("/meters"))["meters"]}
    assert uri in {one["id"] for one in (await cimi.get(f"/machines/{VM}/meters"))["meters"]}
    assert uri not in {one["id"] for one in (await cimi.get(f"/machines/{OTHER_VM}/meters"))["meters"]}
    samples = cimi.gateway.store.samples
    meter_id = uri.rpartition("/")[2]
    for value in (1.0, 2.25):
        await samples.add(meter_id, NOW, value, 10)
    document = await cimi.get(f"/meters/{meter_id}/samples")
    assert [one["sample"] for one in document["samples"]] == [
        {"timestamp": "2026-03-04T05:06:07.891Z", "value": value} for value in ("1", "2.25")
    ]
    assert (await cimi.get(f"/meters/{meter_id}/samples/2"))["sample"]["value"] == "2.25"
    assert (await cimi.send("DELETE", f"/meters/{meter_id}")).status == 200
    assert (await cimi.send("GET", f"/meters/{meter_id}")).status == 404
    assert samples.rows == {}


async def test_a_meter_stops_and_starts(cimi: Client) -> None:
    meter = await made(cimi)
    path = meter["id"].removeprefix(BASE)
    assert (await cimi.post(f"{path}/stop", {"action": f"{ACTION}stop"})).status == 202
    stopped = await cimi.get(path)
    assert stopped["stopTime"] >= meter["created"]
    assert sorted(by_verb(stopped)) == ["delete", "edit", "start"]
    assert (await cimi.post(f"{path}/start", {"action": f"{ACTION}start"})).status == 202
    started = await cimi.get(path)
    assert ("stopTime" in started, sorted(by_verb(started))) == (False, ["delete", "edit", "stop"])


async def test_a_meter_is_edited(cimi: Client) -> None:
    path = (await made(cimi))["id"].removeprefix(BASE)
    expires = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    body = f'{{"name": "new", "sampleInterval": 90, "expiresTime": "{expires}", "units": "ignored"}}'
    answer = await cimi.send("PUT", path, body, Content_Type="application/json", Accept="application/json")
    assert answer.status == 200, answer.text
    meter = await cimi.get(path)
    assert (meter["name"], meter["sampleInterval"], meter["expiresTime"], meter["units"]) == (
        "new", 90, expires, "percent",
    )  # fmt: skip
    for changes, field in (
        ('{"sampleInterval": 14}', "sampleInterval"),
        ('{"expiresTime": "2020-01-01T00:00:00Z"}', "expiresTime"),
    ):
        answer = await cimi.send(
            "PUT", path, changes, query=f"$select={field}", Content_Type="application/json", Accept="application/json"
        )
        assert (answer.status, field in job(answer)["statusMessage"]) == (400, True), answer.text


async def test_it_is_made_at_a_machine_or_volume(cimi: Client) -> None:
    at_machine = await made(cimi, f"/machines/{OTHER_VM}/meters", targetResource=None)
    assert at_machine["targetResource"] == {"href": f"{BASE}/machines/{OTHER_VM}"}
    template = f"{BASE}/meter_templates/disk"
    at_volume = await made(cimi, f"/volumes/{FLOATING}/meters", href=template, targetResource=None)
    assert at_volume["targetResource"] == {"href": f"{BASE}/volumes/{FLOATING}"}
    body = {"meterTemplate": {"href": f"{BASE}/meter_templates/cpu", "targetResource": MACHINE}}
    answer = await cimi.post(f"/machines/{OTHER_VM}/meters", body)
    assert (answer.status, "targetResource" in answer.text or "another resource" in answer.text) == (400, True)


async def test_the_providers_own_are_not_changed(cimi: Client) -> None:
    path = f"/meters/machine.{VM}.cpu"
    for method, where in (("DELETE", path), ("POST", f"{path}/stop"), ("PUT", path)):
        answer = await cimi.send(method, where, "{}" if method == "PUT" else "", Content_Type="application/json")
        assert answer.status == 403, (method, answer.text)


async def test_a_meter_of_a_machine_that_is_gone_is_not_shown(cimi: Client) -> None:
    path = (await made(cimi))["id"].removeprefix(BASE)
    del cimi.gateway.machines[VM]
    assert path not in str(await cimi.get("/meters"))
    for gone in (path, f"{path}/samples", f"/meters/machine.{VM}.cpu", f"/meters/machine.{VM}.cpu/samples"):
        assert (await cimi.send("GET", gone)).status == 404


@pytest.mark.parametrize(
    ("template", "status", "word"),
    [
        ({"href": f"{BASE}/meter_templates/cpu"}, 400, "targetResource"),
        ({"targetResource": MACHINE}, 400, "meterConfig"),
        ({"targetResource": MACHINE, "meterConfig": {"units": "percent"}}, 400, "aspect"),
        ({"targetResource": MACHINE, "meterConfig": {"aspect": f"{ASPECT}mood"}}, 400, "aspect"),
        ({"targetResource": MACHINE, "meterConfig": {"aspect": "cpu", "sampleInterval": 1}}, 400, "sampleInterval"),
        (
            {"targetResource": MACHINE, "meterConfig": {"aspect": "cpu", "sampleInterval": 2**63 - 1}},
            400,
            "sampleInterval",
        ),
        ({"targetResource": MACHINE, "meterConfig": {"aspect": "cpu", "timeScope": "Interval"}}, 400, "timeScope"),
        ({"targetResource": MACHINE, "meterConfig": {"aspect": "cpu", "units": "jiffies"}}, 400, "units"),
        ({"targetResource": MACHINE, "meterConfig": {"aspect": "cpu", "isContinuous": False}}, 400, "isContinuous"),
        ({"targetResource": {"href": f"{BASE}/volumes/{FLOATING}"}, "meterConfig": {"aspect": "cpu"}}, 400, "Volume"),
        ({"targetResource": {"href": f"{BASE}/networks/x"}, "meterConfig": {"aspect": "cpu"}}, 400, "targetResource"),
        ({"targetResource": {"href": f"{BASE}/machines/x"}, "meterConfig": {"aspect": "cpu"}}, 404, "x"),
    ],
)
async def test_wrong_templates(cimi: Client, template: dict[str, Any], status: int, word: str) -> None:
    answer = await cimi.post("/meters", {"meterTemplate": template})
    assert (answer.status, word in answer.text) == (status, True), answer.text


async def test_configurations_and_templates(cimi: Client) -> None:
    document = await cimi.get("/meter_configurations")
    disk = {one["name"]: one for one in document["meterConfigurations"]}["disk"]
    types = [{"href": f"http://schemas.dmtf.org/cimi/1/{name}"} for name in ("Machine", "Volume")]
    assert (disk["associatedTo"], disk["aspect"], disk["sampleInterval"]) == (types, f"{ASPECT}disk", 60)
    assert "operations" not in disk
    body = {"name": "slow", "aspect": f"{ASPECT}memory", "sampleInterval": 600, "associatedTo": types[:1]}
    kept = (await cimi.post("/meter_configurations", body)).headers["location"]
    assert (await cimi.get(kept.removeprefix(BASE)))["associatedTo"] == types[:1]
    template = await cimi.post("/meter_templates", {"name": "t", "meterConfig": {"href": kept}})
    assert template.status == 201, template.text
    meter = await made(cimi, href=template.headers["location"])
    assert (meter["aspect"], meter["units"], meter["sampleInterval"]) == (f"{ASPECT}memory", "KiB", 600)
    answer = await cimi.post("/meter_configurations", {"aspect": f"{ASPECT}cpu", "associatedTo": types})
    assert (answer.status, "associated" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "meter",
    [
        "machine.", f"machine.{VM}", f"machine.{VM}.mood", "machine..cpu", f"volume.{FLOATING}.cpu", "volume.x.disk",
    ],
)  # fmt: skip
async def test_what_is_not_there(cimi: Client, meter: str) -> None:
    for path in (f"/meters/{meter}", f"/meters/{meter}/samples", f"/machines/{VM}/meters/{meter}"):
        assert (await cimi.send("GET", path)).status == 404
