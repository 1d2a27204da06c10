"""What is refused, with its status, form and text."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.sim.engine_process import Answer, Api, until

UNKNOWN = "11111111-2222-4333-8444-555555555555"
USAGE = "For correct usage, see: "


@pytest.fixture(scope="module")
def down(api: Api) -> str:
    """The id of a VM that is down."""
    return str(api.get("vms?search=status%3Ddown&max=1")["vm"][0]["id"])


@pytest.fixture(scope="module")
def up(api: Api) -> str:
    """The id of a VM that runs."""
    return str(until(lambda: api.get("vms?search=status%3Dup&max=1").get("vm"), "a running VM")[0]["id"])


def fault(answer: Answer) -> tuple[int, str, str]:
    document = answer.json()
    shown = document.get("fault", document)
    return answer.status, shown["reason"], shown["detail"]


@pytest.mark.parametrize("path", ["vms", "vms/{}/start", "vms/{}/nics", "networks"])
@pytest.mark.parametrize(
    "body",
    ["{", "[]", "nothing", '{"nosuchmember": "x"}', "{" * 2000, '{"name": {"name": "x"}}', '{"name": ["x"]}'],
    ids=["open", "list", "text", "unknown", "deep", "object", "array"],
)  # fmt: skip
def test_malformed_json(api: Api, down: str, path: str, body: str) -> None:
    answer = api.send("POST", path.format(down), body, Content_Type="application/json")
    status, reason, detail = fault(answer)
    assert (status, reason) == (400, "Request syntactically incorrect.")
    assert detail.startswith(USAGE)


@pytest.mark.parametrize(
    "body",
    [
        "<vm", "<vm></vmm>", "<nosuchroot/>", "<vm><nosuchmember/></vm>", "<vm>" * 2000,
        '<!DOCTYPE vm [<!ENTITY a "b">]><vm><name>&a;</name></vm>',
        '<!DOCTYPE vm SYSTEM "file:///etc/passwd"><vm/>', "<vm><name><b/></name></vm>",
    ],
    ids=["cut", "unbalanced", "root", "unknown", "deep", "entity", "external", "nested"],
)  # fmt: skip
def test_malformed_xml(api: Api, body: str) -> None:
    answer = api.send("POST", "vms", body, Accept="application/xml")
    assert answer.status == 400
    assert b"<reason>Request syntactically incorrect.</reason>" in answer.body
    assert answer.body.index(b"<detail>") < answer.body.index(b"<reason>")
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("vms", {}, "Vm [name] required for add"),
        ("vms", {"name": "x"}, "Vm [cluster.id|name] required for add"),
        ("templates", {"name": "x"}, "Template [vm.id|name] required for add"),
        ("disks", {}, "Disk [provisionedSize] required for add"),
        ("tags", {}, "Tag [name] required for add"),
        ("networks", {"name": "x"}, "Network [dataCenter.name|id] required for add"),
        ("vms/{}/nics", {}, "Nic [name] required for add"),
        ("vms/{}/snapshots", {}, "Snapshot [description] required for add"),
    ],
)
def test_missing_member(api: Api, down: str, path: str, body: dict[str, Any], detail: str) -> None:
    status, reason, shown = fault(api.send("POST", path.format(down), body))
    assert (status, reason) == (400, "Incomplete parameters")
    assert shown.split(" ")[0] == detail.split(" ")[0]
    assert shown.endswith(" required for add")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"memory": "much"}, "memory"), ({"memory": str(2**63)}, "memory"),
        ({"delete_protected": "perhaps"}, "delete_protected"), ({"cpu_shares": str(2**31)}, "cpu_shares"),
        ({"type": "mainframe"}, "type"), ({"creation_time": "yesterday"}, "creation_time"),
        ({"cpu": {"topology": {"cores": "1.5"}}}, "cores"),
    ],
)  # fmt: skip
def test_invalid_value(api: Api, down: str, body: dict[str, Any], name: str) -> None:
    status, reason, detail = fault(api.send("PUT", f"vms/{down}", body))
    assert status == 400
    assert reason in ("Invalid value", "Invalid Enum value")
    assert name in detail


@pytest.mark.parametrize(
    "path",
    [f"vms/{UNKNOWN}", f"disks/{UNKNOWN}", f"vms/{UNKNOWN}/nics", "vms/not-a-uuid", "nosuchcollection",
     "vms/{}/nics/" + UNKNOWN, "vms/{}/nosuchaction"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_unknown_entity_is_an_empty_404(api: Api, down: str, path: str, method: str) -> None:
    answer = api.send(method, path.format(down), {} if method == "PUT" else b"")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "vms"), ("DELETE", "vms"), ("POST", "vms/{}"), ("GET", "vms/{}/start"), ("POST", "clusterlevels"),
     ("POST", ""), ("PATCH", "vms/{}")],
)  # fmt: skip
def test_method_not_allowed(api: Api, down: str, method: str, path: str) -> None:
    assert api.send(method, path.format(down), {} if method != "DELETE" else b"").status == 405


def test_named_entity_in_a_body(api: Api) -> None:
    body = {"name": "http-x", "cluster": {"name": "Default"}, "template": {"name": "no-such-template"}}
    assert fault(api.send("POST", "vms", body)) == (404, "Operation Failed", "Entity not found: no-such-template")


def test_failed_action_answers_the_action(api: Api, up: str) -> None:
    answer = api.send("POST", f"vms/{up}/start", {"use_cloud_init": "false", "pause": "true"})
    document = answer.json()
    assert answer.status == 409
    assert document["status"] == "failed"
    assert document["pause"] == "true"
    assert document["fault"] == {
        "reason": "Operation Failed",
        "detail": "[Cannot run VM because the VM is in Up status.]",
    }


def test_failed_action_in_xml(api: Api, up: str) -> None:
    answer = api.send("POST", f"vms/{up}/start", "<action/>", Accept="application/xml")
    assert answer.status == 409
    assert b"<action><fault><detail>[Cannot run VM because the VM is in Up status.]</detail>" in answer.body
    assert b"<status>failed</status>" in answer.body


def test_immutable_id(api: Api, down: str) -> None:
    status, reason, detail = fault(api.send("PUT", f"vms/{down}", {"id": UNKNOWN}))
    assert (status, detail) == (409, "Attempt to set immutable field: id")
    assert reason == "Broken immutability constraint"


@pytest.mark.parametrize(
    ("search", "detail"),
    [
        ("name='x'", "VMs : name=$'$x'"), ("name=a;b", "VMs : name=$a;$b"), ("name like x", "VMs : name $l$ike x"),
        ("status=nosuchstatus", "VMs : status=$nosuchstatu$s"), ("memory>much", "VMs : memory>$muc$h"),
        ("sortby nosuch asc", "VMs : sortby $no$such asc"), ("page x", "Invalid charecter"),
    ],
)  # fmt: skip
def test_bad_search_is_refused_with_the_place(api: Api, search: str, detail: str) -> None:
    answer = api.send("GET", f"vms?search={quote(search)}")
    assert fault(answer) == (400, "Operation Failed", detail)


@pytest.mark.parametrize("search", ["name=a or and status=up", "status=", "name=x\\"])
def test_incomplete_search_finds_nothing(api: Api, search: str) -> None:
    answer = api.send("GET", f"vms?search={quote(search)}")
    assert (answer.status, answer.json()) == (200, {})


def test_follow_of_no_link_is_an_internal_error(api: Api) -> None:
    assert api.send("GET", "vms?follow=nosuchlink").status == 500


def test_lock_held_text(api: Api, down: str) -> None:
    api.simulator.control(
        "POST", "faults", {"match": {"method": "POST", "path": "vms/*/start"}, "times": 1, "do": "lock_held"}
    )
    answer = api.send("POST", f"vms/{down}/start", {})
    text = "[Cannot run VM. Related operation is currently in progress. Please try again later.]"
    assert fault(answer) == (409, "Operation Failed", text)


def test_both_forms_of_numbers_are_read(api: Api, down: str) -> None:
    for body in ('{"cpu_shares": 512}', '{"cpu_shares": "512"}'):
        answer = api.send("PUT", f"vms/{down}", body, Content_Type="application/json")
        assert (answer.status, answer.json()["cpu_shares"]) == (200, "512")
    for body in ('{"cpu_shares": 0, "delete_protected": false}', '{"cpu_shares": "0", "delete_protected": "False"}'):
        answer = api.send("PUT", f"vms/{down}", body, Content_Type="application/json")
        assert (answer.json()["cpu_shares"], answer.json()["delete_protected"]) == ("0", "false")


def test_create_answers_202_with_its_links(api: Api) -> None:
    template = api.get("templates?search=name%3Ddesktop_template")["template"][0]
    body = {"name": "http-created", "cluster": {"id": template["cluster"]["id"]}, "template": {"id": template["id"]}}
    answer = api.send("POST", "vms", body)
    made = json.loads(answer.body)
    path = f"vms/{made['id']}"
    assert answer.status == 202
    assert answer.headers["location"].endswith(f"/ovirt-engine/api/{path}")
    assert made["creation_status"] in ("in_progress", "pending")
    rels = {link["rel"]: link["href"] for link in made["link"]}
    assert rels["creation_status"].startswith(f"/ovirt-engine/api/{path}/creation_status/")
    refused = api.send("POST", f"{path}/start", {})
    assert fault(refused) == (
        409,
        "Operation Failed",
        "[Cannot run VM: VM is locked. Please try again in a few minutes.]",
    )
    api.wait_for(path, "down")
    removed = api.send("DELETE", path)
    assert (removed.status, removed.json()["status"]) == (200, "complete")
    until(lambda: api.send("GET", path).status == 404, "404")


def test_blank_vm_answers_201(api: Api) -> None:
    body = {"name": "http-blank", "cluster": {"name": "Default"}, "template": {"name": "Blank"}}
    answer = api.send("POST", "vms", body)
    assert (answer.status, answer.json()["status"]) == (201, "down")
    path = f"vms/{answer.json()['id']}"
    text = fault(api.send("POST", f"{path}/start", {}))[2]
    assert text.startswith("[Cannot run VM without at least one bootable disk.")
    assert api.send("DELETE", path).status == 200
