"""Credentials: their life, what a machine's guest is told of them, and that a password shows nowhere."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.conftest import demo_process, gateway_of
from tests.clients.gateway import WORKSHOP
from tests.support.processes import Process, until

OTHER = "user@internal"
#: Nothing else anywhere looks like these.
PASSWORD = "Xq7-unmistakable-9vW"
SECOND = "Zr4-unmistakable-2kB"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
HEX = KEY.encode()


#: Every answer of the gateway.
ANSWERS: list[str] = []


class Recorder(CimiClient):
    """Keeps what it is answered."""

    def send(self, *given: Any, **more: Any) -> Any:
        answer = super().send(*given, **more)
        ANSWERS.append(f"{answer.headers}\n{answer.text}")
        return answer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CimiClient]:
    """A demo of its own: when it ends, everything that it said and kept is searched for the passwords."""
    root = tmp_path_factory.mktemp("credentials")
    process = demo_process(root)
    try:
        client = Recorder(gateway_of(process.ready()))
        yield client
        left = {"credentialTemplate": {"userName": "me", "password": PASSWORD}}
        Follower(client, Format.JSON).add("Credential", left, "CredentialCreate")
    finally:
        code = process.stop()
    assert code == 0, process.output
    _searched(process, root)


def _searched(process: Process, root: Path) -> None:
    """Neither log, database, journal nor answers have a password, in the clear or in a usual disguise."""
    assert len(ANSWERS) > 20
    files = [path for path in root.rglob("*") if path.is_file()]
    assert any(_rows(path) for path in files)
    hidden = [text for word in (PASSWORD, SECOND) for text in _disguises(word)]
    for text in hidden:
        assert text not in process.output
        assert [answer for answer in ANSWERS if text in answer] == []
        assert [path.name for path in files if text.encode() in path.read_bytes()] == []


def _disguises(word: str) -> tuple[str, ...]:
    inside = {base64.b64encode((" " * shift + word).encode()).decode()[4:20] for shift in range(3)}
    return (word, word.encode().hex(), word.encode().hex().upper(), *inside)


def _rows(path: Path) -> int:
    """How many documents a file keeps, if it is the store."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM records").fetchone()[0])
    except sqlite3.Error:
        return 0


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(site: CimiClient, request: pytest.FixtureRequest) -> Follower:
    return Follower(site, request.param)


def initialization(follower: Follower, template: dict[str, Any]) -> dict[str, Any]:
    """What the engine was told for the guest of a machine that is made from a template, and removed again."""
    machine = follower.add("Machine", {"machineTemplate": template}, "MachineCreate")
    native = machine["id"].rpartition("/")[2]
    found: dict[str, Any] = follower.client.gateway.engine.get(f"/vms/{native}?all_content=true")["initialization"]
    until(lambda: follower.read(machine["id"], "Machine")["state"] == "STOPPED")
    assert follower.send("DELETE", operation(follower.read(machine["id"], "Machine"), "delete")).status == 200
    return found


def test_a_credential_lives_and_is_used_for_login(follower: Follower) -> None:
    secret = {"userName": "me", "password": PASSWORD, "key": HEX}
    template = follower.add("CredentialTemplate", secret | {"name": "team"})
    made = follower.add(
        "Credential", {"name": "mine", "credentialTemplate": {"href": template["id"]}}, "CredentialCreate"
    )
    for one in (template, made):
        assert (one["userName"], one["key"], "password" in one) == ("me", HEX, False)
        assert verbs(one) == {"edit", "delete"}
    image = {"machineImage": {"href": f"machine_images/{WORKSHOP}"}}
    for one in (template, made):
        given = initialization(follower, image | {"credential": {"href": one["id"]}})
        assert (given["user_name"], given["authorized_ssh_keys"]) == ("me", KEY)
        assert given["root_password"] == "******"
    by_value = image | {"credential": {"userName": "root", "password": SECOND}}
    given = initialization(follower, by_value)
    assert (given["user_name"], given["root_password"], given.get("authorized_ssh_keys", "")) == ("root", "******", "")
    kept = follower.add("MachineTemplate", by_value)
    assert kept["credential"] == {"userName": "root"}
    given = initialization(follower, {"href": kept["id"]})
    assert (given["user_name"], given["root_password"]) == ("root", "******")
    changed = {"href": kept["id"], "credential": {"href": made["id"], "userName": "you"}}
    assert initialization(follower, changed)["user_name"] == "you"

    answer = follower.send("PUT", operation(made, "edit"), "Credential", made | {"description": "changed"})
    assert (answer.status, follower.read(made["id"], "Credential")["description"]) == (200, "changed")
    assert initialization(follower, image | {"credential": {"href": made["id"]}})["root_password"] == "******"
    uri = f"{operation(made, 'edit')}?$select=password"
    assert follower.send("PUT", uri, "Credential", {}).status == 200
    assert "root_password" not in initialization(follower, image | {"credential": {"href": made["id"]}})
    for one in (kept, made, template):
        assert follower.send("DELETE", operation(one, "delete")).status == 200
        assert follower.send("GET", one["id"]).status == 404
    create = {"machineTemplate": image | {"credential": {"href": made["id"]}}}
    assert follower.send("POST", follower.collection("Machine")["id"], "MachineCreate", create).status == 404


