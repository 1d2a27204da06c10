"""What Sirocco's Java SDK sends, byte for byte, and what it insists on in the answers (2012 to 2015).

It compares a whole `rel`, cuts the base URI off every address and parses any answer that says it is XML or JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DESKTOP, Answer, Gateway
from tests.support.processes import until

XMLNS = "http://schemas.dmtf.org/cimi/1"
XML = "application/xml"
STATES = {"CREATING", "STARTING", "STARTED", "STOPPING", "STOPPED", "PAUSING", "PAUSED", "SUSPENDING", "SUSPENDED",
          "DELETING", "DELETED", "ERROR"}  # fmt: skip


@dataclass
class Java:
    """Sirocco's SDK, in XML."""

    client: CimiClient
    base: str = ""

    def send(self, method: str, href: str, body: str = "") -> Answer:
        """A request to what is left of an address without the base URI."""
        assert href.startswith(self.base) or not href.startswith("http")
        more = {"Content-Type": XML} if body else {}
        declared = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{body}' if body else ""
        headers = {"Accept": XML, "User-Agent": "Java/1.7.0_45", **more}
        return self.client.send(method, "/" + href.removeprefix(self.base).lstrip("/"), declared, headers)

    def get(self, href: str) -> ElementTree.Element:
        answer = self.send("GET", href)
        assert answer.status == 200, answer.text
        return answer.tree

    @staticmethod
    def operation(root: ElementTree.Element, rel: str) -> str:
        """Where the operation of exactly this name leads."""
        found = {one.get("rel"): str(one.get("href")) for one in root.findall("operation")}
        assert rel in found, found
        return found[rel]

    def act(self, root: ElementTree.Element, verb: str, more: str = "") -> None:
        uri = f"{XMLNS}/action/{verb}"
        body = f'<Action xmlns="{XMLNS}"><action>{uri}</action>{more}</Action>'
        answer = self.send("POST", self.operation(root, uri), body)
        # A body would be parsed as a Job if the type said so, and without one the header is looked for.
        assert (answer.status, answer.text, answer.headers.get("content-type")) == (202, "", None)
        assert self.get(answer.headers["cimi-job-uri"]).findtext("state") in ("RUNNING", "SUCCESS")

    def reaches(self, uri: str, *states: str) -> ElementTree.Element:
        """The resource in one of the states; every state on the way is one that the SDK's enumeration has."""

        def found() -> ElementTree.Element | None:
            root = self.get(uri)
            assert root.findtext("state") in STATES - {"ERROR"}
            return root if root.findtext("state") in states else None

        until(lambda: found() is not None)
        return self.get(uri)


@pytest.fixture
def java(demo: Gateway) -> Java:
    found = Java(CimiClient(demo))
    entry = found.get(f"http://{demo.host}/cimi/cloudEntryPoint/".removeprefix(f"http://{demo.host}/cimi"))
    found.base = entry.findtext("baseURI") or ""
    assert found.base == f"http://{demo.host}/cimi/"
    hrefs = [str(one.get("href")) for one in entry if one.get("href")]
    assert [one for one in hrefs if not one.startswith(found.base)] == []
    return found


def make(java: Java, template: str, name: str = "MachineCaptureTest") -> str:
    """A machine of the first configuration and image, with more in its template."""
    entry = java.get("cloudEntryPoint")

    def first(collection: str, item: str) -> str:
        reference = entry.find(collection)
        assert reference is not None
        return java.get(str(reference.get("href"))).findtext(f"{item}/id") or ""

    machines = java.get(str(entry.find("machines").get("href")))  # type: ignore[union-attr]
    body = (
        f'<MachineCreate xmlns="{XMLNS}"><name>{name}</name><description>machine capture test</description>'
        f'<machineTemplate><machineConfig href="{first("machineConfigs", "MachineConfiguration")}"/><machineImage '
        f'href="{entry.find("machineImages").get("href")}/{DESKTOP}"/>{template}</machineTemplate></MachineCreate>'
    )
    answer = java.send("POST", java.operation(machines, "add"), body)
    assert (answer.status, answer.headers["content-type"]) == (201, XML), answer.text
    assert answer.tree.findtext("state") in STATES
    return answer.tree.findtext("id") or ""


