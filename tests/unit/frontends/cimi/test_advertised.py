"""Whatever a cloud can't do: every address that is shown answers, and everything that is offered is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.drivers.openstack import CAPABILITY as OPENSTACK
from deltaic.drivers.ovirt.driver import CAPABILITY as OVIRT
from deltaic.frontends.cimi.site import served
from deltaic.frontends.cimi.tree import find
from deltaic.layers.base import layered
from deltaic.layers.capability import CapabilityLayer
from deltaic.model.capability import Capability
from deltaic.model.metric import Metric
from tests.unit.frontends.cimi.conftest import BASE, CAPABILITY, Client
from tests.unit.frontends.conftest import Gateway

#: The least that a cloud of machines can do.
MACHINES = Capability(
    zones_list=True, images_list=True, instances_list=True, instances_list_with_runs=True, instances_create=True,
    instances_start=True, instances_stop=True, instances_delete=True,
)  # fmt: skip
ON = [name for name in Capability.__struct_fields__ if getattr(CAPABILITY, name) is True]


def without(*words: str) -> Capability:
    """A cloud that can do all but what begins or ends so."""
    return replace(CAPABILITY, **{name: False for name in ON if name.startswith(words) or name.endswith(words)})


CLOUDS = {
    "all": CAPABILITY,
    "ovirt": OVIRT,
    "openstack": OPENSTACK,
    "machines": MACHINES,
    **{
        f"without {word}": without(word)
        for word in (
            "volumes", "volumes_create", "volumes_attach", "snapshots", "instance_snapshots", "networks", "interfaces",
            "metrics", "metrics_read_volume", "events", "instance_types", "images_create", "images_delete", "_create",
            "_update", "_delete", "_stop", "_start",
        )
    },
    "without storage": without("volumes", "snapshots", "metrics_read_volume"),
}  # fmt: skip


class Silence(dict[str, list[Metric]]):
    """Whatever is asked about has no figures at the moment."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> list[Metric]:
        return []


Crawled = dict[str, tuple[int, Any]]


def behind(gateway: Gateway, capability: Capability) -> None:
    """Have a cloud of this capability, behind the layer that refuses what it leaves out."""
    driver = gateway.driver
    driver.capability = capability
    gateway.clouds._drivers["default"] = layered(driver, [CapabilityLayer(capability)])
    driver.metrics.figures = Silence()
    if not capability.networks_list:
        # Such a cloud has none to name.
        for name, machine in gateway.machines.items():
            nics = tuple(replace(nic, network_id="") for nic in machine.nics)
            gateway.machines[name] = replace(machine, nics=nics)


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest, gateway: Gateway, capable: None) -> Capability:
    behind(gateway, CLOUDS[request.param])
    return CLOUDS[request.param]


def addresses(document: Any) -> set[str]:
    """What a document leads to, without what acts."""
    if isinstance(document, list):
        return {found for one in document for found in addresses(one)}
    if not isinstance(document, dict):
        return set()
    own = {document[name] for name in ("href", "id") if str(document.get(name, "")).startswith(f"{BASE}/")}
    return own.union(*(addresses(value) for name, value in document.items() if name != "operations"))


def operations(document: Any) -> Iterator[tuple[str, str]]:
    """The method and the path of each operation in a document."""
    if isinstance(document, list):
        for one in document:
            yield from operations(one)
    elif isinstance(document, dict):
        for one in document.get("operations", ()):
            method = {"edit": "PUT", "delete": "DELETE"}.get(one["rel"], "POST")
            yield method, one["href"].removeprefix(BASE)
        for name, value in document.items():
            if name != "operations":
                yield from operations(value)


async def crawled(cimi: Client) -> Crawled:
    """The status and the document of each address that the entry point leads to, by path."""
    seen: Crawled = {}
    left = {"/cloudEntryPoint"}
    while left:
        path = left.pop()
        answer = await cimi.send("GET", path, Accept="application/json")
        seen[path] = (answer.status, json.loads(answer.body))
        if answer.status == 200:
            left |= {found.removeprefix(BASE) for found in addresses(seen[path][1])} - set(seen)
    return seen


async def test_what_is_shown_answers_and_what_is_offered_is_served(cloud: Capability, cimi: Client) -> None:
    if cloud.instances_create:
        template = {"href": f"{BASE}/system_templates/sample"}
        assert (await cimi.post("/systems", {"systemTemplate": template})).status == 201
    found = await crawled(cimi)
    assert {path: status for path, (status, _) in found.items() if status != 200} == {}
    assert len(found) > 50
    offered = {one for _, document in found.values() for one in operations(document)}
    places = {(method, path): find(served(cloud), path) for method, path in offered}
    assert {one for one, place in places.items() if place is None or one[0] not in place.methods} == set()


async def test_a_cloud_without_volumes_says_nothing_of_them(gateway: Gateway, cimi: Client) -> None:
    behind(gateway, CLOUDS["without storage"])
    entry = await cimi.get("/cloudEntryPoint")
    assert {name for name in entry if name.startswith("volume")} == set()
    assert {"machines", "machineImages", "networks", "systems"} <= set(entry)
    for path in ("volumes", "volume_configurations", "volumeConfigs", "volume_templates", "volume_images"):
        assert (await cimi.send("GET", f"/{path}")).status == 404
    for machine in (await cimi.get("/machines"))["machines"]:
        assert {"disks", "volumes"} & set(machine) == set()
    named = {one["name"] for one in (await cimi.get("/resource_metadata"))["resourceMetadata"]}
    assert {name for name in named if "Volume" in name or name == "Disk"} == set()


async def test_what_a_cloud_can_do_is_offered(gateway: Gateway, cimi: Client) -> None:
    behind(gateway, CAPABILITY)
    entry = await cimi.get("/cloudEntryPoint")
    assert {"volumes", "volumeTemplates", "volumeConfigs", "volumeImages"} <= set(entry)
    (network,) = [one for one in (await cimi.get("/networks"))["networks"] if one["name"] == "guests"]
    assert [one["rel"] for one in network["operations"]] == ["edit", "delete"]
    behind(gateway, without("networks_update"))
    (network,) = [one for one in (await cimi.get("/networks"))["networks"] if one["name"] == "guests"]
    assert [one["rel"] for one in network["operations"]] == ["delete"]


@pytest.mark.parametrize(("name", "kinds"), [("all", 4), ("without storage", 3), ("without volumes_attach", 3)])
async def test_the_sample_of_a_system_can_be_used_everywhere(
    gateway: Gateway, cimi: Client, name: str, kinds: int
) -> None:
    behind(gateway, CLOUDS[name])
    (sample,) = (await cimi.get("/system_templates"))["systemTemplates"]
    assert len(sample["componentDescriptors"]) == kinds
    answer = await cimi.post("/systems", {"systemTemplate": {"href": sample["id"]}})
    assert answer.status == 201, answer.text
