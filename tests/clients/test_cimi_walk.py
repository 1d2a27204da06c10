"""Walks everything that can be reached from the entry point, in both formats, by following what it finds.

Every XML answer is valid by the DMTF schema, every JSON answer says the same, every address answers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from deltaic.protocols.cimi.json_reader import read_collection_json, read_json
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_reader import read_collection_xml, read_xml
from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DESKTOP, Gateway
from tests.support.processes import until

SCHEMA = Path(__file__).parents[1] / "data" / "cimi" / "dsp8009_1.0.2_patched.xsd"
NAMESPACE = "{http://schemas.dmtf.org/cimi/1}"
ENTRY = "/cloudEntryPoint"
_PAST = (f"{NAMESPACE}targetResource", f"{NAMESPACE}affectedResource")


#: How often something that lives is read before its two forms must agree.
_ATTEMPTS = 5
#: Elements whose addresses are not read: operations are sent to, types are names.
_ELSEWHERE = {f"{NAMESPACE}operation", f"{NAMESPACE}associatedTo"}


#: The network of every engine.
MANAGEMENT = "networks/00000000-0000-0000-0000-000000000009"

#: Documents that a client makes and the gateway keeps, with all that they can have.
_LOGIN: dict[str, Any] = {
    "userName": "me",
    "password": "not shown",
    "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
}
KEPT: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "/machine_configurations",
        {
            "cpu": 1,
            "memory": 1024,
            "disks": [{"capacity": 5, "format": "ext4"}, {"capacity": 6, "format": "raw"}],
            "cpuArch": "x86_64",
        },
    ),
    (
        "/network_configurations",
        {"name": "walked", "networkType": "PUBLIC", "mtu": 1500, "classOfService": "GOLD"},
    ),
    (
        "/network_templates",
        {"initialState": "STARTED", "networkConfig": {"href": "network_configurations/PRIVATE", "mtu": 9000}},
    ),
    ("/network_port_configurations", {"portType": "ACCESS", "classOfService": "SILVER"}),
    (
        "/network_port_templates",
        {"network": {"href": MANAGEMENT}, "networkPortConfig": {"href": "network_port_configurations/ACCESS"}},
    ),
    (
        "/network_ports",
        {
            "name": "walked",
            "networkPortTemplate": {
                "network": {"href": MANAGEMENT},
                "networkPortConfig": {"portType": "ACCESS", "classOfService": "SILVER"},
            },
        },
    ),
    ("/address_templates", {"mask": "64", "protocol": "IPv6", "dns": ["2001:db8::1", "192.0.2.1"]}),
    (
        "/addresses",
        {
            "name": "walked",
            "addressTemplate": {
                "ip": "2001:db8::9",
                "hostname": "walked.example",
                "mask": "64",
                "defaultGateway": "2001:db8::1",
                "dns": ["2001:db8::1"],
                "network": {"href": MANAGEMENT},
            },
        },
    ),
    ("/credential_templates", {"name": "walked", "properties": {"<&>": "Größe"}, **_LOGIN}),
    ("/credentials", {"description": "walked", "credentialTemplate": _LOGIN}),
    (
        "/machine_templates",
        {
            "name": "walked",
            "initialState": "STARTED",
            "machineConfig": {"href": "machine_configurations/SERVER", "cpu": 2},
            "machineImage": {"href": f"machine_images/{DESKTOP}"},
            "credential": _LOGIN,
            "volumeTemplates": [{"href": "volume_templates/1GB", "initialLocation": "/dev/vdb"}],
            "networkInterfaces": [
                {
                    "network": {"href": "networks/00000000-0000-0000-0000-000000000009"},
                    "addresses": [{"ip": "192.0.2.1", "mask": "24"}],
                    "state": "ACTIVE",
                }
            ],
            "userData": "eA==",
            "meterTemplates": [{"meterConfig": {"aspect": "http://schemas.dmtf.org/cimi/1/aspect/cpu"}}],
        },
    ),
)


#: Collections that are asked with every parameter.
LISTS = (
    "/machines",
    "/machine_images",
    "/machine_templates",
    "/networks",
    "/network_templates",
    "/network_ports",
    "/network_port_templates",
    "/addresses",
)

#: What a system is made of, with references from some to others.
COMPONENTS: list[dict[str, Any]] = [
    {
        "name": "server",
        "type": "http://schemas.dmtf.org/cimi/1/Machine",
        "properties": {"<&>": "Größe"},
        "machineTemplate": {
            "machineImage": {"href": f"machine_images/{DESKTOP}"},
            "credential": {"href": "#login"},
            "volumes": [{"href": "#data", "initialLocation": "/dev/vdb"}],
        },
    },
    {"name": "login", "type": "http://schemas.dmtf.org/cimi/1/Credential", "credentialTemplate": _LOGIN},
    {
        "name": "data",
        "type": "http://schemas.dmtf.org/cimi/1/Volume",
        "volumeTemplate": {"volumeConfig": {"capacity": 1_000_000}},
    },
    {
        "name": "lan",
        "type": "http://schemas.dmtf.org/cimi/1/Network",
        "networkTemplate": {"networkConfig": {"mtu": 1400}},
    },
    {
        "name": "port",
        "type": "http://schemas.dmtf.org/cimi/1/NetworkPort",
        "networkPortTemplate": {"network": {"href": "#lan"}},
    },
    {
        "name": "inner",
        "type": "http://schemas.dmtf.org/cimi/1/System",
        "systemTemplate": {"href": "system_templates/sample"},
    },
]


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@pytest.fixture(scope="module")
def cimi(demo: Gateway) -> Iterator[CimiClient]:
    """The shared demo with one more machine, which runs, has an address, and two snapshots that follow each other."""
    client = CimiClient(demo)
    template = {"machineTemplate": {"initialState": "STARTED", "machineImage": {"href": f"machine_images/{DESKTOP}"}}}
    body = json.dumps({"name": "walked", "properties": {"Größe": "<&>"}, **template})
    made = client.send("POST", "/machines", body, {"Content-Type": "application/json"})
    assert made.status == 201, made.text
    machine = made.headers["location"]
    until(lambda: machine in client.get("/addresses").text)
    for name in ("walked", "walked again"):
        image = _made(client, "/machine_images", {"name": name, "type": "SNAPSHOT", "imageLocation": machine})
        until(lambda image=image: client.get(image).tree.findtext("state") == "AVAILABLE")
    kept = [_made(client, path, document) for path, document in KEPT]
    kept.append(_made(client, "/system_templates", {"name": "walked", "componentDescriptors": COMPONENTS}))
    system = _made(client, "/systems", {"name": "walked", "systemTemplate": {"componentDescriptors": COMPONENTS}})
    until(lambda: client.get(system).tree.findtext("state") == "STOPPED")
    yield client
    for address in (machine, *kept, system):
        assert client.send("DELETE", address).status == 200


def _made(client: CimiClient, path: str, document: dict[str, Any]) -> str:
    answer = client.send("POST", path, json.dumps(document), {"Content-Type": "application/json"})
    assert answer.status == 201, answer.text
    return answer.headers["location"]


def hrefs(root: etree._Element) -> Iterator[str]:
    """The addresses of resources and collections in a document, those of operations, types and siblings apart.

    A job also names what is no longer there.
    """
    past = {element for job in root.iter(f"{NAMESPACE}Job") for name in _PAST for element in job.iter(name)}
    for element in root.iter():
        if element in past:
            continue
        if element.tag == f"{NAMESPACE}id":
            yield str(element.text)
        elif element.get("href", "#")[:1] != "#" and element.tag not in _ELSEWHERE:
            yield str(element.get("href"))


def item_of(root: etree._Element) -> str:
    """The type of a collection's items."""
    uri = str(root.get("resourceURI"))
    return uri.rpartition("/")[2].removesuffix("Collection")


