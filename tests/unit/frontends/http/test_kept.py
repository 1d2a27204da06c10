"""What was made of things is kept as long as they stay equal, and no more than may be kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deltaic.frontends.http.kept import Kept


def made(text: str) -> Callable[[], str]:
    return lambda: text


def test_an_equal_source_gives_what_was_made() -> None:
    kept: Kept[list[int]] = Kept(10)
    first = kept.get("a", ("source", 1), lambda: [1])
    assert kept.get("a", ("source", 1), lambda: [2]) is first
    assert kept.get("a", ("source", 2), lambda: [2]) == [2]
    assert kept.get("a", ("source", 1), lambda: [3]) == [3]
    assert kept.get("b", ("source", 1), lambda: [4]) == [4]
    assert len(kept) == 2


def test_the_least_used_go_first() -> None:
    kept: Kept[str] = Kept(2)
    for key in "ab":
        kept.get(key, 0, made(key))
    assert kept.get("a", 0, made("again")) == "a"
    kept.get("c", 0, made("c"))
    assert kept.get("a", 0, made("again")) == "a"
    assert kept.get("b", 0, made("again")) == "again"
    assert len(kept) == 2


def test_all_together_weigh_no_more_than_the_limit() -> None:
    kept: Kept[str] = Kept(10, len)
    for key in "abc":
        kept.get(key, 0, made("four"))
    assert (len(kept), kept.weight) == (2, 8)
    kept.get("c", 1, made("sixsix"))
    assert (len(kept), kept.weight) == (2, 10)
    assert kept.get("c", 1, made("again")) == "sixsix"


def test_what_is_too_heavy_is_not_kept() -> None:
    kept: Kept[str] = Kept(10, len)
    assert kept.get("a", 0, made("far too heavy")) == "far too heavy"
    assert (len(kept), kept.weight) == (0, 0)
    assert kept.get("a", 0, made("ok")) == "ok"
    assert (len(kept), kept.weight) == (1, 2)


def test_what_could_not_be_made_leaves_nothing_wrong() -> None:
    kept: Kept[str] = Kept(10, len)
    kept.get("a", 0, made("old"))

    def fail() -> str:
        raise ValueError("not made")

    with pytest.raises(ValueError, match="not made"):
        kept.get("a", 1, fail)
    assert kept.get("a", 0, made("new")) == "old"
    assert kept.weight == 3
