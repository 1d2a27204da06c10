"""Texts that somebody wrote to harm whoever looks at them: in the console they are text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tests.clients.conftest import running_demo
from tests.clients.console_client import ConsoleClient, Seen
from tests.clients.gateway import Gateway, basic
from tests.support.processes import until

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> javascript:alert(3) {{7*7}}"
SCRIPT = r"/api/static/htmx\.min\.js\?v=[0-9a-f]{12}"
INSTANCE = "/api/instances/5ee314f5-a01b-41f3-81f7-fe4acb6c31f9"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A demo of its own: nobody else shall meet what is hostile."""
    with running_demo(tmp_path_factory.mktemp("hostile")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def hostile(gateway: Gateway) -> str:
    """An instance whose description, tag and template are hostile; its id."""
    made = gateway.engine.post(
        "/vms",
        {
            "name": "hostile-one",
            "description": HOSTILE,
            "comment": json.dumps({"deltaic": {"tags": {"Name": HOSTILE, HOSTILE: HOSTILE}}}),
            "template": {"name": "desktop_template"},
            "cluster": {"name": "bcn-servers"},
        },
    )
    instance = next(
        one
        for answer in gateway.client().describe_instances()["Reservations"]
        for one in answer["Instances"]
        if one["PrivateDnsName"].startswith("hostile-one") or one["InstanceId"].replace("i-", "")[:8] == made["id"][:8]
    )["InstanceId"]
    until(lambda: gateway.engine.get(f"/vms/{made['id']}")["status"] == "down")
    gateway.client().create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": HOSTILE}])
    return str(made["id"])


class Elements(HTMLParser):
    """What a browser would make of a page: its scripts, and what it would run or follow."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str | None] = []
        self.bad: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction") or name.startswith("hx-")
            if name.startswith("on") or name == "style" or (leads and "javascript:" in (value or "").lower()[:40]):
                self.bad.append(f"{tag} {name}={value}")
        if tag == "img" and not (dict(attrs).get("src") or "").startswith(("/api/static/", "data:image/png")):
            self.bad.append(f"{tag} {attrs}")


def inert(seen: Seen) -> None:
    """Whatever somebody wrote is text: no element, no attribute, no template of it."""
    elements = Elements(seen.text)
    assert elements.bad == []
    assert [script for script in elements.scripts if not re.fullmatch(SCRIPT, script or "")] == []
    assert len(elements.scripts) <= 1


def test_a_hostile_instance_is_text_in_pages(person: ConsoleClient, hostile: str) -> None:
    for path in (
        "/api/instances", f"/api/instances?q={'%3Cscript%3E'}", f"/api/instances/{hostile}", "/api", "/api/events",
        f"/api/instances/{hostile}/delete", "/api/storage_volumes", "/api/jobs",
    ):  # fmt: skip
        answer = person.get(path)
        assert answer.status == 200, path
        inert(answer)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in person.get(f"/api/instances/{hostile}").text
    part = person.get(f"/api/instances/{hostile}?part=state", **{"HX-Request": "true"})
    assert part.status == 200
    inert(part)


def test_a_hostile_instance_is_text_in_documents(person: ConsoleClient, hostile: str) -> None:
    login = basic()
    told = person.send("GET", f"/api/instances/{hostile}", headers={**login, "Accept": "application/xml"})
    name = ElementTree.fromstring(told.text).findtext("name")
    as_json = person.send("GET", f"/api/instances/{hostile}", headers={**login, "Accept": "application/json"})
    assert name == json.loads(as_json.text)["instance"]["name"]
    assert told.headers["content-type"].startswith("application/xml")
    assert as_json.headers["content-type"].startswith("application/json")
    machine = person.send("GET", f"/cimi/machines/{hostile}", headers={**login, "Accept": "application/json"})
    assert json.loads(machine.text)["description"] == HOSTILE


def test_hostile_fields_come_back_as_text(person: ConsoleClient) -> None:
    for path, form in (
        ("/api/instances", {"name": HOSTILE, "image_id": HOSTILE, "user_data": f"</textarea>{HOSTILE}"}),
        ("/api/keys", {"name": HOSTILE, "public_key": HOSTILE}),
        ("/api/networks", {"name": HOSTILE, "vlan": HOSTILE}),
        ("/api/storage_volumes", {"name": HOSTILE, "size": HOSTILE}),
        ("/api/access_keys", {"description": "\0" + HOSTILE}),
    ):
        answer = person.post(path, **form)
        assert answer.status == 400, path
        inert(answer)
    assert "</textarea>&lt;script" not in person.post("/api/instances", user_data="</textarea><script>x").text


def test_hostile_addresses_come_back_as_text(person: ConsoleClient, stranger: ConsoleClient) -> None:
    for path in (
        "/api/instances/%3Cscript%3Ealert(1)%3C/script%3E",
        "/api/instances?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&state=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/api/images/%22onmouseover=alert(1)",
        "/api/storage_volumes?snapshot_id=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        f"{INSTANCE}/restore?snapshot=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ):
        inert(person.get(path))
    inert(stranger.get("/api/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"))
    failed = stranger.log_in(user=HOSTILE)
    assert failed.status == 401
    inert(failed)


def test_a_hostile_error_is_text(person: ConsoleClient) -> None:
    person.post(f"{INSTANCE}/detach", volume=HOSTILE)
    inert(person.get(INSTANCE))
