"""What the plugfest suite of Deltacloud sends, byte for byte, and what it insists on in the answers (2012 to 2014).

It is written in Ruby, looks for operations by a part of their `rel` and takes the last, the first template, image and
configuration of each collection, and sends actions without a Content-Type, with the scheme written twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import BARCELONA_CENTER, DESKTOP, Answer, Gateway
from tests.support.processes import until

XMLNS = "http://schemas.dmtf.org/cimi/1"
XML, JSON = "application/xml", "application/json"
#: What Ruby's HTTP library says of a body whose type nobody told it.
UNSAID = "application/x-www-form-urlencoded"
#: The first image and the first template are oVirt's Blank, which has no disk to start from.
PREFERRED = {"machineImages": DESKTOP, "machineTemplates": DESKTOP}
#: How a collection of the entry point is called in its own document.
ARRAYS = {"machineConfigs": "machineConfigurations", "volumeConfigs": "volumeConfigurations"}
#: A server of the suite had one data center: here the image's is chosen, for a volume must be in the machine's.
CENTER = {"X-Deltacloud-Provider": BARCELONA_CENTER}


@dataclass
class Ruby:
    """The plugfest's helper."""

    client: CimiClient
    made: list[str] = field(default_factory=list)

    def get(self, uri: str, accept: str = JSON) -> Any:
        answer = self.client.get(uri, accept)
        assert answer.headers["content-type"] == accept
        return json.loads(answer.text) if accept == JSON else ElementTree.fromstring(answer.text)

    def post(self, uri: str, body: str, accept: str = JSON, media: str = XML) -> Answer:
        return self.client.send("POST", uri, body, {"Accept": accept, "Content-Type": media, **CENTER})

    def make(self, uri: str, body: str, accept: str = JSON) -> Answer:
        answer = self.post(uri, body, accept)
        assert (answer.status, answer.headers["content-type"]) == (201, accept), answer.text
        self.made.append(answer.headers["location"])
        return answer

    def entry(self) -> Any:
        return self.get("/cloudEntryPoint")

    def first(self, collection: str) -> str:
        """The id of the first item there is, or of what the suite's configuration prefers."""
        if collection in PREFERRED:
            return f"{self.entry()[collection]['href']}/{PREFERRED[collection]}"
        answer = self.client.send("GET", self.entry()[collection]["href"], headers={"Accept": JSON, **CENTER})
        assert answer.status == 200, answer.text
        return str(json.loads(answer.text)[ARRAYS.get(collection, collection)][0]["id"])

    def add(self, collection: str) -> str:
        return self.find("add", self.get(self.entry()[collection]["href"])["operations"])

    @staticmethod
    def find(word: str, operations: Any) -> str:
        """Where the last operation leads whose name has the word in it."""
        found = [one["href"] for one in operations if re.search(word, one["rel"], re.IGNORECASE)]
        assert found, (word, operations)
        return str(found[-1])

    def act(self, uri: str, verb: str, state: str) -> None:
        """As the helper drives a machine, and waits."""
        href = self.find(verb, self.get(uri)["operations"])
        body = f'<Action xmlns="{XMLNS}"><action> http://http://schemas.dmtf.org/cimi/1/action/{verb}</action></Action>'
        answer = self.post(href, body, XML, UNSAID)
        assert (answer.status, answer.text, answer.headers.get("content-type")) == (202, "", None)
        until(lambda: self.get(uri)["state"].upper() == state)

    def machine(self, name: str, more: str = "", root: str = "MachineCreate", accept: str = JSON) -> str:
        """A machine of the first configuration and the first image, once it stands."""
        config, image = self.first("machineConfigs"), self.first("machineImages")
        body = (
            f"<{root}><name>{name}</name><description> created as part of {name}  </description><machineTemplate>"
            f'<machineConfig href="{config}"/><machineImage href="{image}"/>{more}</machineTemplate></{root}>'
        )
        uri = self.make(self.add("machines"), body, accept).headers["location"]
        until(lambda: self.get(uri)["state"] in ("STOPPED", "STARTED"))
        return uri

    def clear(self) -> None:
        """Delete what was made, the last first, again and again; machines are stopped before, whatever their state."""
        for uri in reversed(self.made):
            if "/machines/" in uri and self.client.send("GET", uri).status == 200:
                body = f'<Action xmlns="{XMLNS}"><action> http://http://schemas.dmtf.org/cimi/1/action/stop</action></Action>'
                # It tries again when it is refused, as a machine that is being made does.
                until(lambda uri=uri, body=body: self.post(f"{uri}/stop", body, XML, UNSAID).status == 202)  # type: ignore[misc]
                until(lambda uri=uri: self.get(uri)["state"] == "STOPPED")  # type: ignore[misc]
            until(lambda uri=uri: self.client.send("DELETE", uri, headers={"Accept": JSON}).status in (200, 404))  # type: ignore[misc]


