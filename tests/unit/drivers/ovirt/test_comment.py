"""Annotations survive a comment, and so does a person's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from deltaic.drivers.ovirt import comment
from deltaic.model.annotation import Annotation, Want

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
PERSON = st.one_of(TEXT, st.sampled_from(["gw1:", "gw1:{}", 'gw1:{"want":"running"}', "a\n\nb\n", "\n", "gw1:{x}\r\n"]))
ANNOTATIONS = st.builds(
    Annotation,
    tags=st.dictionaries(TEXT, TEXT, max_size=5),
    key_name=TEXT,
    want=st.none() | st.sampled_from(list(Want)),
    launch=TEXT,
    launch_index=st.integers(0, 1000),
    reservation=TEXT,
    client_token=TEXT,
    owner=TEXT,
    launched_at=st.integers(0, 2**33),
    text=PERSON,
)


@given(ANNOTATIONS, st.lists(TEXT, max_size=3).map(tuple))
def test_round_trip(annotation: Annotation, networks: tuple[str, ...]) -> None:
    written = comment.Comment(annotation, networks)
    assert comment.parse(comment.render(written)) == written


@given(PERSON)
def test_a_comment_that_is_not_ours_is_a_persons_text(text: str) -> None:
    read = comment.parse(text)
    assert comment.parse(comment.render(read)) == read


def test_form() -> None:
    annotation = Annotation(tags={"Name": "web"}, want=Want.RUNNING, launch="l-1:0", text="owned by Ann")
    written = comment.render(comment.Comment(annotation))
    assert written == 'owned by Ann\ngw1:{"tags":{"Name":"web"},"want":"running","launch":"l-1:0"}'


def test_text_around_our_line_is_kept_through_an_edit() -> None:
    read = comment.parse('first\r\ngw1:{"key_name":"k"}\r\nlast')
    assert read.annotation.text == "first\r\nlast"
    edited = structs.replace(read, annotation=structs.replace(read.annotation, key_name="other"))
    assert comment.render(edited) == 'first\r\nlast\ngw1:{"key_name":"other"}'


def test_members_of_a_newer_gateway_are_kept() -> None:
    read = comment.parse('gw1:{"later":[1],"owner":"o"}')
    assert read.extra == {"later": [1]}
    assert comment.render(read) == 'gw1:{"later":[1],"owner":"o"}'


@pytest.mark.parametrize("text", ['gw1:{"want":"dancing"}', "gw1:[]", "gw1:{", 'gw1:{"tags":1}', " gw1:{}"])
def test_what_is_not_quite_ours_is_text(text: str) -> None:
    assert comment.parse(text) == comment.Comment(Annotation(text=text))


@pytest.mark.parametrize(
    "line",
    [
        'gw1:{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
        "gw1:" + '{"a":' * 5_000 + "1" + "}" * 5_000,
        'gw1:{"launched_at":10000000000000000}',
        'gw1:{"launched_at":-1}',
        'gw1:{"launched_at":1' + "0" * 400 + "}",
    ],
)
def test_a_hostile_line_is_a_persons_text(line: str) -> None:
    """Whoever may edit one machine's comment must not be able to break the list of all machines."""
    assert comment.parse(line) == comment.Comment(Annotation(text=line))
