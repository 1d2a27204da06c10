"""Changing machines with PUT, whole and in part."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceState
from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import Client, job
from tests.unit.frontends.conftest import VM

MACHINE = f"/machines/{VM}"


async def put(cimi: Client, document: Any, query: str = "", **headers: str) -> Answer:
    given = {"Content_Type": "application/json", "Accept": "application/json", **headers}
    return await cimi.send("PUT", MACHINE, json.dumps(document), query, **given)


@pytest.fixture
def changes(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> list[InstanceChanges]:
    """What the cloud is asked to change of the machine, beside its annotation."""
    asked: list[InstanceChanges] = []
    instances = cimi.gateway.driver.instances
    update = instances.update

    async def spy(context: Any, instance_id: str, wanted: InstanceChanges) -> None:
        asked.append(wanted)
        await update(context, instance_id, wanted)

    monkeypatch.setattr(instances, "update", spy)
    machine = cimi.gateway.machines[VM]
    note = Annotation(tags={"Name": "first", "stage": "test"}, launch="x:0")
    cimi.gateway.machines[VM] = replace(
        machine, description="old", annotation=note, state=InstanceState.STOPPED, memory=1 << 30
    )
    return asked


async def test_what_was_read_can_be_put_back(cimi: Client, changes: list[InstanceChanges]) -> None:
    document = await cimi.get(MACHINE)
    answer = await put(cimi, document)
    assert (answer.status, json.loads(answer.body)) == (200, document)
    assert changes == []
    assert cimi.gateway.driver.instances.changes == []


async def test_a_whole_put_replaces(cimi: Client, changes: list[InstanceChanges]) -> None:
    answer = await put(cimi, {"name": "second", "properties": {"a": "b"}, "state": "STARTED", "id": "ignored"})
    told = json.loads(answer.body)
    assert (answer.status, told["name"], told["properties"]) == (200, "second", {"a": "b"})
    assert "description" not in told
    assert changes == [InstanceChanges(description="")]
    assert cimi.gateway.machines[VM].annotation.tags == {"Name": "second", "a": "b"}
    assert answer.headers["etag"] == (await cimi.send("GET", MACHINE, Accept="application/json")).headers["etag"]


async def test_a_partial_put_changes_what_it_names(cimi: Client, changes: list[InstanceChanges]) -> None:
    answer = await put(cimi, {"description": "new"}, "$select=description")
    assert answer.status == 200
    assert changes == [InstanceChanges(description="new")]
    assert cimi.gateway.machines[VM].annotation.tags == {"Name": "first", "stage": "test"}
    assert (await put(cimi, {}, "$select=properties")).status == 200
    assert cimi.gateway.machines[VM].annotation.tags == {"Name": "first"}
    refused = await put(cimi, {"description": "new", "name": "x"}, "$select=description")
    assert (refused.status, "name" in job(refused)["statusMessage"]) == (400, True)


async def test_a_put_in_xml(cimi: Client, changes: list[InstanceChanges]) -> None:
    body = '<Machine xmlns="http://schemas.dmtf.org/cimi/1"><name>third</name><property key="k">v</property></Machine>'
    answer = await cimi.send("PUT", MACHINE, body, Content_Type="application/xml")
    assert (answer.status, "<name>third</name>" in answer.text) == (200, True)
    assert cimi.gateway.machines[VM].annotation.tags == {"Name": "third", "k": "v"}


async def test_the_size_of_a_stopped_machine(cimi: Client, changes: list[InstanceChanges]) -> None:
    assert (await put(cimi, {"cpu": 4, "memory": 2097152}, "$select=cpu,memory")).status == 200
    assert changes == [InstanceChanges(cpus=4, memory=2 << 30)]
    cimi.gateway.driver.instances.become(VM, InstanceState.RUNNING)
    assert (await put(cimi, {"cpu": 2}, "$select=cpu")).status == 409
    machines = cimi.gateway.machines
    machines[VM] = replace(machines[VM], state=InstanceState.STOPPED, instance_type_id="small")
    refused = await put(cimi, {"cpu": 2}, "$select=cpu")
    assert (refused.status, "cpu" in job(refused)["statusMessage"]) == (501, True)
    assert len(changes) == 1


@pytest.mark.parametrize(
    "document", [{"cpu": 0}, {"memory": "much"}, {"properties": {"k": "x" * 256}}, {"name": {"a": "b"}}]
)
async def test_wrong_values_change_nothing(
    cimi: Client, changes: list[InstanceChanges], document: dict[str, Any]
) -> None:
    assert (await put(cimi, document)).status == 400
    assert cimi.gateway.driver.instances.changes == []


async def test_if_match_guards_a_change(cimi: Client, changes: list[InstanceChanges]) -> None:
    tag = (await cimi.send("GET", MACHINE)).headers["etag"]
    assert (await put(cimi, {"name": "x"}, If_Match=tag)).status == 200
    assert (await put(cimi, {"name": "y"}, If_Match=tag)).status == 412
    assert cimi.gateway.machines[VM].annotation.tags == {"Name": "x"}


async def test_a_locked_machine_is_busy(cimi: Client, changes: list[InstanceChanges]) -> None:
    busy = Error(ErrorKind.BUSY, "The machine is locked")
    cimi.gateway.driver.instances.faults.before["annotate"].append(busy)
    assert (await put(cimi, {"name": "x"}, "$select=name")).status == 409