@pytest.fixture
def ruby(demo: Gateway) -> Iterator[Ruby]:
    found = Ruby(CimiClient(demo))
    yield found
    found.clear()


def test_the_entry_point_without_a_login(ruby: Ruby) -> None:
    for accept in (XML, JSON):
        answer = ruby.client.send("GET", "/cloudEntryPoint", headers={"Accept": accept, "Authorization": ""})
        assert (answer.status, answer.headers["content-type"]) == (200, accept)
    root = ruby.client.get("/cloudEntryPoint").text
    assert f'<CloudEntryPoint xmlns="{XMLNS}">' in root
    entry = ruby.entry()
    assert entry["id"] == f"http://{ruby.client.gateway.host}/cimi/cloudEntryPoint"
    assert (entry["baseURI"].endswith("/"), bool(entry["name"])) == (True, True)


def test_collections_count_what_they_have_and_their_members_are_themselves(ruby: Ruby) -> None:
    for name, reference in ruby.entry().items():
        if not isinstance(reference, dict):
            continue
        document = ruby.get(reference["href"])
        assert document["resourceURI"].startswith(f"{XMLNS}/")
        items = next((value for key, value in document.items() if isinstance(value, list) and key != "operations"), [])
        assert document["count"] == len(items), name
        for item in items[:3]:
            member = ruby.get(item["id"])
            assert (member["id"], member.get("name")) == (item["id"], item.get("name"))


@pytest.mark.parametrize("accept", [XML, JSON])
def test_a_new_machine_is_answered_with_201_and_itself(ruby: Ruby, accept: str) -> None:
    config, image = ruby.first("machineConfigs"), ruby.first("machineImages")
    body = (
        f'<MachineCreate xmlns="{XMLNS}"><name>cimi_machine_{accept[-3:]}</name><machineTemplate><machineConfig '
        f'href="{config}"/><machineImage href="{image}"/></machineTemplate></MachineCreate>'
    )
    answer = ruby.make(ruby.add("machines"), body, accept)
    if accept == JSON:
        told = json.loads(answer.text)
        assert (told["name"], told["resourceURI"]) == ("cimi_machine_son", f"{XMLNS}/Machine")
    else:
        assert ElementTree.fromstring(answer.text).findtext(f"{{{XMLNS}}}name") == "cimi_machine_xml"


