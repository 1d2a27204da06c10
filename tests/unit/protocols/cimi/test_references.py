"""Addresses, verbs, edits and templates."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.actions import rel, verb_of
from deltaic.protocols.cimi.edits import edit, overlay
from deltaic.protocols.cimi.references import local_path, reference_id

BASE = "http://localhost:3001/cimi/"


@pytest.mark.parametrize(
    "href",
    [
        "http://localhost:3001/cimi/machines/1",
        "HTTP://LOCALHOST:3001/cimi/machines/1",
        "https://localhost:3001/cimi/machines/1/",
        "//localhost:3001/cimi/machines/1",
        "/cimi/machines/1",
        "machines/1",
        " machines/1\n",
        "machines/%31",
        "machines/1?$select=id",
    ],
)
def test_addresses_of_ours(href: str) -> None:
    assert local_path(href, BASE) == "machines/1"
    assert reference_id(href, BASE) == "1"


def test_a_standard_port_may_be_named() -> None:
    assert local_path("http://h:80/cimi/jobs/1", "http://h/cimi") == "jobs/1"
    assert local_path("https://h/cimi/jobs/1", "https://h:443/cimi/") == "jobs/1"


@pytest.mark.parametrize(
    "href",
    [
        "http://example.org/cimi/machines/1",
        "http://localhost:3002/cimi/machines/1",
        "http://localhost/cimi/machines/1",
        "http://localhost:3001@example.org/cimi/machines/1",
        "http://localhost:3001.example.org/cimi/machines/1",
        "file:///cimi/machines/1",
        "gopher://localhost:3001/cimi/machines/1",
        "http://localhost:x/cimi/machines/1",
        "http://localhost:99999999/cimi/machines/1",
        "http://[::1/cimi/machines/1",
        "/machines/1",
        "/cimi",
        "/cimi/",
        "",
        "/cimi/../machines/1",
        "/cimi/machines/../../etc",
        "/cimi/machines/%2e%2e/x",
        "/cimi/machines/a%2fb",
        "/cimi/machines//1",
        "/cimi/machines/%00",
        "#name",
    ],
)
def test_addresses_of_others_are_refused(href: str) -> None:
    with pytest.raises(Error) as caught:
        local_path(href, BASE, "machineImage")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "machineImage")


@pytest.mark.parametrize(
    "action",
    [
        "http://schemas.dmtf.org/cimi/1/action/stop",
        "http://schemas.dmtf.org/cimi/2/action/stop",
        "http://www.dmtf.org/cimi/action/stop",
        "http://http://schemas.dmtf.org/cimi/1/action/stop",
        "http://schemas.dmtf.org/cimi/1/stop",
        " stop\n",
        "STOP",
    ],
)
def test_verbs_in_all_spellings(action: str) -> None:
    assert verb_of(action) == "stop"


@pytest.mark.parametrize(
    "action", ["", " ", "http://example.org/action/stop", "http://schemas.dmtf.org/cimi/1/action/", "stop now", "a/b"]
)
def test_verbs_that_are_none(action: str) -> None:
    with pytest.raises(Error) as caught:
        verb_of(action)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "action")


def test_rels() -> None:
    assert [rel(verb) for verb in ("add", "edit", "delete", "start")] == [
        "add", "edit", "delete", "http://schemas.dmtf.org/cimi/1/action/start",
    ]  # fmt: skip


def test_a_whole_put_erases_what_is_absent() -> None:
    body = {"id": "x", "name": "n", "cpu": 2, "state": "STARTED", "cpuArch": "x86_64"}
    assert edit("Machine", body) == {"name": "n", "description": None, "properties": None, "cpu": 2, "memory": None}
    assert edit("Machine", body, ("*",)) == edit("Machine", body)


def test_a_partial_put_changes_what_is_selected() -> None:
    assert edit("Machine", {"name": "n", "id": "x"}, ("name", "description", "state", "realm")) == {
        "name": "n",
        "description": None,
    }


def test_a_partial_put_refuses_what_is_not_selected() -> None:
    with pytest.raises(Error) as caught:
        edit("Machine", {"name": "n", "cpu": 2}, ("name",))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "cpu")


def test_what_is_given_beside_a_reference_wins_and_null_erases() -> None:
    template = {"name": "t", "userData": "eA==", "machineImage": {"href": "i"}, "initialState": "STARTED"}
    given = {"href": "http://h/t/1", "machineImage": {"href": "j"}, "userData": None}
    assert overlay(template, given) == {"name": "t", "machineImage": {"href": "j"}, "initialState": "STARTED"}
    assert template["userData"] == "eA=="
