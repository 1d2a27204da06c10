"""A client of the Deltacloud API that knows the entry point alone: everything else it finds by links.

It sends parameters in the query of a POST, as the original's clients do, and understands XML and JSON.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from tests.clients.gateway import Answer, Gateway


@dataclass(frozen=True)
class Thing:
    """A resource as either format tells it: id, address, state, what leads on."""

    name: str
    id: str
    href: str
    state: str
    links: Mapping[str, tuple[str, str]]
    tree: Any

    def text(self, member: str) -> str:
        """A plain member."""
        if isinstance(self.tree, ElementTree.Element):
            return self.tree.findtext(member) or ""
        return str(self.tree.get(member) or "")


@dataclass(frozen=True)
class DeltacloudClient:
    """`form` is `xml` or `json`."""

    gateway: Gateway
    form: str = "xml"

    def send(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request with a login; `url` is whole, or a path of the gateway."""
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(parameters or {}))))
        target = f"{parts.path}{'?' if query else ''}{query}"
        given = {**self.gateway.basic, "Accept": f"application/{self.form}", **(headers or {})}
        connection = http.client.HTTPConnection(self.gateway.host, timeout=60)
        try:
            connection.request(method, target, body, given)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode())
        finally:
            connection.close()

    def entry(self) -> dict[str, str]:
        """The addresses of the collections by name."""
        answer = self.send("GET", "/api")
        assert answer.status == 200, answer.text
        if self.form == "json":
            return {link["rel"]: link["href"] for link in json.loads(answer.text)["api"]["links"]}
        return {link.get("rel", ""): link.get("href", "") for link in answer.tree.findall("link")}

    def things(self, collection: str, **parameters: str) -> list[Thing]:
        """The items of a collection of the entry point."""
        answer = self.send("GET", self.entry()[collection], parameters)
        assert answer.status == 200, answer.text
        if self.form == "json":
            return [_from_json(one) for one in json.loads(answer.text)[collection]]
        return [_from_xml(one) for one in answer.tree]

    def get(self, href: str) -> Thing:
        """One resource."""
        answer = self.send("GET", href)
        assert answer.status == 200, answer.text
        return self.thing(answer)

    def create(self, collection: str, status: int = 201, **parameters: str) -> Thing:
        """Make something; its address is told in `Location`, too."""
        answer = self.send("POST", self.entry()[collection], parameters)
        assert answer.status == status, answer.text
        made = self.thing(answer)
        assert answer.headers["location"] == made.href
        return made

    def follow(self, thing: Thing, rel: str, status: int, **parameters: str) -> Thing | None:
        """Do what a link of a resource says."""
        href, method = thing.links[rel]
        answer = self.send(method.upper(), href, parameters)
        assert answer.status == status, (rel, answer.text)
        return self.thing(answer) if answer.text else None

    def until(self, href: str, state: str, seconds: float = 30.0) -> Thing:
        """The resource once it is in a state."""
        return self._wait(lambda: self.get(href), lambda thing: thing.state == state, seconds)

    def gone(self, href: str, seconds: float = 30.0) -> None:
        """Wait until there is nothing any more."""
        self._wait(lambda: self.send("GET", href), lambda answer: answer.status == 404, seconds)

    def thing(self, answer: Answer) -> Thing:
        """The one resource of an answer."""
        if self.form == "json":
            document = json.loads(answer.text)
            return _from_json(document if "id" in document else next(iter(document.values())))
        return _from_xml(answer.tree)

    def _wait(self, look: Callable[[], Any], done: Callable[[Any], bool], seconds: float) -> Any:
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if done(seen):
                return seen
            assert time.monotonic() < end, seen
            time.sleep(0.05)


def _from_xml(tree: ElementTree.Element) -> Thing:
    links = {one.get("rel", ""): (one.get("href", ""), one.get("method", "")) for one in tree.findall("actions/link")}
    return Thing(tree.tag, tree.get("id", ""), tree.get("href", ""), tree.findtext("state") or "", links, tree)


def _from_json(tree: dict[str, Any]) -> Thing:
    links = {one["rel"]: (one["href"], one["method"]) for one in tree.get("actions", [])}
    return Thing("", tree["id"], tree["href"], tree.get("state") or "", links, tree)
