"""Unknown attributes: ignored and told in the job, or refused where the gateway is strict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deltaic.frontends.cimi import CimiFrontend, CimiSettings
from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import Client, job
from tests.unit.frontends.conftest import IMAGE, VM, Gateway

CREATE: dict[str, Any] = {"name": "m", "machineTemplate": {"machineImage": {"href": f"machine_images/{IMAGE}"}}}


@pytest.fixture
def strict(gateway: Gateway) -> Client:
    """The same gateway, strict."""
    gateway.cimi = CimiFrontend(gateway.services, CimiSettings(strict=True))
    return Client(gateway)


async def send(cimi: Client, method: str, path: str, document: Any) -> Answer:
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    return await cimi.send(method, path, json.dumps(document), **headers)


async def test_lenient_reading_tells_in_the_job_what_it_ignored(cimi: Client) -> None:
    wanted = CREATE | {"realm": "eu", "machineTemplate": CREATE["machineTemplate"] | {"realm": "eu"}}
    answer = await send(cimi, "POST", "/machines", wanted)
    assert answer.status == 201
    told = await cimi.get("/jobs/" + answer.headers["cimi-job-uri"].rpartition("/")[2])
    assert told["statusMessage"] == "Attributes that are not known were ignored: realm, machineTemplate/realm"
    answer = await send(cimi, "PUT", f"/machines/{VM}", {"name": "n", "colour": "red"})
    assert answer.status == 200
    told = await cimi.get("/jobs/" + answer.headers["cimi-job-uri"].rpartition("/")[2])
    assert told["statusMessage"] == "Attributes that are not known were ignored: colour"


@pytest.mark.parametrize(
    ("method", "path", "document", "field"),
    [
        ("POST", "/machines", CREATE | {"realm": "eu"}, "realm"),
        ("POST", "/machines", {"Name": "m", "machineTemplate": CREATE["machineTemplate"]}, "Name"),
        ("POST", "/machine_templates", {"name": "t", "machineimage": {"href": "x"}}, "machineimage"),
        ("PUT", f"/machines/{VM}", {"name": "n", "colour": "red"}, "colour"),
        ("POST", f"/machines/{VM}/stop", {"action": "stop", "hard": True}, "hard"),
    ],
)
async def test_strict_reading_refuses_and_names(
    strict: Client, method: str, path: str, document: Any, field: str
) -> None:
    before = dict(strict.gateway.machines)
    answer = await send(strict, method, path, document)
    told = job(answer)
    assert (answer.status, told["returnCode"], told["state"]) == (400, 400, "FAILED")
    assert f"'{field}'" in told["statusMessage"]
    assert strict.gateway.machines == before


async def test_strict_reading_takes_the_standard_form(strict: Client) -> None:
    assert (await send(strict, "POST", "/machines", CREATE)).status == 201
    early = "<Machine><name>m</name><machineTemplate/></Machine>"
    answer = await strict.send("POST", "/machines", early, Content_Type="application/xml")
    assert (answer.status, job(answer)["statusMessage"]) == (
        400, "The root of this body must be MachineCreate, not Machine",
    )  # fmt: skip
