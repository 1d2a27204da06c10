"""Volumes of machines as Deltacloud's clients of 2012 and 2013 attach and detach them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import WORKSHOP, Answer, Gateway
from tests.support.processes import until

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
XML = {"Content-Type": "application/xml", "Accept": "application/xml"}


class Cloud:
    """A stopped machine and two volumes, and what the gateway says of them."""

    def __init__(self, client: CimiClient) -> None:
        self.client = client
        template = {"machineTemplate": {"machineImage": {"href": f"machine_images/{WORKSHOP}"}}}
        self.machine = self._made("/machines", template)
        sizes = {"volumeTemplate": {"volumeConfig": {"capacity": 1_000_000}}}
        self.volumes = [self._made("/volumes", sizes) for _ in range(2)]
        for uri, state in ((self.machine, "STOPPED"), *((volume, "AVAILABLE") for volume in self.volumes)):
            until(lambda uri=uri, state=state: self.get(uri)["state"] == state)

    def _made(self, path: str, document: dict[str, Any]) -> str:
        answer = self.client.send("POST", path, json.dumps(document), JSON)
        assert answer.status == 201, answer.text
        return answer.headers["location"]

    def get(self, uri: str) -> Any:
        return json.loads(self.client.get(uri, "application/json").text)

    def put(self, verb: str, body: str, headers: dict[str, str] = XML) -> Answer:
        return self.client.send("PUT", f"{self.machine}/{verb}", body, headers)

    def attached(self) -> dict[str, str]:
        """The places of the machine's volumes, by volume."""
        found = self.get(f"{self.machine}/volumes").get("machineVolumes", ())
        return {one["volume"]["href"]: one.get("initialLocation", "") for one in found}

    def clear(self) -> None:
        for uri in (self.machine, *self.volumes):
            until(lambda uri=uri: self.client.send("DELETE", uri).status in (200, 404))


@pytest.fixture(scope="module")
def cloud(demo: Gateway) -> Iterator[Cloud]:
    found = Cloud(CimiClient(demo))
    yield found
    found.clear()


def test_a_put_of_2012_attaches_and_detaches(cloud: Cloud) -> None:
    first, second = cloud.volumes
    answer = cloud.put(
        "attach_volume",
        f'<VolumeAttach xmlns="http://www.dmtf.org/cimi"><volume href="{first}" attachmentPoint="/dev/sdc"/>'
        f'<volume href="{second}" attachmentPoint="/dev/sdd"/></VolumeAttach>',
    )
    assert answer.status == 200, answer.text
    assert (answer.status, answer.tree.tag, answer.tree.findtext("id")) == (200, "Machine", cloud.machine)
    assert cloud.get(answer.headers["cimi-job-uri"])["affectedResources"] == [{"href": cloud.machine}]
    assert cloud.attached() == {first: "/dev/sdc", second: "/dev/sdd"}
    for volumes in ([first, second], [first]):
        body = json.dumps({"volumes": [{"href": volume} for volume in volumes]})
        assert cloud.put("detach_volume", body, JSON).status == 200
    assert cloud.attached() == {}


def test_a_post_of_2013_attaches(cloud: Cloud) -> None:
    volume = cloud.volumes[0]
    body = (
        '<MachineVolume xmlns="http://schemas.dmtf.org/cimi/1"><initialLocation>/dev/sdf</initialLocation>'
        f'<volume href="{volume}"/></MachineVolume>'
    )
    answer = cloud.client.send("POST", f"{cloud.machine}/volume_attach", body, XML)
    assert (answer.status, answer.tree.tag, answer.tree.find("volume").attrib) == (  # type: ignore[union-attr]
        201,
        "MachineVolume",
        {"href": volume},
    )
    assert answer.headers["location"] == f"{cloud.machine}/volumes/{volume.rpartition('/')[2]}"
    assert cloud.attached() == {volume: "/dev/sdf"}
    assert cloud.client.send("DELETE", answer.headers["location"]).status == 200
    assert cloud.attached() == {}


@pytest.mark.parametrize(
    ("method", "verb", "body", "status"),
    [
        ("PUT", "attach_volume", "", 400),
        ("PUT", "attach_volume", "<VolumeAttach/>", 400),
        ("PUT", "attach_volume", '<VolumeAttach><volume attachmentPoint="/dev/sdc"/></VolumeAttach>', 400),
        ("PUT", "attach_volume", '<VolumeAttach><volume href="http://elsewhere.example/x"/></VolumeAttach>', 400),
        ("PUT", "detach_volume", '<VolumeDetach><volume href="volumes/none"/></VolumeDetach>', 404),
        ("POST", "detach_volume", "<VolumeDetach/>", 405),
        ("GET", "attach_volume", "", 405),
        ("PUT", "start", "<Action/>", 405),
    ],
)
def test_what_is_wrong_is_refused(cloud: Cloud, method: str, verb: str, body: str, status: int) -> None:
    assert cloud.client.send(method, f"{cloud.machine}/{verb}", body, XML).status == status
