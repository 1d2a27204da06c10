"""The CIMI examples of the talk of 2012, in its order, with its bodies word for word.

Where the talk's server did what no standard says, today's standard is expected instead, and only there
(`FIXES` says what and why).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.conftest import running_demo
from tests.clients.gateway import BLANK, DESKTOP, WORKSHOP
from tests.support.processes import until

#: The address under which the talk's server is reached: the bodies name it.
HOST = "localhost:3001"
BASE = f"http://{HOST}/cimi"

#: Every difference from what the talk shows.
FIXES = {
    "name": "the name that was given; the talk's server had the id there, and the name in the description",
    "Collection": "name and description are gone (they are not in the standard), resourceURI is there",
    "imageLocation": "text, as the standard says, and a URN instead of the inner address of one driver",
    "property": "only the caller's own: a provider must not add any",
    "state": "CREATING: the standard has no PENDING",
    "disks": "a reference, expanded when asked for",
    "operation": "delete is called `delete`; the talk's server called it action/destroy",
}

CREATE = """\
<Machine>
  <name>cimi_machine</name>
  <description>My first machine!</description>
  <machineTemplate>
    <machineConfig
      href="http://localhost:3001/cimi/machine_configurations/SERVER"/>
    <machineImage
      href="http://localhost:3001/cimi/machine_images/a10f0123-ca40-4428-adac-26ac42f282dd"/>
    </machineTemplate>
  </Machine>
"""
START = """\
<Action>  
  <action>http://www.dmtf.org/cimi/action/start</action>  
</Action>
"""  # noqa: W291
STOP = """\
<Action>  
  <action>http://www.dmtf.org/cimi/action/stop</action>  
