"""What strict reading refuses, and what lenient reading says it ignored."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.unknown import MOST, Unknown

XMLNS = 'xmlns="http://schemas.dmtf.org/cimi/1"'


@pytest.mark.parametrize(
    ("expected", "body", "field"),
    [
        ("Machine", '{"realm": 1}', "realm"),
        ("Machine", '{"Name": "x"}', "Name"),
        ("Machine", '{"property": {"a": "b"}}', "property"),
        ("MachineCreate", '{"machineTemplate": {"machineimage": {"href": "x"}}}', "machineTemplate/machineimage"),
        ("MachineCreate", '{"machineTemplate": {"machineConfig": {"disks": [{"size": 1}]}}}',
         "machineTemplate/machineConfig/disks/size"),
        ("CredentialCreate", '{"userName": "x", "credentialTemplate": {"key": "00"}}', "userName"),
        ("Machine", '{"resourceURI": "http://schemas.dmtf.org/cimi/1/Volume"}', "resourceURI"),
        ("Machine", f"<Machine {XMLNS}><realm/></Machine>", "realm"),
        ("Machine", f"<Machine {XMLNS}><Name>x</Name></Machine>", "Name"),
        ("MachineConfiguration", f"<MachineConfiguration {XMLNS}><disks/></MachineConfiguration>", "disks"),
        ("MachineCreate", f"<MachineCreate {XMLNS}><machineTemplate><machineImage HREF='x'/><machineimage/>"
         "</machineTemplate></MachineCreate>", "machineTemplate/machineImage/HREF"),
        ("MachineCreate", f"<Machine {XMLNS}><machineTemplate/></Machine>", ""),
        ("Machine", f"<machine {XMLNS}><name>x</name></machine>", ""),
    ],
)  # fmt: skip
def test_strict_reading_names_what_it_refuses(expected: str, body: str, field: str) -> None:
    with pytest.raises(Error) as caught:
        read_body(body.encode(), None, expected, strict=True)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


@pytest.mark.parametrize(
    ("expected", "body", "document"),
    [
        ("Machine", f'<Machine {XMLNS}><name>x</name><property key="a">b</property></Machine>',
         {"name": "x", "properties": {"a": "b"}}),
        ("Machine", '{"resourceURI": "http://schemas.dmtf.org/cimi/1/Machine", "name": "x", "properties": {"a": "b"}}',
         {"name": "x", "properties": {"a": "b"}}),
        ("Machine", f'<Machine {XMLNS} xmlns:e="urn:e"><name>x</name><e:realm>y</e:realm></Machine>', {"name": "x"}),
    ],
)  # fmt: skip
def test_strict_reading_takes_the_standard_and_extensions_of_others(
    expected: str, body: str, document: dict[str, object]
) -> None:
    assert read_body(body.encode(), None, expected, strict=True) == document


def test_lenient_reading_remembers_what_it_ignored() -> None:
    unknown = Unknown()
    body = '{"name": "x", "Realm": 1, "machineTemplate": {"realm": 1, "initialstate": "STARTED"}}'
    read = read_body(body.encode(), None, "MachineCreate", unknown=unknown)
    assert read == {"name": "x", "machineTemplate": {"initialState": "STARTED"}}
    assert unknown.names == ["Realm", "machineTemplate/realm"]


def test_not_without_end() -> None:
    unknown = Unknown()
    many = ",".join(f'"{"x" * 500}{n}": 1' for n in range(1000))
    read_body(f"{{{many}}}".encode(), None, "Machine", unknown=unknown)
    assert len(unknown.names) <= MOST
    assert max(map(len, unknown.names)) == 160
