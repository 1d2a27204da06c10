"""Names and properties as tags, and what a PUT makes of them."""

from __future__ import annotations

import pytest

from deltaic.frontends.cimi.labels import relabelled, shown_name, shown_properties
from deltaic.model.errors import Error


def test_a_tag_carries_the_name_and_the_others_are_properties() -> None:
    assert shown_name({"Name": "web", "role": "front"}, "web-1a2b") == "web"
    assert shown_name({"role": "front"}, "web-1a2b") == "web-1a2b"
    assert shown_properties({"Name": "web", "role": "front"}) == {"role": "front"}


def test_the_name_that_is_shown_already_makes_no_tag() -> None:
    assert relabelled({"role": "front"}, "web-1a2b", {"name": "web-1a2b"}) == {"role": "front"}
    assert relabelled({"role": "front"}, "web-1a2b", {"name": "web"}) == {"role": "front", "Name": "web"}


def test_an_erased_name_goes_and_erased_properties_leave_the_name() -> None:
    tags = {"Name": "web", "role": "front"}
    assert relabelled(tags, "web", {"name": None}) == {"role": "front"}
    assert relabelled(tags, "web", {"properties": None}) == {"Name": "web"}
    assert relabelled(tags, "web", {"properties": {"tier": "1"}}) == {"tier": "1", "Name": "web"}
    assert relabelled(tags, "web", {}) == tags


def test_a_name_that_no_resource_can_have_is_refused() -> None:
    with pytest.raises(Error) as caught:
        relabelled({}, "web", {"name": "n" * 257})
    assert caught.value.field == "name"
