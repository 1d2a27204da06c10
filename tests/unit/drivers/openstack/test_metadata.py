"""Tags and annotations as items of metadata."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.openstack.metadata import Changes, annotation_of, changes, get, items_of, put, tag_items, tags_of
from deltaic.model.annotation import Annotation, GivenUp, Want

KEY = re.compile(r"[a-zA-Z0-9\-_:. ]{1,255}")

NOTE = Annotation(
    tags={"Name": "web", "a/b": "1"},
    key_name="ann",
    want=Want.STOPPED,
    launch="r-1:0",
    launch_index=3,
    owner="ann@Default",
    given_up=GivenUp("capacity", "no host", 5),
    monitored=True,
    traits={"a": "x" * 300, "b": "ä"},
)


def test_an_annotation_in_items() -> None:
    items = items_of(NOTE)
    assert items["Name"] == "web"
    assert items["deltaic:tag:a:2Fb"] == "1"
    assert items["deltaic:launch"] == "r-1:0"
    assert items["deltaic:want"] == "stopped"
    assert items["deltaic:launch_index"] == "3"
    assert items["deltaic:traits:0"].startswith("2;")
    assert annotation_of(items) == NOTE


def test_an_empty_annotation_has_no_items() -> None:
    assert items_of(Annotation()) == {}
    assert annotation_of({}) == Annotation()


@given(st.dictionaries(st.text(min_size=1, max_size=127), st.text(max_size=255), max_size=50))
def test_any_tags_come_back(tags: dict[str, str]) -> None:
    tags = {key: value for key, value in tags.items() if _sane(key + value)}
    items = tag_items(tags, {"readonly"})
    assert tags_of(items, {"readonly"}) == tags
    assert all(KEY.fullmatch(key) and len(value) <= 255 for key, value in items.items())
    assert len({key.casefold() for key in items}) == len(items)
    assert all(character <= "\uffff" for value in items.values() for character in value)


def _sane(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


@pytest.mark.parametrize(
    "key", ["readonly", "deltaic:launch", "DELTAIC:x", "deltaic:tag:x", "a ", " a", "ä", "x" * 127]
)
def test_a_tag_of_any_key_comes_back(key: str) -> None:
    items = tag_items({key: "v"}, {"readonly"})
    assert tags_of({**items, "readonly": "False"}, {"readonly"}) == {key: "v"}
    assert annotation_of(items, {"readonly"}).launch == ""


def test_keys_that_differ_in_case_alone() -> None:
    items = tag_items({"name": "b", "Name": "A"})
    assert items == {"Name": "A", "deltaic:tags": '{"name":"b"}'}
    assert changes({"name": "b"}, items) == Changes(items, ("name",))


def test_only_what_changed_is_written() -> None:
    actual = {
        "Name": "web",
        "old": "1",
        "deltaic:launch": "r-1:0",
        "deltaic:from-a-newer-one": "x",
        "readonly": "False",
    }
    wanted = items_of(Annotation(tags={"Name": "db"}, launch="r-1:0"))
    assert changes(actual, wanted, {"readonly"}) == Changes({"Name": "db"}, ("old",))


def test_pieces_of_which_one_is_missing_are_none() -> None:
    items = put("traits", "x" * 1000)
    assert len(items) == 5
    assert get(items, "traits") == "x" * 1000
    del items["deltaic:traits:2"]
    assert get(items, "traits") is None


@pytest.mark.parametrize("value", ["no JSON", '"1"x', "[" * 200, "-1e999", '{"launch_index": 1}'])
def test_nonsense_of_other_people_is_left_out(value: str) -> None:
    items = {"deltaic:launch_index": value, "deltaic:tags": value, "deltaic:traits:0": "9999999999999;x"}
    assert annotation_of({**items, "deltaic:launch": "m"}) == Annotation(launch="m")