def both(client: CimiClient, address: str, schema: etree.XMLSchema) -> etree._Element:
    """The XML of an address, which is valid and says what the JSON says; figures and events may change in between."""
    for _ in range(_ATTEMPTS):
        xml = client.get(address).text.encode()
        text = client.get(address, "application/json").text.encode()
        root = etree.fromstring(xml)
        schema.assertValid(root)
        of_xml, of_json = read_both(root, xml, text)
        if of_xml == of_json:
            break
    assert of_xml == of_json, address
    return root


def read_both(root: etree._Element, xml: bytes, text: bytes) -> tuple[object, object]:
    """What the XML says, and the JSON."""
    name = root.tag.removeprefix(NAMESPACE)
    if name == "Collection":
        item = item_of(root)
        assert json.loads(text)["resourceURI"] == root.get("resourceURI")
        assert len(root.findall(f"{NAMESPACE}{item}")) <= int(root.findtext(f"{NAMESPACE}count") or -1)
        return read_collection_xml(xml, item), read_collection_json(text, item)
    assert json.loads(text)["resourceURI"] == RESOURCES[name].uri
    return read_xml(xml, name), read_json(text, name)


def walk(client: CimiClient, schema: etree.XMLSchema, query: str = "") -> dict[str, etree._Element]:
    """Every address that can be reached, with its document."""
    found: dict[str, etree._Element] = {}
    waiting = deque([f"http://{client.gateway.host}/cimi{ENTRY}"])
    while waiting:
        address = waiting.popleft()
        if address in found:
            continue
        found[address] = both(client, address + query, schema)
        waiting.extend(hrefs(found[address]))
    return found


@pytest.fixture(scope="module")
def walked(cimi: CimiClient, schema: etree.XMLSchema) -> dict[str, etree._Element]:
    """Everything reachable, found valid and the same in both formats."""
    return walk(cimi, schema)