def test_a_template_as_the_models_write_it_and_a_machine_of_the_first_template(ruby: Ruby) -> None:
    body = (
        f'<MachineTemplate xmlns="{XMLNS}" resourceURI="{XMLNS}/MachineTemplate"><name>cimi_machineTemplate1</name>'
        '<description>A CIMI MachineTemplate, created by part3_test.rb</description><property key="foo">bar</property>'
        f'<machineConfig href="{ruby.first("machineConfigs")}" /><machineImage href="{ruby.first("machineImages")}" />'
        "</MachineTemplate>"
    )
    made = ruby.make(ruby.add("machineTemplates"), body).headers["location"]
    template = ruby.get(made)
    assert (template["name"], template["properties"]) == ("cimi_machineTemplate1", {"foo": "bar"})
    assert template["machineConfig"]["href"] == ruby.first("machineConfigs")
    assert template["machineImage"]["href"] == ruby.first("machineImages")
    create = (
        f'<MachineCreate xmlns="{XMLNS}"><name>cimi_machine_from_template</name><description> Created machine from '
        f'template</description><machineTemplate href="{ruby.first("machineTemplates")}"/></MachineCreate>'
    )
    machine = ruby.get(ruby.make(ruby.add("machines"), create).headers["location"])
    assert (machine["name"], machine["description"]) == ("cimi_machine_from_template", "Created machine from template")


def volume_body(name: str, config: str) -> str:
    return (
        f'<VolumeCreate xmlns="{XMLNS}"><name>{name}</name><description>volume for testing</description>'
        f"<volumeTemplate>{config}</volumeTemplate></VolumeCreate>"
    )


def test_volumes_are_made_and_removed_at_once(ruby: Ruby) -> None:
    config = (
        f'<VolumeConfigurationCreate xmlns="{XMLNS}"><name>marios_volume_config</name><description>a volume '
        "configuration</description><format>ext3</format> <capacity>1</capacity></VolumeConfigurationCreate>"
    )
    made = ruby.get(ruby.make(ruby.add("volumeConfigs"), config).headers["location"])
    assert made["format"] == "ext3"
    by_value = (
        "<volumeConfig><type>http://schemas.dmtf.org/cimi/1/mapped</type><capacity> 1024 </capacity></volumeConfig>"
    )
    answer = ruby.make(ruby.add("volumes"), volume_body("cimi_volume_by_value_xml", by_value))
    href = ruby.find("delete", json.loads(answer.text)["operations"])
    assert ruby.client.send("DELETE", href).status == 200
    body = (
        '{"name": "marios_new_volume_json", "description": "a new volume", "volumeTemplate":{"volumeConfig": '
        '{"type":"http://schemas.dmtf.org/cimi/1/mapped", "capacity": 1024 }}}'
    )
    answer = ruby.post(ruby.add("volumes"), body, JSON, JSON)
    assert answer.status == 201
    assert ruby.client.send("DELETE", ruby.find("delete", json.loads(answer.text)["operations"])).status == 200


def test_a_volume_is_attached_to_a_machine_that_was_just_made(ruby: Ruby) -> None:
    machine = ruby.machine("cimi_machine")
    config = f'<volumeConfig href="{ruby.first("volumeConfigs")}"></volumeConfig>'
    volume = ruby.make(ruby.add("volumes"), volume_body("cimi_volume_for_attach", config)).headers["location"]
    volumes = ruby.get(machine)["volumes"]["href"]
    body = (
        f'<MachineVolume xmlns="{XMLNS}"><initialLocation>/dev/sdf</initialLocation><volume href="{volume}"/>'
        "</MachineVolume>"
    )
    answer = ruby.post(ruby.find("add", ruby.get(volumes)["operations"]), body, XML)
    assert answer.status == 201, answer.text
    attached = ruby.get(answer.headers["location"])
    assert "delete" in attached["operations"][0]["rel"]
    detached = ruby.client.send("DELETE", ruby.find("delete", attached["operations"]), headers={"Accept": XML})
    assert detached.status == 200


