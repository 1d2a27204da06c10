"""Whatever is sent, the answer is an error in the asked form; never a 500, a backtrace or a secret."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from structlog.testing import capture_logs

from tests.support.asgi import ask
from tests.unit.frontends.conftest import IMAGE, VM
from tests.unit.frontends.deltacloud.conftest import LOGIN, Client

PATHS = [
    "/instances/" + "x" * 3000,
    "/" + "x" * 5000,
    "/instances/%00",
    "/instances/%ff%fe",
    "/instances/../../../etc/passwd",
    "/instances/%2e%2e%2fkeys",
    "/instances/" + "/".join("a" * 400),
    "/instances/%3Cscript%3E",
    "/keys/" + "%0d%0aX-Evil:%201",
    "/storage_volumes/" + "\u00e4" * 10,
    "/images;" + ";".join(f"p{number}=1" for number in range(300)),
    "/images;;;;=;a=;=b/x",
]
VALUES = [
    "\0",
    "\r\nX-Evil: 1",
    "<script>alert(1)</script>",
    "]]>",
    "' or 1=1",
    "x" * 20000,
    "\ud7ff\uffff",
    "%s%n",
    "-1",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_paths(deltacloud: Client, path: str, form: str) -> None:
    answer = await deltacloud.send("GET", path, headers={"Accept": f"application/{form}"})

    assert 400 <= answer.status < 500 or path.startswith("/images;;"), answer.text
    assert answer.headers["content-type"] == f"application/{form}"
    json.loads(answer.body) if form == "json" else ElementTree.fromstring(answer.body)
    assert "x-evil" not in answer.headers
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/instances", "image_id"), ("/instances", "hwp_memory"), ("/instances", "keyname"),
        ("/instances", "instance_count"), ("/instances", "start"), ("/instances", "realm_id"),
        ("/images", "instance_id"), ("/keys", "public_key"), ("/storage_volumes", "capacity"),
        ("/network_interfaces", "instance"),
    ],
)  # fmt: skip
async def test_values(deltacloud: Client, path: str, name: str, value: str) -> None:
    given = {"name": "n", "image_id": IMAGE, "instance": VM, "network": "n", "realm_id": "r", name: value}
    answer = await deltacloud.send("POST", path, given, headers={"Accept": "application/json"})

    assert 400 <= answer.status < 500, answer.text
    assert json.loads(answer.body)["code"] == answer.status
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + "A" * 20000},
        {"Authorization": "Bearer x"},
        {"Authorization": ""},
        {"X-Deltacloud-Driver": "x" * 9000},
        {"X-Deltacloud-Provider": ";;;;"},
        {"X-Deltacloud-Provider": "https://user:pw@evil.example/api"},
        {"X-Deltacloud-Provider": "file:///etc/passwd"},
        {"Accept": "application/xml;q=nan,*/*;q=0"},
        {"Accept": "a/" * 3000},
        {"Content-Length": "x"},
        {"Content-Length": "99999999999"},
    ],
)
async def test_headers(deltacloud: Client, headers: dict[str, str]) -> None:
    answer = await ask(deltacloud.app, "POST", "/api/keys", "name=", {**LOGIN, **headers})

    assert 400 <= answer.status < 500, answer.text
    assert "Traceback" not in answer.text
    assert "evil" not in str(answer.headers)


async def test_secrets_are_not_repeated(deltacloud: Client) -> None:
    secrets = {"password": "s3cr3t-1", "private_key": "s3cr3t-2", "user_data": "s3cr3t-3", "cmd": "s3cr3t-4"}
    for path in ("/instances", f"/instances/{VM}/start", "/nope", f"/instances/{VM}/run"):
        answer = await deltacloud.send("POST", path, {**secrets, "port": "x", "hwp_id": "nope", "image_id": IMAGE})

        assert answer.status >= 400
        assert "s3cr3t" not in answer.text


async def test_a_defect_tells_nothing(deltacloud: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("inner secrets")

    monkeypatch.setattr(type(deltacloud.gateway.services.zones), "zones", break_down)
    answer = await deltacloud.send("GET", "/realms", headers={"Accept": "application/json"})

    assert answer.status == 500
    assert json.loads(answer.body)["message"] == "The request failed inside the gateway"


async def test_a_secret_in_the_path_is_not_told(deltacloud: Client) -> None:
    with capture_logs() as logs:
        answer = await deltacloud.send("POST", "/instances/nobody;cmd=id;password=oh%20secret/run;private_key=secret")

    assert answer.status == 404
    assert "secret" not in answer.text
    assert [one["path"] for one in logs if one["event"] == "request"] == [
        "/api/instances/nobody;cmd=;password=/run;private_key="
    ]
