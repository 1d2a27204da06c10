"""A client that knows no address but the entry point's: it follows links and operations, in one format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deltaic.protocols.cimi.actions import rel
from deltaic.protocols.cimi.bodies import write
from deltaic.protocols.cimi.json_reader import read_collection_json, read_json
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_reader import read_collection_xml, read_xml
from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import Answer, basic
from tests.support.processes import until

ACTION = "http://schemas.dmtf.org/cimi/1/action"


@dataclass(frozen=True)
class Follower:
    """Reads and sends documents (attributes by name) as XML or JSON, as the gateway's own user or another one."""

    client: CimiClient
    form: Format
    user: str = ""

    def send(self, method: str, uri: str, name: str = "", document: dict[str, Any] | None = None) -> Answer:
        """One request, with a document of the type `name` as its body."""
        gateway = self.client.gateway
        headers = {"Accept": self.form.media_type, **basic(self.user or gateway.user, gateway.password)}
        body = ""
        if document is not None:
            body = write(name, document, self.form).decode()
            headers["Content-Type"] = self.form.media_type
        return self.client.send(method, uri, body, headers)

    def read(self, uri: str, name: str) -> dict[str, Any]:
        """A resource of the type `name`."""
        answer = self.send("GET", uri)
        assert answer.status == 200, (uri, answer.text)
        return self.document(answer, name)

    def document(self, answer: Answer, name: str) -> dict[str, Any]:
        """The resource in an answer."""
        return (read_xml if self.form is Format.XML else read_json)(answer.text.encode(), name)

    def collection(self, item: str) -> dict[str, Any]:
        """The collection of the entry point whose items are of the type `item`."""
        entry = self.read("/cloudEntryPoint", "CloudEntryPoint")
        attribute = next(one for one in RESOURCES["CloudEntryPoint"].attributes if one.of == item)
        return self.items(entry[attribute.name]["href"], item)

    def items(self, uri: str, item: str) -> dict[str, Any]:
        """A collection by its address."""
        answer = self.send("GET", uri)
        assert answer.status == 200, (uri, answer.text)
        read = read_collection_xml if self.form is Format.XML else read_collection_json
        return {"items": [], **read(answer.text.encode(), item)}

    def add(self, item: str, document: dict[str, Any], name: str = "", uri: str = "") -> dict[str, Any]:
        """Make an item through its collection's `add`; `name` is the type that is sent, if it is another one."""
        collection = self.items(uri, item) if uri else self.collection(item)
        answer = self.send("POST", operation(collection, "add"), name or item, document)
        assert answer.status == 201, answer.text
        made = self.document(answer, item)
        assert answer.headers["location"] == made["id"]
        return made

    def named(self, item: str, name: str) -> str:
        """The address of what has this name in the collection of the entry point."""
        return next(str(one["id"]) for one in self.collection(item)["items"] if one.get("name") == name)

    def act(self, uri: str, name: str, verb: str, **members: Any) -> Answer:
        """Do what the resource at `uri`, of the type `name`, offers."""
        where = operation(self.read(uri, name), verb)
        return self.send("POST", where, "Action", {"action": f"{ACTION}/{verb}", **members})

    def remove(self, uri: str, name: str) -> Answer:
        """Delete by what the resource offers, as soon as it does."""
        until(lambda: "delete" in verbs(self.read(uri, name)))
        answer = self.send("DELETE", operation(self.read(uri, name), "delete"))
        assert answer.status == 200, answer.text
        return answer

    def reached(self, uri: str, name: str, state: str) -> dict[str, Any]:
        """A resource once it is in a state."""
        until(lambda: self.read(uri, name)["state"] == state, 60)
        return self.read(uri, name)

    def job(self, answer: Answer) -> dict[str, Any]:
        """The job of a request, whose address the answer tells."""
        return self.read(answer.headers["cimi-job-uri"], "Job")

    def over(self, answer: Answer) -> dict[str, Any]:
        """The same once it has ended."""
        until(lambda: self.job(answer)["progress"] == 100, 60)
        return self.job(answer)

    def engine(self, path: str) -> Any:
        """What the engine has, asked past the gateway."""
        return self.client.gateway.engine.get(path)

    def engine_has(self, machine: dict[str, Any]) -> bool:
        """Whether there is such a machine for the engine."""
        return native(machine["id"]) in {vm["id"] for vm in self.client.gateway.engine.machines()}


def native(uri: str) -> str:
    """The id at the end of an address: the engine's own, for what the engine has."""
    return uri.rpartition("/")[2]


def operation(document: dict[str, Any], verb: str) -> str:
    """Where a document offers an operation."""
    offered = {one["rel"]: str(one["href"]) for one in document.get("operations") or ()}
    assert rel(verb) in offered, (verb, offered)
    return offered[rel(verb)]


def verbs(document: dict[str, Any]) -> set[str]:
    """The last words of the operations that a document offers."""
    return {str(one["rel"]).rpartition("/")[2] for one in document.get("operations") or ()}
