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
from tests.support.processes import PASSWORD, USER


@dataclass(frozen=True)
class Follower:
    """Reads and sends documents (attributes by name) as XML or JSON, as one user."""

    client: CimiClient
    form: Format
    user: str = USER

    def send(self, method: str, uri: str, name: str = "", document: dict[str, Any] | None = None) -> Answer:
        """One request, with a document of the type `name` as its body."""
        headers = {"Accept": self.form.media_type, **basic(self.user, PASSWORD)}
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


def operation(document: dict[str, Any], verb: str) -> str:
    """Where a document offers an operation."""
    offered = {one["rel"]: str(one["href"]) for one in document.get("operations") or ()}
    assert rel(verb) in offered, (verb, offered)
    return offered[rel(verb)]


def verbs(document: dict[str, Any]) -> set[str]:
    """The last words of the operations that a document offers."""
    return {str(one["rel"]).rpartition("/")[2] for one in document.get("operations") or ()}