</Action>
"""  # noqa: W291
#: A machine of the talk's inventory, and the ones it starts, stops and deletes.
SHOWN = "7434e6e3-a85d-4bfb-b952-b191288c2aa2"
DRIVEN = "81e0908a-04da-4859-8a92-f80d071a2e4c"
DELETED = "1bac66da-7ecc-4e19-bc91-0623c5448fc9"


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CimiClient]:
    """A demo of its own, for these examples change the machines that the talk names."""
    with running_demo(tmp_path_factory.mktemp("seed_cimi")) as gateway:
        yield CimiClient(gateway, HOST)


def state(talk: CimiClient, machine: str) -> str | None:
    return talk.get(f"/machines/{machine}").tree.findtext("state")


def test_get_templates(talk: CimiClient) -> None:
    root = talk.get("/machine_images").tree
    assert (root.tag, root.findtext("id"), root.findtext("count")) == ("Collection", f"{BASE}/machine_images", "3")
    shown = [
        (one.findtext("id"), one.findtext("name"), one.findtext("description"), one.findtext("imageLocation"))
        for one in root.findall("MachineImage")
    ]
    assert shown == [
        (f"{BASE}/machine_images/{BLANK}", "Blank", "Blank template", f"urn:uuid:{BLANK}"),
        (f"{BASE}/machine_images/{DESKTOP}", "desktop_template", "Desktop template", f"urn:uuid:{DESKTOP}"),
        (f"{BASE}/machine_images/{WORKSHOP}", "Workshop template", "Workshop template", f"urn:uuid:{WORKSHOP}"),
    ]
    created = [one.findtext("created") for one in root.findall("MachineImage")]
    assert created[1:] == ["2012-10-11T09:20:26Z", "2012-10-11T09:20:26Z"]


def test_create_a_machine(talk: CimiClient) -> None:
    answer = talk.send("POST", "/machines", CREATE, {"Content-Type": "application/xml"})
    assert answer.status == 201, answer.text
    root = answer.tree
    uri = root.findtext("id") or ""
    assert answer.headers["location"] == uri
    assert uri.startswith(f"{BASE}/machines/")
    assert answer.text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<Machine xmlns="http://schemas.dmtf.org/cimi/1">'
    )
    assert (root.findtext("name"), root.findtext("description")) == ("cimi_machine", "My first machine!")
    assert root.findtext("state") == "CREATING"
    assert [root.find(part).get("href") for part in ("disks", "volumes")] == [f"{uri}/disks", f"{uri}/volumes"]  # type: ignore[union-attr]
    machine = uri.rpartition("/")[2]
    until(lambda: state(talk, machine) == "STOPPED")
    engine = talk.gateway.engine.get(f"/vms/{machine}")
    assert (engine["status"], engine["template"]["id"], engine["type"]) == ("down", WORKSHOP, "server")
    assert engine["name"].startswith("cimi_machine")
    assert talk.get(f"/machines/{machine}").tree.findtext("name") == "cimi_machine"


def test_get_a_machine(talk: CimiClient) -> None:
    answer = talk.get(f"/machines/{SHOWN}?$expand=disks")
    root, uri = answer.tree, f"{BASE}/machines/{SHOWN}"
    shown = {name: root.findtext(name) for name in ("id", "name", "description", "created", "state", "cpu", "memory")}
    assert shown == {
        "id": uri,
        "name": "cimi_machine",
        "description": "My first machine!",
        "created": "2012-10-18T12:22:57.675Z",
        "state": "STOPPED",
        "cpu": "2",
        "memory": "1048576",
    }
    disks = root.find("disks")
    assert disks is not None
    assert (disks.get("href"), disks.findtext("id"), disks.findtext("count")) == (f"{uri}/disks", f"{uri}/disks", "1")
    (attachment,) = talk.gateway.engine.get(f"/vms/{SHOWN}/diskattachments")["disk_attachment"]
    disk = talk.gateway.engine.get(f"/disks/{attachment['disk']['id']}")
    assert disks.findtext("Disk/id") == f"{uri}/disks/{disk['id']}"
    assert disks.findtext("Disk/capacity") == str(-(-int(disk["provisioned_size"]) // 1000))
    operations = {one.get("rel"): one.get("href") for one in root.findall("operation")}
    assert operations == {
        "http://schemas.dmtf.org/cimi/1/action/start": f"{uri}/start",
        "http://schemas.dmtf.org/cimi/1/action/restart": f"{uri}/restart",
        "http://schemas.dmtf.org/cimi/1/action/capture": f"{BASE}/machine_images",
        "http://schemas.dmtf.org/cimi/1/action/snapshot": f"{BASE}/machine_images",
        "http://schemas.dmtf.org/cimi/1/action/restore": f"{uri}/restore",
        "edit": uri,
        "delete": uri,
    }


def test_get_machines(talk: CimiClient) -> None:
    found = {one.findtext("id") for one in talk.get("/machines").tree.findall("Machine")}
    assert {f"{BASE}/machines/{one}" for one in (SHOWN, DRIVEN, DELETED)} <= found


def test_start_and_stop_a_machine(talk: CimiClient) -> None:
    assert state(talk, DRIVEN) == "STOPPED"
    for path, body, reached, engine in (("start", START, "STARTED", "up"), ("stop", STOP, "STOPPED", "down")):
        answer = talk.send("POST", f"/machines/{DRIVEN}/{path}", body, {"Content-Type": "application/xml"})
        assert (answer.status, answer.text) == (200, "")
        until(lambda reached=reached: state(talk, DRIVEN) == reached)  # type: ignore[misc]
        assert talk.gateway.engine.get(f"/vms/{DRIVEN}")["status"] == engine


def test_delete_a_machine(talk: CimiClient) -> None:
    assert talk.send("DELETE", f"/machines/{DELETED}").status == 200
    assert talk.send("GET", f"/machines/{DELETED}").status == 404
    machines = talk.gateway.engine
    until(lambda: DELETED not in [vm["id"] for vm in machines.machines()])


def test_the_provider_header_narrows_to_one_data_center(talk: CimiClient) -> None:
    everything = {one.findtext("name") for one in talk.get("/networks").tree.findall("Network")}
    chosen = talk.send("GET", "/networks", headers={"X-Deltacloud-Provider": "barcelona"}).tree.findall("Network")
    assert {one.findtext("name") for one in chosen} == {"bcn-guests", "ovirtmgmt"} < everything


def test_a_wrong_login_is_refused(talk: CimiClient) -> None:
    answer = talk.send("GET", "/machines", password="not-the-password")
    assert (answer.status, answer.tree.tag) == (401, "Job")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "not-the-password" not in answer.text
