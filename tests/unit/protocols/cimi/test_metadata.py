"""ResourceMetadata tells what the table says."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.protocols.cimi.json_writer import write_json
from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.metadata import Served, resource_metadata, type_name
from deltaic.protocols.cimi.scopes import SCOPES, Scope
from deltaic.protocols.cimi.shapes import resource_shape
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_reader import read_xml
from deltaic.protocols.cimi.xml_writer import write_xml
from tests.unit.protocols.cimi.schema import assert_valid

ADDRESS = "http://h/cimi/resource_metadata/machine"


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_every_type_can_be_told(name: str) -> None:
    document = resource_metadata(name, ADDRESS, capabilities={"DefaultInitialState": "STOPPED"})
    body = write_xml("ResourceMetadata", document)
    assert_valid(body)
    assert read_xml(body, "ResourceMetadata", strict=True) == {k: v for k, v in document.items() if v}


def test_a_machine() -> None:
    served = Served(shows=("cpu", "disks"), actions=("edit", "start"))
    document = resource_metadata("Machine", ADDRESS, served, {"UserData": "disk"})
    assert document["typeURI"] == "http://schemas.dmtf.org/cimi/1/Machine"
    assert [(a["name"], a["type"]) for a in document["attributes"]] == [
        ("id", "URI"), ("name", "string"), ("description", "string"), ("created", "dateTime"), ("updated", "dateTime"),
        ("properties", "map"), ("cpu", "integer"), ("disks", "collection[Disk]"),
    ]  # fmt: skip
    assert document["actions"] == [
        {
            "name": "start",
            "uri": "http://schemas.dmtf.org/cimi/1/action/start",
            "description": "Start it, or go on where it was paused or suspended",
            "method": "POST",
            "inputMessage": "application/xml, application/json",
            "outputMessage": "application/xml, application/json",
        }
    ]
    assert document["capabilities"] == [
        {"name": "UserData", "uri": "http://schemas.dmtf.org/cimi/1/capability/Machine/UserData", "value": "disk"}
    ]


def test_json_has_both_spellings_of_the_type() -> None:
    body = write_json("ResourceMetadata", resource_metadata("Disk", ADDRESS))
    assert b'"typeURI":"http://schemas.dmtf.org/cimi/1/Disk"' in body
    assert b'"typeUri":"http://schemas.dmtf.org/cimi/1/Disk"' in body


def test_capabilities_are_truth_values_numbers_or_texts() -> None:
    values = {"MachineStopForce": "true", "JobRetention": "60", "InitialStates": "STOPPED,STARTED"}
    document = resource_metadata("Machine", ADDRESS, capabilities=values)
    assert [entry["value"] for entry in document["capabilities"]] == [True, 60, "STOPPED,STARTED"]
    assert b'"value":true' in write_json("ResourceMetadata", document)
    assert b"<value>true</value>" in write_xml("ResourceMetadata", document)


def test_types_in_words() -> None:
    members = resource_shape("MachineTemplate").by_name
    words = [type_name(members[name].attribute) for name in ("machineImage", "volumes", "meterTemplates", "userData")]
    assert words == ["ref", "structure[]", "ref[]", "string"]


def test_values_and_who_may_set_them() -> None:
    def told(name: str, attribute: str, served: Served | None = None) -> dict[str, Any]:
        attributes = resource_metadata(name, ADDRESS, served)["attributes"]
        (found,) = (one for one in attributes if one["name"] == attribute)
        return {key: value for key, value in found.items() if key not in ("name", "namespace", "type", "required")}

    fixed, free = {"mutable": False, "consumerWritable": False}, {"mutable": True, "consumerWritable": True}
    assert told("Job", "progress") == fixed | {"minimum": 0, "maximum": 100, "units": "percent"}
    assert told("Machine", "memory") == free | {"minimum": 1, "units": "KiB"}
    assert told("Machine", "memory", Served(editable=False)) == free | {"mutable": False, "minimum": 1, "units": "KiB"}
    assert told("Machine", "memory", Served(creatable=False, editable=False)) == fixed | {"minimum": 1, "units": "KiB"}
    assert told("Machine", "state") == fixed | {"values": list(RESOURCES["Machine"].states)}
    assert told("MachineImage", "type") == {
        "mutable": False, "consumerWritable": True, "values": ["IMAGE", "SNAPSHOT", "PARTIAL_SNAPSHOT"],
    }  # fmt: skip
    own = Served(scopes={"type": Scope(("IMAGE",))})
    assert told("MachineImage", "type", own)["values"] == ["IMAGE"]


def test_every_scope_is_of_an_attribute_of_its_kind() -> None:
    for (item, name), scope in SCOPES.items():
        kind = resource_shape(item).by_name[name].kind
        assert kind in ((Kind.STRING, Kind.URI) if scope.values else (Kind.INTEGER,)), (item, name)