def test_everything_reachable_is_valid_and_the_same_in_both_formats(walked: dict[str, etree._Element]) -> None:
    kinds = {
        f"{item_of(root)}Collection" if root.tag == f"{NAMESPACE}Collection" else root.tag.removeprefix(NAMESPACE)
        for root in walked.values()
    }
    items = ("ResourceMetadata", "Machine", "MachineTemplate", "MachineConfiguration", "MachineImage", "Network",
             "Address", "Disk", "MachineNetworkInterface", "MachineNetworkInterfaceAddress", "MachineSnapshot",
             "Meter", "Sample",
             "MeterTemplate", "MeterConfiguration", "EventLog", "Event", "Credential",
             "CredentialTemplate", "System", "SystemTemplate", "SystemMachine", "SystemVolume", "SystemCredential",
             "SystemNetwork", "SystemNetworkPort", "SystemSystem")  # fmt: skip
    below = {f"{item}Collection" for item in (*items, "Volume", "MachineVolume", "EventLogTemplate")}
    assert kinds >= {"CloudEntryPoint", *items, *below}
    # What a document calls itself is where it was found.
    assert {root.findtext(f"{NAMESPACE}id") for root in walked.values()} == set(walked)


def test_operations_lead_to_what_takes_them(cimi: CimiClient, walked: dict[str, etree._Element]) -> None:
    methods = {"add": "POST", "edit": "PUT", "delete": "DELETE"}
    offered: set[str] = set()
    operations = {
        (str(one.get("rel")), str(one.get("href")))
        for root in walked.values()
        for one in root.iter(f"{NAMESPACE}operation")
    }
    allowed = {
        href: cimi.send("OPTIONS", href).headers["allow"].split(", ") for href in {href for _, href in operations}
    }
    for rel, href in operations:
        assert methods.get(rel, "POST") in allowed[href], (rel, href)
        offered.add(rel.rpartition("/")[2])
    assert offered >= {"add", "edit", "delete", "start", "stop", "restart", "suspend", "capture", "snapshot", "restore"}


@pytest.mark.parametrize(
    "query",
    [
        "?$expand=*",
        "?$expand=networkInterfaces/addresses/address,disks",
        "?$select=name,state",
        "?$first=2&$last=3",
        "?$orderby=name:desc",
        "?$filter=name%3D'walked'",
    ],
)
def test_queries_keep_documents_valid(cimi: CimiClient, schema: etree.XMLSchema, query: str) -> None:
    found = [both(cimi, path + query, schema) for path in LISTS]
    assert {root.tag for root in found} == {f"{NAMESPACE}Collection"}


def test_queries_do_what_they_say(cimi: CimiClient, schema: etree.XMLSchema) -> None:
    def names(query: str) -> list[str | None]:
        root = both(cimi, f"/machines{query}", schema)
        return [one.findtext(f"{NAMESPACE}name") for one in root.findall(f"{NAMESPACE}Machine")]

    everyone = names("")
    assert names("?$orderby=name:desc") == sorted(everyone, key=str, reverse=True)
    assert names("?$first=2&$last=3") == everyone[1:3]
    assert names("?$filter=name%3D'walked'%20and%20state%3D'STARTED'") == ["walked"]
    assert names("?$filter=property%5B'Gr%C3%B6%C3%9Fe'%5D%3D'%3C%26%3E'") == ["walked"]
    machine = both(cimi, "/machines?$filter=name%3D'walked'&$expand=*", schema).find(f"{NAMESPACE}Machine")
    assert machine is not None
    for part, item in (("disks", "Disk"), ("networkInterfaces", "MachineNetworkInterface")):
        assert len(machine.findall(f"{NAMESPACE}{part}/{NAMESPACE}{item}/{NAMESPACE}id")) == 1


def test_expanding_the_entry_point_needs_a_login(cimi: CimiClient, schema: etree.XMLSchema) -> None:
    root = both(cimi, f"{ENTRY}?$expand=*", schema)
    # Other tests of this demo may have made images.
    images = both(cimi, "/machine_images", schema).findtext(f"{NAMESPACE}count")
    assert root.findtext(f"{NAMESPACE}machineImages/{NAMESPACE}count") == images
    assert int(images or "0") >= 5
    assert cimi.send("GET", f"{ENTRY}?$expand=machines", headers={"Authorization": ""}).status == 401
    assert cimi.send("GET", ENTRY, headers={"Authorization": ""}).status == 200


def test_aliases_answer_directly_with_the_same(cimi: CimiClient) -> None:
    aliases: dict[str, Any] = {
        "machine_images": ("machineImages",),
        "machine_configurations": ("machineConfigurations", "machineConfigs"),
        "machine_templates": ("machineTemplates",),
        "resource_metadata": ("resourceMetadata",),
    }
    for path, others in aliases.items():
        for other in others:
            assert cimi.get(f"/{other}").text == cimi.get(f"/{path}").text


def test_errors_are_valid_jobs(cimi: CimiClient, schema: etree.XMLSchema) -> None:
    for method, path, status in (("GET", "/machines/none", 404), ("PUT", "/machines", 405), ("POST", "/machines", 400)):
        answer = cimi.send(method, path)
        assert answer.status == status
        schema.assertValid(etree.fromstring(answer.text.encode()))
