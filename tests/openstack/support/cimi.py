"""A CIMI client that follows links and operations, and takes no XML answer that the DMTF schema does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, native, operation
from tests.clients.gateway import Answer
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import EVERY, SECONDS
from tests.support.processes import until

SCHEMA = Path(__file__).parents[2] / "data" / "cimi" / "dsp8009_1.0.2_patched.xsd"
MAPPED = "http://schemas.dmtf.org/cimi/1/mapped"


class Client(Follower):
    """A follower of links that has every XML answer checked."""

    def send(self, method: str, uri: str, name: str = "", document: dict[str, Any] | None = None) -> Answer:
        """One request; its answer is valid."""
        answer = super().send(method, uri, name, document)
        if self.form is Format.XML and answer.text:
            _schema().assertValid(etree.fromstring(answer.text.encode()))
        return answer

    def ended(self, answer: Answer) -> dict[str, Any]:
        """The job of an accepted request, once it is over."""
        until(lambda: self.job(answer)["progress"] == 100, SECONDS, EVERY)
        return self.job(answer)

    def part(self, document: dict[str, Any], attribute: str, item: str) -> dict[str, Any]:
        """A collection below an item."""
        return self.items(document[attribute]["href"], item)

    def launch(self, name: str, image: str = "tiny", **template: Any) -> Answer:
        """Ask for a machine of the template that an image stands for, with changes."""
        given = {"href": self.named("MachineTemplate", image), **template}
        add = operation(self.collection("Machine"), "add")
        return self.send("POST", add, "MachineCreate", {"name": name, "machineTemplate": given})

    @contextmanager
    def machine(self, cloud: Any, name: str, image: str = "tiny", **template: Any) -> Iterator[dict[str, Any]]:
        """A machine that runs; the cloud has it no more at the end."""
        answer = self.launch(name, image, **template)
        assert answer.status == 201, answer.text
        made = answer.headers["location"]
        try:
            assert self.ended(answer)["state"] == "SUCCESS", self.job(answer)
            yield self.reached(made, "Machine", "STARTED")
        finally:
            self.gone(cloud, made)

    def gone(self, cloud: Any, uri: str) -> None:
        """Delete a machine by what it offers."""
        assert self.send("DELETE", operation(self.read(uri, "Machine"), "delete")).status == 200
        until(lambda: cloud.compute.find_server(native(uri)) is None, SECONDS, EVERY)
        assert self.send("GET", uri).status == 404


def client(site: Site, form: Format) -> Client:
    """A client that logs in as the project's member."""
    return Client(CimiClient(site.gateway), form)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))