def test_two_users_do_not_see_each_others(follower: Follower) -> None:
    other = Follower(follower.client, follower.form, OTHER)
    made = follower.add(
        "Credential", {"credentialTemplate": {"userName": "me", "password": PASSWORD}}, "CredentialCreate"
    )
    assert other.collection("Credential")["items"] == []
    for method, body in (("GET", None), ("PUT", {"name": "stolen"}), ("DELETE", None)):
        assert other.send(method, made["id"], "Credential" if body else "", body).status == 404
    stolen = {"credentialTemplate": {"href": made["id"], "userName": "thief"}}
    assert other.send("POST", other.collection("Credential")["id"], "CredentialCreate", stolen).status == 404
    image = {"href": f"machine_images/{WORKSHOP}"}
    create = {"machineTemplate": {"machineImage": image, "credential": {"href": made["id"]}}}
    assert other.send("POST", other.collection("Machine")["id"], "MachineCreate", create).status == 404
    assert follower.read(made["id"], "Credential")["userName"] == "me"
    assert follower.send("DELETE", operation(made, "delete")).status == 200


def test_a_system_with_a_login(follower: Follower) -> None:
    kind = "http://schemas.dmtf.org/cimi/1"
    image = {"href": f"machine_images/{WORKSHOP}"}
    parts = [
        {"name": "login", "type": f"{kind}/Credential", "credentialTemplate": {"userName": "me", "password": PASSWORD}},
        {
            "name": "first",
            "type": f"{kind}/Machine",
            "machineTemplate": {"machineImage": image, "credential": {"href": "#login"}},
        },
        {
            "name": "second",
            "type": f"{kind}/Machine",
            "machineTemplate": {"machineImage": image, "credential": {"userName": "you", "password": SECOND}},
        },
    ]
    template = follower.add("SystemTemplate", {"componentDescriptors": parts})
    system = follower.add("System", {"systemTemplate": {"href": template["id"]}}, "SystemCreate")
    until(lambda: follower.read(system["id"], "System")["state"] == "STOPPED")
    members = follower.items(follower.read(system["id"], "System")["machines"]["href"], "SystemMachine")["items"]
    machines = [follower.read(one["machine"]["href"], "Machine") for one in members]
    users = {}
    for machine in machines:
        native = machine["id"].rpartition("/")[2]
        told = follower.client.gateway.engine.get(f"/vms/{native}?all_content=true")["initialization"]
        users[machine["name"]] = (told["user_name"], told["root_password"])
    assert users == {"first": ("me", "******"), "second": ("you", "******")}
    assert follower.send("DELETE", operation(follower.read(system["id"], "System"), "delete")).status == 200
    assert follower.send("DELETE", operation(template, "delete")).status == 200


#: What clients of 2012 and 2013 send.
FORMS = {
    "web client": "<CredentialCreate><name>c</name><description>d</description><username>me</username>"
    f"<password>{PASSWORD}</password><key>{KEY}</key></CredentialCreate>",
    "early": '<CredentialCreate xmlns="http://www.dmtf.org/cimi"><credentialTemplate><username>me</username>'
    f"<password>{PASSWORD}</password><key>{KEY}</key></credentialTemplate></CredentialCreate>",
    "sirocco": '{"credentialTemplate": {"resourceURI": "http://schemas.dmtf.org/cimi/1/CredentialTemplate", '
    f'"userName": "me", "password": "{PASSWORD}", "key": "{base64.b64encode(KEY.encode()).decode()}"}}}}',
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_the_bodies_of_old_clients(site: CimiClient, body: str) -> None:
    follower = Follower(site, Format.JSON)
    uri = operation(follower.collection("Credential"), "add")
    answer = site.send("POST", uri, body, {"Accept": "application/json"})
    assert answer.status == 201, answer.text
    made = follower.document(answer, "Credential")
    assert (made["userName"], made["key"]) == ("me", HEX)
    assert follower.send("DELETE", made["id"]).status == 200


@pytest.mark.parametrize(
    "secret",
    [
        {"password": f"{PASSWORD}\nroot: x"},
        {"password": PASSWORD, "key": b"no key at all"},
        {"password": PASSWORD, "userName": "a b"},
        {"password": PASSWORD * 20},
    ],
)
def test_refusals_do_not_repeat_a_password(follower: Follower, secret: dict[str, Any]) -> None:
    uri = follower.collection("Credential")["id"]
    assert follower.send("POST", uri, "CredentialCreate", {"credentialTemplate": secret}).status == 400
    assert (
        follower.send("POST", follower.collection("CredentialTemplate")["id"], "CredentialTemplate", secret).status
        == 400
    )
    for broken in (f"<CredentialCreate><password>{PASSWORD}</CredentialCreate>", f'{{"password": "{PASSWORD}"'):
        assert follower.client.send("POST", uri, broken).status == 400
