"""The recorded requests once more, against the demo: the same but for ids and login."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from tests.clients.deltacloud_client import DeltacloudClient
from tests.clients.gateway import DEFAULT_CENTER, DEFAULT_CLUSTER, WORKSHOP, Gateway, basic
from tests.clients.golden.changes import HEADERS, LEFT_OUT, PATHS
from tests.clients.golden.facts import facts
from tests.clients.golden.recordings import Recording
from tests.support.processes import until

#: The login of the recordings; others in them are wrong ones on purpose.
_LOGIN: Final = basic("mockuser", "mockpassword")["Authorization"]

#: What stands here for things of the original's own test data.
_FIXED: Final = {
    "us": DEFAULT_CLUSTER,
    "eu": DEFAULT_CLUSTER,
    "img1": WORKSHOP,
    "m1-large": "SERVER",
    "m1-small": "Small",
    "m1-xlarge": "DESKTOP",
    "p1": DEFAULT_CENTER,
    "test1": DEFAULT_CENTER,
    "mock": "ovirt",
    "ec2": "ovirt",
    "rhevm": "ovirt",
    "i386": "x86_64",
}

#: What is waited for before a request, in the original's words: the mock driver did everything in no time.
_FIRST: Final[dict[str, tuple[str, str, str]]] = {
    "instances_create_show": ("instances", "golden-{}", "STARTED"),
    "instances_stop": ("instances", "golden-{}", "RUNNING"),
    "instances_stopped_show": ("instances", "golden-{}", "STOPPED"),
    "images_create": ("instances", "golden-{}", "RUNNING"),
    "images_destroy": ("images", "gimg{}", "AVAILABLE"),
    "storage_volumes_attach": ("storage_volumes", "gvol", "AVAILABLE"),
    "storage_volumes_attached_show": ("storage_volumes", "gvol", "IN-USE"),
    "storage_snapshots_create": ("storage_volumes", "gvol", "AVAILABLE"),
    "storage_snapshots_destroy": ("storage_snapshots", "gsnap", "COMPLETED"),
    "storage_volumes_destroy": ("storage_volumes", "gvol", "AVAILABLE"),
    "instances_stop2": ("instances", "golden-{}", "RUNNING"),
    "instances_destroy": ("instances", "golden-{}", "STOPPED"),
}


@dataclass
class Scene:
    """Everything that the recordings' requests need; `names` leads from the original's ids to ours."""

    gateway: Gateway
    names: dict[str, str] = field(default_factory=lambda: dict(_FIXED))
    made: list[str] = field(default_factory=list)

    @property
    def client(self) -> DeltacloudClient:
        return DeltacloudClient(self.gateway, "json")

    def open(self) -> None:
        """Make what stands for the original's data: a running instance, a volume, a snapshot, a key."""
        client = self.client
        key = client.create("keys", name="golden-key")
        machine = client.create(
            "instances", image_id=WORKSHOP, name="golden", realm_id=DEFAULT_CLUSTER, keyname=key.id, start="true"
        )
        volume = client.create("storage_volumes", name="golden-volume", capacity="1", realm_id=DEFAULT_CLUSTER)
        client.until(volume.href, "AVAILABLE")
        snapshot = client.create("storage_snapshots", name="golden-snapshot", volume_id=volume.id)
        client.until(snapshot.href, "COMPLETED")
        client.until(machine.href, "RUNNING")
        until(lambda: "run" in client.get(machine.href).links)
        running = client.get(machine.href)
        self.names |= {"test-key": key.id, "vol1": volume.id, "snap1": snapshot.id}
        self.names |= dict.fromkeys(("inst0", "inst1", "inst2", "inst3"), running.id)
        self.names["nic1"] = running.tree["network_interfaces"][0]["id"]
        nic = client.get(running.tree["network_interfaces"][0]["href"])
        self.names |= dict.fromkeys(("net1", "subnet1"), nic.tree["network"]["id"])
        self.made += [snapshot.href, volume.href, key.href, machine.href]

    def close(self) -> None:
        """Remove what was made, as far as it is still there."""
        client = self.client
        for href in self.made:
            if client.send("GET", href).status != 200:
                continue
            if "/instances/" in href:
                self._settle(href)
            client.send("DELETE", href)

    def _settle(self, href: str) -> None:
        """Stop an instance, whatever it is about to do."""
        until(lambda: self.client.get(href).state in ("RUNNING", "STOPPED", "STOPPING"))
        if self.client.get(href).state == "RUNNING":
            self.client.send("POST", f"{href}/stop")
        self.client.until(href, "STOPPED")

    def play(self, recording: Recording) -> set[str]:
        """Send a recording's request and tell the structure of the answer."""
        self._prepare(recording)
        form = self._form(recording)
        headers = {name: self._header(name, value) for name, value in recording.headers.items()}
        headers |= HEADERS.get(recording.name, {})
        connection = http.client.HTTPConnection(self.gateway.host, timeout=60)
        try:
            connection.request(recording.method, self._path(recording.name, recording.path), form or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        self._learn(recording, answer.status, told, content)
        return facts(answer.status, told, content)

    def _prepare(self, recording: Recording) -> None:
        """Wait until things are as they were when the recording was made."""
        collection, name, state = _FIRST.get(recording.act, ("", "", ""))
        if not collection:
            return
        href = f"/api/{collection}/{self.names[name.format(recording.format)]}"
        if state == "STARTED":
            self.client.until(href, "STOPPED")
            self.client.send("POST", f"{href}/start")
            state = "RUNNING"
        self.client.until(href, state)

    def _header(self, name: str, value: str) -> str:
        if name.lower() == "authorization" and value == _LOGIN:
            return basic()["Authorization"]
        return self.names.get(value, value) if name.lower() == "x-deltacloud-provider" else value

    def _path(self, name: str, path: str) -> str:
        """The path with our ids; the driver keeps the name that the client gives it."""
        parts = urlsplit(PATHS.get(name, path))
        segments = [self._segment(segment) for segment in parts.path.split("/")]
        query = urlencode([(name, self.names.get(value, value)) for name, value in parse_qsl(parts.query)])
        return "/".join(segments) + (f"?{query}" if query else "")

    def _segment(self, segment: str) -> str:
        first, *matrix = segment.split(";")
        pairs = (one.partition("=") for one in matrix)
        shown = [f"{name}={value if value == 'rhevm' else self.names.get(value, value)}" for name, _, value in pairs]
        return ";".join((self.names.get(first, first), *shown))

    def _form(self, recording: Recording) -> str:
        given = dict(parse_qsl(recording.form))
        left_out = LEFT_OUT.get(recording.act, {})
        ours = {key: value if key == "name" else self.names.get(value, value) for key, value in given.items()}
        return urlencode({key: value for key, value in ours.items() if key not in left_out})

    def _learn(self, recording: Recording, status: int, headers: dict[str, str], content: bytes) -> None:
        """Remember which of our ids stands for one that the original made."""
        if recording.method != "POST" or status not in (200, 201) or recording.path.count("/") != 2:
            return
        ours = headers.get("location", "").rpartition("/")[2] or _id(content)
        for name in {_id(recording.content), dict(parse_qsl(recording.form)).get("name", "")} - {""}:
            self.names[name] = ours
        self.made.insert(0, f"{recording.path}/{ours}")


def _id(content: bytes) -> str:
    """The id of the one resource in a document."""
    if content.startswith(b"<"):
        return etree.fromstring(content).get("id") or ""
    found = re.search(rb'"id":"([^"]+)"', content)
    return found[1].decode() if found else ""