def remove(java: Java, uri: str) -> None:
    root = java.get(uri)
    if root.findtext("state") == "STARTED":
        java.act(root, "stop")
        root = java.reaches(uri, "STOPPED")
    assert java.send("DELETE", java.operation(root, "delete")).status == 200


def test_java_captures_a_machine(java: Java) -> None:
    uri = make(java, "")
    machine = java.reaches(uri, "STARTED", "STOPPED")
    body = (
        f'<MachineImage xmlns="{XMLNS}"><name>capturedMachineImage</name><description>captured image from machine '
        f"MachineCaptureTest</description><type>IMAGE</type><imageLocation>{uri}</imageLocation></MachineImage>"
    )
    answer = java.send("POST", java.operation(machine, f"{XMLNS}/action/capture"), body)
    assert (answer.status, answer.headers["content-type"]) == (201, XML), answer.text
    image = answer.tree.findtext("id") or ""
    found = java.reaches(image, "AVAILABLE") if answer.tree.findtext("state") == "AVAILABLE" else None
    until(lambda: java.get(image).findtext("state") == "AVAILABLE")
    assert found is None or found.findtext("name") == "capturedMachineImage"
    assert java.send("DELETE", java.operation(java.get(image), "delete")).status == 200
    java.reaches(uri, "STARTED", "STOPPED")
    remove(java, uri)


@pytest.mark.parametrize("extension", ["<realm>UZXC0GRT-ZG8ZJCJ07-N-SECURE1</realm>",
                                       '<realm xmlns="">UZXC0GRT-ZG8ZJCJ07-N-SECURE1</realm>'])  # fmt: skip
def test_java_restarts_a_machine_whose_template_has_an_attribute_of_its_own(java: Java, extension: str) -> None:
    uri = make(java, extension, "MachineWithRealmTest")
    machine = java.reaches(uri, "STARTED", "STOPPED")
    if machine.findtext("state") == "STOPPED":
        java.act(machine, "start")
        machine = java.reaches(uri, "STARTED")
    java.act(machine, "restart", "<force>false</force>")
    java.reaches(uri, "STARTED")
    remove(java, uri)


def test_java_gives_user_data_and_looks_for_addresses(java: Java) -> None:
    uri = make(java, "<userData>1234567890</userData>", "MachineUserDataTest")
    java.act(java.reaches(uri, "STOPPED"), "start")
    machine = java.reaches(uri, "STARTED")
    for interface in java.get(str(machine.find("networkInterfaces").get("href"))).findall("MachineNetworkInterface"):  # type: ignore[union-attr]
        addresses = interface.find("addresses")
        assert addresses is not None
        network = interface.find("network")
        assert network is not None
        assert java.get(str(network.get("href"))).tag == "Network"
        for one in java.get(f"{addresses.get('href')}?$expand=address").findall("MachineNetworkInterfaceAddress"):
            assert one.findtext("address/ip")
    remove(java, uri)


def test_java_changes_a_part_of_a_machine(java: Java) -> None:
    uri = make(java, "", "before")
    java.reaches(uri, "STOPPED", "STARTED")
    answer = java.send("PUT", f"{uri}?$select=name,properties", (
        f'<Machine xmlns="{XMLNS}"><name>after</name><property key="a">b</property></Machine>'
    ))  # fmt: skip
    assert answer.status == 200, answer.text
    assert (answer.tree.findtext("name"), answer.tree.findtext("property")) == ("after", "b")
    assert answer.tree.findtext("description") == "machine capture test"
    remove(java, uri)
