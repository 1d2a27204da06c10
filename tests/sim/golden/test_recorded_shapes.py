"""The simulator's XML has the shape of real engines' answers, kind by kind, but for explained differences."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.sim.engine_process import Api, Simulator
from tests.sim.golden.compare import added, differing, missing
from tests.sim.golden.kinds import DATA, KINDS, Kind, files_of
from tests.sim.golden.shape import Shape, href_pattern, shape_of
from tests.sim.golden.tree import Node, parse
from tests.sim.golden.world import World, furnish

EXPLAINED = tomllib.loads((Path(__file__).parent / "explained.toml").read_text("utf-8"))
RECORDINGS: dict[str, str] = EXPLAINED.pop("recordings")
COMPARISONS: dict[str, Callable[[Shape, Shape], Iterator[str]]] = {
    "missing": missing,
    "added": added,
    "different": differing,
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    simulator = Simulator("--time-factor", "0.02", "--vms", "12")
    api = Api(simulator, simulator.token())
    furnish(api)
    yield World(api)
    simulator.stop()


def explained(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in RECORDINGS)


def entities(root: Node) -> list[Node]:
    """The members of a collection, or the one entity."""
    return [root] if "id" in root.attributes else root.children


def recorded(kind: Kind) -> list[Node]:
    return [parse(path.read_bytes()) for path in files_of(kind) if not explained(path.name)]


def ours(world: World, kind: Kind) -> list[Node]:
    return [root for request in kind.requests for root in world.roots(request)]


def shape(roots: Iterable[Node]) -> Shape:
    return shape_of(node for root in roots for node in entities(root))


def findings(world: World, kind: Kind, how: str) -> list[str]:
    return list(COMPARISONS[how](shape(recorded(kind)), shape(ours(world, kind))))


def reasons(kind: Kind, how: str) -> dict[str, str]:
    return {**EXPLAINED.get("every", {}).get(how, {}), **EXPLAINED.get(kind.name, {}).get(how, {})}


@pytest.mark.parametrize("how", COMPARISONS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kind(world: World, kind: Kind, how: str) -> None:
    patterns = reasons(kind, how)
    left = [one for one in findings(world, kind, how) if not any(fnmatchcase(one, pattern) for pattern in patterns)]
    assert left == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_both_have_something_to_compare(world: World, kind: Kind) -> None:
    """A kind without entities on either side would prove nothing; empty collections are compared as such."""
    there, here = recorded(kind), ours(world, kind)
    assert there != []
    assert here != []
    assert {root.tag for root in there} <= {root.tag for root in here}
    if any(entities(root) for root in there):
        assert any(entities(root) for root in here)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_empty_collections_close_themselves(world: World, kind: Kind) -> None:
    empty = [root for root in (*recorded(kind), *ours(world, kind)) if root.empty and not root.attributes]
    assert [root.tag for root in empty if not root.closed] == []


def test_every_explanation_explains_something(world: World) -> None:
    stale = []
    for name, tables in EXPLAINED.items():
        for how, patterns in tables.items():
            kinds = [kind for kind in KINDS if name in (kind.name, "every")]
            seen = [one for kind in kinds for one in findings(world, kind, how)]
            stale += [(name, how, one) for one in patterns if not any(fnmatchcase(found, one) for found in seen)]
    assert stale == []


def test_every_recording_is_used_or_explained() -> None:
    used = {path.name for kind in KINDS for path in files_of(kind)}
    data = {path.name for path in DATA.iterdir() if path.suffix in (".xml", ".json")}
    assert len(data) == 101
    assert sorted(name for name in data - used if not explained(name)) == []
    assert sorted(pattern for pattern in RECORDINGS if not any(fnmatchcase(name, pattern) for name in data)) == []


def test_root_has_the_recorded_links(world: World) -> None:
    """The recorded root is of API version 3, whose links version 4 kept, but for `capabilities`."""
    there, here = parse((DATA / "api_get_root_1.xml").read_bytes()), world.root("")
    links = {node.attributes["rel"]: node.attributes["href"] for node in there.children if node.tag == "link"}
    kept = {node.attributes["rel"]: node.attributes["href"] for node in here.children if node.tag == "link"}
    assert {rel: kept.get(rel) for rel in links if rel != "capabilities"} == {
        rel: href for rel, href in links.items() if rel != "capabilities"
    }
    tags = [node.tag for node in here.children]
    assert tags[: len(kept)] == ["link"] * len(kept)
    assert {"product_info", "special_objects", "summary", "time"} <= set(tags)


def test_root_special_objects_are_the_recorded_ones(world: World) -> None:
    there = parse((DATA / "api_get_root_1.xml").read_bytes())
    wanted = {
        link.attributes["href"] for node in there.children if node.tag == "special_objects" for link in node.children
    }
    found = next(node for node in world.root("").children if node.tag == "special_objects")
    assert {node.attributes["href"] for node in found.children} == wanted
    assert {href_pattern(href) for href in wanted} == {"/ovirt-engine/api/templates/ID", "/ovirt-engine/api/tags/ID"}


def test_refused_login_answers_as_recorded(world: World) -> None:
    answer = world.api.simulator.send("GET", "/ovirt-engine/api")
    assert answer.status == 401
    assert answer.body == (DATA / "api_get_root_401_1.txt").read_bytes()
