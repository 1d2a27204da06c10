"""ResourceMetadata tells what the table says."""

from __future__ import annotations

import pytest

from deltaic.protocols.cimi.json_writer import write_json
from deltaic.protocols.cimi.metadata import resource_metadata, type_name
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
    document = resource_metadata(
        "Machine", ADDRESS, served=("cpu", "disks"), operations=("edit", "start"), capabilities={"UserData": "disk"}
    )
    assert document["typeURI"] == "http://schemas.dmtf.org/cimi/1/Machine"
    assert [(a["name"], a["type"]) for a in document["attributes"]] == [
        ("id", "URI"), ("name", "string"), ("description", "string"), ("created", "dateTime"), ("updated", "dateTime"),
        ("properties", "map"), ("cpu", "integer"), ("disks", "collection[Disk]"),
    ]  # fmt: skip
    assert document["actions"] == [
        {
            "name": "start",
            "uri": "http://schemas.dmtf.org/cimi/1/action/start",
            "method": "POST",
            "inputMessage": "http://schemas.dmtf.org/cimi/1/Action",
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
