from __future__ import annotations

import pytest

from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotState
from deltaic.model.snapshot_chain import (
    SnapshotChain,
    SnapshotNote,
    added,
    latest_of,
    previous_of,
    pruned,
    removed,
    reverted,
)

EMPTY = SnapshotChain()


def there(names: str) -> list[InstanceSnapshot]:
    """What the cloud lists, oldest first."""
    return [InstanceSnapshot(name, "vm", name, InstanceSnapshotState.AVAILABLE) for name in names]


def chain(*links: str, latest: str = "") -> SnapshotChain:
    """`b<a`: b follows a; `a<`: a is the first."""
    found = EMPTY
    for link in links:
        name, _, previous = link.partition("<")
        found = added(found, name, previous, {})
    return SnapshotChain(latest or found.latest, found.notes)


def test_each_follows_the_one_before_it() -> None:
    known = chain("a<", "b<a", "c<b")
    assert (previous_of(known, there("abc")), latest_of(known, there("abc"))) == ({"a": "", "b": "a", "c": "b"}, "c")


def test_a_repeated_step_changes_nothing() -> None:
    known = chain("a<", "b<a", latest="a")
    assert added(known, "b", "x", {"k": "v"}) == known


def test_who_follows_a_removed_one_follows_what_it_followed() -> None:
    known = removed(chain("a<", "b<a", "c<b"), "b")
    assert (previous_of(known, there("ac")), known.latest) == ({"a": "", "c": "a"}, "c")
    assert removed(known, "c").latest == "a"
    assert removed(removed(known, "c"), "a") == EMPTY
    assert removed(known, "x") == known


def test_what_comes_after_a_way_back_follows_where_it_led() -> None:
    known = reverted(chain("a<", "b<a", "c<b"), "a", "")
    assert latest_of(known, there("abc")) == "a"
    known = added(known, "d", latest_of(known, there("abc")), {})
    assert previous_of(known, there("abcd")) == {"a": "", "b": "a", "c": "b", "d": "a"}
    assert latest_of(known, there("abcd")) == "d"


def test_a_way_back_to_one_that_others_made_is_noted() -> None:
    known = reverted(EMPTY, "b", "a")
    assert known == SnapshotChain("b", {"b": SnapshotNote("a")})


@pytest.mark.parametrize("known", [EMPTY, chain("a<")])
def test_what_others_made_follows_by_date(known: SnapshotChain) -> None:
    assert previous_of(known, there("abc")) == {"a": "", "b": "a", "c": "b"}
    assert latest_of(known, there("abc")) == "c"


def test_what_others_removed_is_skipped() -> None:
    known = chain("a<", "b<a", "c<b")
    assert previous_of(known, there("c")) == {"c": ""}
    assert latest_of(known, there("ab")) == "b"
    assert pruned(known, there("ac")) == SnapshotChain("c", {"a": SnapshotNote(""), "c": SnapshotNote("a")})
    assert (previous_of(known, []), latest_of(known, [])) == ({}, "")


def test_one_that_follows_a_foreign_one_falls_back_to_the_dates_when_that_is_gone() -> None:
    known = added(EMPTY, "c", "foreign", {})
    assert previous_of(known, there("ac")) == {"a": "", "c": "a"}