def test_a_machine_is_read_started_stopped_and_restarted(ruby: Ruby) -> None:
    uri = ruby.machine("cimi_machine_part5", root="Machine")
    machine = ruby.get(uri)
    assert (machine["name"], machine["description"]) == ("cimi_machine_part5", "created as part of cimi_machine_part5")
    assert uri.startswith(ruby.entry()["id"].replace("cloudEntryPoint", "machines/"))
    assert re.fullmatch("[0-9]+", str(machine["cpu"]))
    assert re.fullmatch("[0-9]+", str(machine["memory"]))
    assert machine["state"] == "STOPPED"
    for word in ("start", "delete", "capture"):
        ruby.find(word, machine["operations"])
    ruby.act(uri, "start", "STARTED")
    for word in ("restart", "stop", "capture"):
        ruby.find(word, ruby.get(uri)["operations"])
    ruby.act(uri, "restart", "STARTED")
    ruby.act(uri, "stop", "STOPPED")


def test_a_machine_is_captured_by_a_body_with_a_small_letter(ruby: Ruby) -> None:
    machine = ruby.machine("cimi_machine_machex1")
    body = (
        "<machineImageCreate><name>machine_image_machex1</name><description> created as part of "
        f"tests/cimi/machex1_test  </description><type> IMAGE </type><imageLocation> {machine}</imageLocation> "
        "</machineImageCreate>"
    )
    told = json.loads(ruby.make(ruby.add("machineImages"), body).text)
    assert (told["name"], told["type"], told["resourceURI"]) == (
        "machine_image_machex1",
        "IMAGE",
        f"{XMLNS}/MachineImage",
    )
    assert told["state"] in ("CREATING", "AVAILABLE")
    until(lambda: ruby.get(told["id"])["state"] == "AVAILABLE")
    assert ruby.client.send("DELETE", told["id"], headers={"Accept": JSON}).status == 200


def test_user_data_and_initial_states(ruby: Ruby) -> None:
    ruby.machine("cimi_machine_machex3", "<userData>QmFzZS02NCBlbmNvZGVkIGRhdGE=</userData>")
    metadata = ruby.get(ruby.entry()["resourceMetadata"]["href"])["resourceMetadata"]
    machine = next(one for one in metadata if one["typeUri"] == f"{XMLNS}/Machine")
    capabilities = {one["uri"]: one for one in machine["capabilities"]}
    states = capabilities[f"{XMLNS}/capability/Machine/InitialStates"]
    assert all(states[name] for name in ("name", "uri", "description", "value"))
    assert "InitialStates" in states["name"]
    for state in states["value"].split(","):
        uri = ruby.make(ruby.add("machines"), (
            f"<MachineCreate><name>cimi_machine_initial:{state}</name><machineTemplate><initialState>{state}"
            f'</initialState><machineConfig href="{ruby.first("machineConfigs")}"/><machineImage '
            f'href="{ruby.first("machineImages")}"/></machineTemplate></MachineCreate>'
        )).headers["location"]  # fmt: skip
        until(lambda uri=uri, state=state: ruby.get(uri)["state"] == state)  # type: ignore[misc]
        assert ruby.get(uri)["name"] == f"cimi_machine_initial:{state}"


def test_a_system_of_the_first_template(ruby: Ruby) -> None:
    body = (
        f'<SystemCreate xmlns="{XMLNS}"><name>test_system</name><systemTemplate '
        f'href="{ruby.first("systemTemplates")}"/></SystemCreate>'
    )
    answer = ruby.post(ruby.add("systems"), body, XML)
    assert answer.status == 201, answer.text
    system = answer.headers["location"]
    until(lambda: ruby.get(system)["state"] == "STOPPED")
    for verb, state in (("start", "STARTED"), ("stop", "STOPPED")):
        uri = ruby.find(verb, ruby.get(system)["operations"])
        action = f'<Action xmlns="{XMLNS}"><action>http://schemas.dmtf.org/cimi/1/action/{verb}</action></Action>'
        assert ruby.post(uri, action, XML).status == 202
        until(lambda state=state: ruby.get(system)["state"] == state)  # type: ignore[misc]
        members = ruby.get(ruby.get(system)["machines"]["href"])["systemMachines"]
        assert {ruby.get(one["machine"]["href"])["state"] for one in members} == {state}
    assert ruby.client.send("DELETE", system).status == 200
