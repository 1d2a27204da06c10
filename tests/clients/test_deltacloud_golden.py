"""The original's recorded requests against the demo: answers have the same structure, but for what is listed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.gateway import Gateway
from tests.clients.golden.differences import TABLE, matches
from tests.clients.golden.differences_things import RACES
from tests.clients.golden.excluded import EXCLUDED, reason
from tests.clients.golden.facts import differences, facts
from tests.clients.golden.recordings import index, load
from tests.clients.golden.scene import Scene

COMPARED = [name for name in index() if not name.endswith(".html") and not reason(name.partition(".")[0])]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def found(demo: Gateway) -> Iterator[dict[str, list[str]]]:
    """Every difference, by recording: all requests in the order of the recordings, of which some need others."""
    scene = Scene(demo)
    try:
        scene.open()
        yield {name: _compare(scene, name) for name in COMPARED}
    finally:
        scene.close()


def _compare(scene: Scene, name: str) -> list[str]:
    recording = load(name)
    ours = scene.play(recording)
    original = facts(recording.status, recording.answered, recording.content)
    if not recording.content:
        # Its body was not kept, or there was none.
        bare = {"status", "type", "header"}
        ours = {fact for fact in ours if fact.partition(" ")[0] in bare} if recording.format == "html" else ours
    return differences(original, ours)


@pytest.mark.parametrize("name", COMPARED)
def test_structure(found: dict[str, list[str]], name: str) -> None:
    unexplained = [
        one for one in found[name] if not any(matches(where, name) and matches(what, one) for where, what, _ in TABLE)
    ]

    assert unexplained == []


def test_every_listed_difference_is_still_there(found: dict[str, list[str]]) -> None:
    stale = [
        (where, what)
        for where, what, why in TABLE
        if why not in RACES
        and not any(matches(where, name) and matches(what, one) for name, ones in found.items() for one in ones)
    ]

    assert stale == []


def test_every_reason_to_leave_out_is_one(found: dict[str, list[str]]) -> None:
    acts = {name.partition(".")[0] for name in index()}
    unused = [name for name in EXCLUDED if not any(matches(name, act) for act in acts)]

    assert unused == []
    assert len(COMPARED) > 200
