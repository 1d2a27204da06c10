"""What is told to be served is what is shown, and the page made from it is current."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from deltaic.frontends.cimi.machine import actions as machine_actions
from deltaic.frontends.cimi.site import COLLECTIONS
from deltaic.frontends.cimi.tree import find
from deltaic.protocols.cimi.kinds import COMMON
from deltaic.protocols.cimi.table import BY_PATH, ENTRY_ATTRIBUTE, RESOURCES
from tests.unit.frontends.cimi.conftest import BASE, Client
from tests.unit.frontends.conftest import VM

ROOT = Path(__file__).parents[4]
TOOL = ROOT / "tools" / "generate_cimi_coverage.py"
_COMMON = {attribute.name for attribute in COMMON} | {"operations", "resourceURI"}


def test_the_page_is_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate_cimi_coverage", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs/generated/cimi-resources.md").read_text(encoding="utf-8")
    assert page == module.document(), "run tools/generate_cimi_coverage.py"


def test_collections_are_in_the_order_of_the_entry_point() -> None:
    order = list(ENTRY_ATTRIBUTE)
    places = [order.index(collection.item) for collection in COLLECTIONS]
    assert places == sorted(places)


def test_every_spelling_of_the_table_is_a_place() -> None:
    served = {collection.item for collection in COLLECTIONS}
    spellings = [path for path, resource in BY_PATH.items() if resource.name in served]
    assert len(spellings) > len(served)
    for path in spellings:
        place = find(COLLECTIONS, f"/{path}")
        assert place is not None
        assert place.collection is not None
        assert place.segments == (RESOURCES[place.collection.item].path,)


async def test_items_show_only_what_the_list_says(cimi: Client) -> None:
    pages = [(one, f"/{one.path}") for one in COLLECTIONS]
    (machines,) = (one for one in COLLECTIONS if one.item == "Machine")
    pages += [(one, f"/machines/{VM}/{one.path}") for one in machines.below]
    assert len(pages) > 12
    for collection, path in pages:
        document: dict[str, Any] = await cimi.get(path)
        resource = RESOURCES[collection.item]
        assert set(collection.shows) <= {one.name for one in resource.attributes}
        names = {one.json_name: one.name for one in resource.attributes} | {"typeUri": "typeURI"}
        for item in document.get(resource.plural, ()):
            own = {names.get(key, key) for key in item} - _COMMON
            assert own <= set(collection.shows), path


async def test_metadata_tells_what_is_served(cimi: Client) -> None:
    entries = (await cimi.get("/resource_metadata"))["resourceMetadata"]
    machine = entries[0]
    assert (machine["name"], machine["typeURI"]) == ("Machine", "http://schemas.dmtf.org/cimi/1/Machine")
    assert machine["id"] == f"{BASE}/resource_metadata/Machine"
    names = [one["name"] for one in machine["attributes"]]
    assert {"state", "cpu", "memory", "disks"} <= set(names)
    assert not {"cpuSpeed"} & set(names)
    assert [one["name"] for one in machine["actions"]] == list(machine_actions.ACTIONS)
    values = {one["name"]: one["value"] for one in machine["capabilities"]}
    assert (values["DefaultInitialState"], values["InitialStates"]) == ("STOPPED", "STOPPED,STARTED,PAUSED")
    assert {one["name"] for one in entries} > {one.item for one in COLLECTIONS} - {"ResourceMetadata"}
    assert (await cimi.get("/resource_metadata/machine"))["id"] == machine["id"]
    assert (await cimi.send("GET", "/resource_metadata/Nothing")).status == 404
