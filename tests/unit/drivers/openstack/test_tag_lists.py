"""Tags and annotations as lists of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.openstack import tag_lists
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind

KEYS = st.text(min_size=1, max_size=8).filter(lambda text: not text.casefold().startswith("deltaic:"))


@given(st.dictionaries(KEYS, st.text(max_size=8), max_size=5))
def test_any_tags_come_back(tags: dict[str, str]) -> None:
    texts = tag_lists.texts_of(tags, {tag_lists.LAUNCH: "l"})
    assert tag_lists.tags_of(texts) == tags
    assert len({text.casefold().rstrip() for text in texts}) == len(texts)
    assert all("," not in text for text in texts)


@pytest.mark.parametrize(
    ("tags", "texts"),
    [
        ({"Name": "web"}, ["Name=web"]),
        ({"a=b": "c=d"}, ["a%3Db=c=d"]),
        ({"a,b": "50%"}, ["a%2Cb=50%25"]),
        ({"Name": "x", "name": "X"}, ["Name=x", "%6Eame=X"]),
        ({"k": "end "}, ["k=end%20"]),
        ({"kubernetes.io/x": ""}, ["kubernetes.io/x="]),
        ({"k": "\U0001f600"}, ["k=%F0%9F%98%80"]),
    ],
)
def test_what_databases_can_not_tell_apart_is_escaped(tags: dict[str, str], texts: list[str]) -> None:
    assert tag_lists.texts_of(tags) == texts
    assert tag_lists.tags_of(texts) == tags


def test_annotations_come_back() -> None:
    note = Annotation(tags={"a": "1"}, launch="l:0", owner="me", launched_at=7, traits={"class": "GOLD", "": "x"})
    assert tag_lists.annotation_of(tag_lists.annotation_texts(note)) == note


def test_broken_notes_are_left_out() -> None:
    for text in ("{", '{"launched_at":"x"}', "[" * 9000, "\ud800"):
        texts = [f"{tag_lists.NOTE}={text}", "a=1"]
        assert tag_lists.annotation_of(texts) == Annotation(tags={"a": "1"})


def test_items_of_another_gateway_stay() -> None:
    actual = ["deltaic:network=n-1", "deltaic:later=x", "deltaic:trait:old=1", "a=1"]
    texts = tag_lists.annotation_texts(Annotation(launch="l"), actual)
    assert texts == ["deltaic:network=n-1", "deltaic:later=x", "deltaic:launch=l"]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [({"k": "v" * 254}, ErrorKind.INVALID), ({str(n): "" for n in range(51)}, ErrorKind.QUOTA)],
)
def test_what_does_not_fit(tags: dict[str, str], kind: ErrorKind) -> None:
    with pytest.raises(Error) as caught:
        tag_lists.texts_of(tags)
    assert (caught.value.kind, caught.value.field) == (kind, "tags")


def test_texts_that_mean_the_same_stay() -> None:
    assert tag_lists.kept(["plain", "b=2"], tag_lists.texts_of({"plain": "", "c": "3"})) == ["plain", "c=3"]
