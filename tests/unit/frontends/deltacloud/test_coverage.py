"""What is told to be served is served, and the page made from it is current."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from msgspec.structs import replace

from deltaic.frontends.deltacloud.collection import on
from deltaic.frontends.deltacloud.site import ABSENT, COLLECTIONS
from deltaic.model.capability import Capability
from deltaic.protocols.deltacloud.table import COLLECTIONS as WRITTEN
from tests.unit.frontends.deltacloud.conftest import ABLE, EVERYTHING, Client

ROOT = Path(__file__).parents[4]
TOOL = ROOT / "tools" / "generate_deltacloud_coverage.py"


def test_the_page_is_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate_deltacloud_coverage", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs/generated/deltacloud-collections.md").read_text(encoding="utf-8")
    assert page == module.document(), "run tools/generate_deltacloud_coverage.py"


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda one: one.name)
def test_every_collection_can_be_written_and_has_flags_that_exist(collection: object) -> None:
    one = next(each for each in COLLECTIONS if each is collection)
    operations = [*filter(None, (one.create, one.destroy)), *one.actions.values()]

    assert WRITTEN[one.name].name == one.resource
    for flag in (one.flag, *(each.flag for each in operations), *(flag for _, flag in one.features)):
        assert on(flag, EVERYTHING)
    assert one.name not in ABSENT


async def test_a_cloud_that_lacks_everything_offers_nothing(deltacloud: Client) -> None:
    deltacloud.gateway.driver.capability = Capability()
    links = {link.get("rel") for link in await deltacloud.xml("")}

    assert links == {"drivers", "instance_states"}
    for one in COLLECTIONS:
        answer = await deltacloud.send("GET", f"/{one.name}")
        assert (answer.status, answer.headers["expect"]) == (412, one.name)


async def test_what_a_cloud_lacks_is_neither_offered_nor_done(deltacloud: Client) -> None:
    deltacloud.gateway.driver.capability = replace(
        ABLE, instances_reboot=False, instances_create=False, images_create=False, instances_create_with_user_data=False
    )
    entry = await deltacloud.xml("")
    features = {one.get("name") for one in entry.findall("link[@rel='instances']/feature")}
    offered = {one.get("rel") for one in (await deltacloud.xml("/instances")).findall("instance/actions/link")}

    assert "user_data" not in features
    assert offered.isdisjoint({"reboot", "create_image"})
    for path, name in (
        ("/instances", "create_instance"),
        ("/images", "create_image"),
        ("/instances/x/reboot", "reboot_instance"),
    ):
        answer = await deltacloud.send("POST", path, {"image_id": "x", "instance_id": "x"})
        assert (answer.status, answer.headers["expect"]) == (412, name)
