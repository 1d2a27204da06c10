"""Documents of other people's servers and clients are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.json_reader import read_collection_json
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_reader import read_collection_xml
from tests.unit.protocols.cimi.schema import DATA

SAMPLES = DATA / "samples"
#: Drafts of 2011: the cpu is the name of a maker. Two samples are broken on purpose.
REFUSED = {
    "early-era/default_res_machine.col.xml": "cpu",
    "early-era/default_res_machine_configuration.col.xml": "cpu",
    "sirocco/json/MachineImage-0_malformed.json": "",
    "sirocco/xml/MachineImage-0_malformed.xml": "",
}


def names() -> Iterator[str]:
    for path in sorted(SAMPLES.rglob("*.*")):
        name = path.relative_to(SAMPLES).as_posix()
        if "container" not in name:  # a test of Deltacloud's own library, no resource of CIMI
            yield name


def type_of(path: Path, body: bytes) -> str:
    """The type a sample is of: its root's name, in JSON its URI or the file's name."""
    if path.suffix == ".xml":
        root = etree.fromstring(body, etree.XMLParser(recover=True))
        name = etree.QName(root).localname
        uri = root.get("resourceURI", name)
        return str(uri.rpartition("/")[2] if name == "Collection" else name)
    stem = path.stem.split("-")[0] if "sirocco" in path.parts else path.stem.removeprefix("pre-oct2012_")
    guess = "".join(part[0].upper() + part[1:] for part in stem.removesuffix("-minimal").split("_"))
    return {"Credentials": "Credential", "CredentialsTemplate": "CredentialTemplate"}.get(
        guess, guess.replace("CredentialsCreate", "CredentialCreate")
    )


def read(name: str) -> dict[str, object]:
    path = SAMPLES / name
    body = path.read_bytes()
    kind = type_of(path, body)
    if not kind.endswith("Collection"):
        return read_body(body, f"application/{path.suffix[1:]}", kind)
    item = kind.removesuffix("Collection")
    return read_collection_xml(body, item) if path.suffix == ".xml" else read_collection_json(body, item)


def told(name: str, keys: tuple[str, ...]) -> dict[str, str]:
    """The sample's own words for some attributes, read without the codec."""
    path = SAMPLES / name
    if path.suffix == ".json":
        raw = json.loads(path.read_bytes())
        return {key: raw[key] for key in keys if key in raw}
    root = etree.fromstring(path.read_bytes())
    found = {key: root.findtext(f"{{*}}{key}") for key in keys}
    found["id"] = root.findtext("{*}uri") or found.get("id")  # the name of the id in 2011
    return {key: text.strip() for key, text in found.items() if text is not None}


@pytest.mark.parametrize("name", [name for name in names() if name not in REFUSED])
def test_a_sample_is_read(name: str) -> None:
    document = read(name)
    kind = type_of(SAMPLES / name, (SAMPLES / name).read_bytes())
    keys = ("id",) if kind.endswith("Collection") else ("action",) if kind == "Action" else ("id", "name")
    assert {key: document[key] for key in keys if key in document} == told(name, keys)


@pytest.mark.parametrize(("name", "field"), sorted(REFUSED.items()))
def test_a_broken_sample_is_refused(name: str, field: str) -> None:
    with pytest.raises(Error) as caught:
        read(name)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


def test_all_samples_are_of_known_types() -> None:
    kinds = {type_of(SAMPLES / name, (SAMPLES / name).read_bytes()).removesuffix("Collection") for name in names()}
    assert kinds <= set(RESOURCES)
    assert len(list(names())) > 100


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_machine_of_sirocco_says_the_same_in_both_formats(form: str) -> None:
    machine = read(f"sirocco/{form}/Machine-2.{form}")
    assert machine["created"] == datetime(2002, 3, 3, 2, 2, 2, 2000, tzinfo=UTC)
    assert machine["properties"] == {"keyProp_2_0": "valueProp_2_0", "keyProp_2_1": "valueProp_2_1"}
    assert (machine["cpu"], machine["memory"]) == (2, 2)
    disks = machine["disks"]
    assert isinstance(disks, dict)
    assert [disk["id"] for disk in disks["items"]] == ["idValue_2_0", "idValue_2_1"]
    assert [disk["capacity"] for disk in disks["items"]] == [2, 2]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_items_that_are_only_addresses_get_them_as_id(form: str) -> None:
    collection = read(f"sirocco/{form}/MachineConfigurationCollection-3.{form}")
    assert collection["items"] == [{"id": "hrefValue_3_0"}, {"id": "hrefValue_3_1"}, {"id": "hrefValue_3_2"}]


def test_a_key_sent_as_base64_is_bytes() -> None:
    create = read("sirocco/xml/CredentialsCreate-1.xml")
    template = create["credentialTemplate"]
    assert isinstance(template, dict)
    assert template["key"] == bytes(range(26))
    assert template["password"] == "passwordValue_1"


def test_early_sizes_count_in_the_attributes_unit() -> None:
    assert read("early-era/default_res_volume.col.xml")["capacity"] == 200_000_000
    assert read("early-era/volume.json")["capacity"] == 10_000_000


def test_early_machine_keeps_its_properties_and_state() -> None:
    machine = read("early-era/pre-oct2012_machine.xml")
    assert machine["properties"] == {"owner_id": "mockuser"}
    assert (machine["cpu"], machine["memory"], machine["state"]) == (4, 12582912, "STARTED")
    assert machine["created"] == datetime(2011, 11, 21, tzinfo=UTC)
