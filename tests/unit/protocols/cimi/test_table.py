"""The table says of every type what the schema says."""

from __future__ import annotations

import pytest

from deltaic.protocols.cimi.families.entry import COLLECTIONS
from deltaic.protocols.cimi.kinds import Access, Kind
from deltaic.protocols.cimi.shapes import collection_shape, resource_shape
from deltaic.protocols.cimi.table import BY_PATH, ENTRY_ATTRIBUTE, RESOURCES
from tests.unit.protocols.cimi.schema import children_of, global_elements, structure_of


def test_every_type_of_the_schema_is_in_the_table() -> None:
    # A NetworkInterface is only a part of a template; the table has it there.
    assert set(global_elements()) - {"Collection", "NetworkInterface"} == set(RESOURCES)


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_attributes_are_the_schemas_in_its_order(name: str) -> None:
    assert [member.xml for member in resource_shape(name).elements] == children_of(name)


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("MachineTemplate", "volume"),
        ("MachineConfiguration", "disk"),
        ("SystemTemplate", "componentDescriptor"),
        ("ResourceMetadata", "action"),
        ("EventLog", "summary"),
    ],
)
def test_structures_are_the_schemas(name: str, element: str) -> None:
    member = resource_shape(name).by_xml[element]
    inner = member.shape
    assert [m.xml for m in inner.in_tag] + [m.xml for m in inner.elements] == structure_of(name, element)


def test_the_content_of_metadata_is_open_but_not_their_attributes() -> None:
    inner = resource_shape("ResourceMetadata").by_xml["attribute"].shape
    assert [m.xml for m in inner.in_tag] == structure_of("ResourceMetadata", "attribute")


def test_every_reference_leads_to_a_type_of_the_table() -> None:
    targets = {a.of for r in RESOURCES.values() for a in r.attributes if a.kind in (Kind.REF, Kind.COLLECTION)}
    assert targets - {""} <= set(RESOURCES)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("machines", "Machine"),
        ("machine_images", "MachineImage"),
        ("machineImages", "MachineImage"),
        ("machine_configurations", "MachineConfiguration"),
        ("machineConfigs", "MachineConfiguration"),
        ("machineConfigurations", "MachineConfiguration"),
        ("network_port_configurations", "NetworkPortConfiguration"),
        ("networkPortConfigs", "NetworkPortConfiguration"),
        ("addresses", "Address"),
        ("resource_metadata", "ResourceMetadata"),
        ("resourceMetadata", "ResourceMetadata"),
        ("event_logs", "EventLog"),
        ("eventLogs", "EventLog"),
    ],
)
def test_collections_are_found_under_every_spelling(segment: str, name: str) -> None:
    assert BY_PATH[segment].name == name


def test_every_collection_of_the_entry_point_has_an_address() -> None:
    assert {item.name for item in BY_PATH.values()} == {of for _, of in COLLECTIONS}
    assert ENTRY_ATTRIBUTE["MachineConfiguration"] == "machineConfigs"


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("Machine", "machines"),
        ("MachineConfiguration", "machineConfigurations"),
        ("MachineNetworkInterfaceAddress", "machineNetworkInterfaceAddresses"),
        ("SystemAddress", "systemAddresses"),
        ("SystemNetworkPort", "systemNetworkPorts"),
        ("VolumeVolumeImage", "volumeVolumeImages"),
        ("Address", "addresses"),
        ("Disk", "disks"),
        ("Event", "events"),
        ("ResourceMetadata", "resourceMetadata"),
    ],
)
def test_arrays_have_the_standards_plural(name: str, plural: str) -> None:
    assert collection_shape(name).by_name["items"].json == plural


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Machine", ["name", "description", "properties", "cpu", "memory"]),
        ("Address", ["name", "description", "properties", "hostname", "dns"]),
        ("Network", ["name", "description", "properties", "mtu", "classOfService"]),
        ("Job", ["name", "description", "properties"]),
        ("Event", ["name", "description", "properties"]),
    ],
)
def test_what_a_client_may_change(name: str, wanted: list[str]) -> None:
    assert [a.name for a in RESOURCES[name].attributes if a.access is Access.EDIT] == wanted


def test_plurals_are_unique_and_only_messages_have_none() -> None:
    plurals = [r.plural for r in RESOURCES.values() if r.plural]
    assert len(plurals) == len(set(plurals))
    assert {r.name for r in RESOURCES.values() if not r.plural} == {
        name for name in RESOURCES if name.endswith("Create")
    } | {"Action"}
