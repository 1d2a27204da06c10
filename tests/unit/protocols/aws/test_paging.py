"""Pages and their tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.paging import Page, Pager, check_ids_unpaged, check_max_results, parameters_digest
from deltaic.protocols.aws.query import AwsRequest

PAGER = Pager(b"s" * 32)
ITEMS = [f"i-{number:03}" for number in range(23)]


def request(action: str = "DescribeInstances", **parameters: Any) -> AwsRequest:
    return AwsRequest("ec2", action, None, parameters)


def page(asked: AwsRequest, items: list[str] = ITEMS, principal: str = "me", pager: Pager = PAGER) -> Page[str]:
    return pager.page(asked, items, key=str, principal=principal)


def test_everything_at_once() -> None:
    assert page(request(), ITEMS[::-1]) == Page(ITEMS, None)


def test_pages_follow_each_other_and_the_last_has_no_token() -> None:
    first = page(request(MaxResults=10))
    second = page(request(MaxResults=10, NextToken=first.next_token))
    third = page(request(MaxResults=10, NextToken=second.next_token))
    assert (first.items, second.items, third.items) == (ITEMS[:10], ITEMS[10:20], ITEMS[20:])
    assert third.next_token is None


def test_a_full_last_page_has_no_token() -> None:
    assert page(request(MaxResults=23)) == Page(ITEMS, None)


def test_page_size_may_change_on_the_way() -> None:
    first = page(request(MaxResults=10))
    assert page(request(MaxResults=5, NextToken=first.next_token)).items == ITEMS[10:15]
    assert page(request(NextToken=first.next_token)) == Page(ITEMS[10:], None)


def test_items_that_come_and_go_are_neither_repeated_nor_skipped() -> None:
    first = page(request(MaxResults=10))
    changed = [item for item in ITEMS if item not in ("i-003", "i-009", "i-012")] + ["i-000x", "i-010x"]
    second = page(request(MaxResults=10, NextToken=first.next_token), changed)
    assert second.items[:4] == ["i-010", "i-010x", "i-011", "i-013"]


@given(st.lists(st.text(min_size=1), unique=True, max_size=40), st.integers(5, 12))
def test_pages_together_are_the_listing(items: list[str], size: int) -> None:
    found: list[str] = []
    token: str | None = None
    for _ in range(len(items) + 1):
        asked = request(MaxResults=size, NextToken=token) if token else request(MaxResults=size)
        current = page(asked, items)
        found += current.items
        token = current.next_token
        if token is None:
            break
    assert found == sorted(items)


def test_tokens_are_bound_to_action_parameters_principal_and_secret() -> None:
    filters = [{"Name": "instance-id", "Values": ["i-*"]}]
    token = page(request(MaxResults=5, Filters=filters)).next_token
    asked = request(MaxResults=5, Filters=filters, NextToken=token)
    assert page(asked).items == ITEMS[5:10]
    for action, change, principal, pager in [
        ("DescribeVolumes", {}, "me", PAGER),
        ("DescribeInstances", {"Filters": []}, "me", PAGER),
        ("DescribeInstances", {}, "you", PAGER),
        ("DescribeInstances", {}, "me", Pager(b"t" * 32)),
    ]:
        other = AwsRequest("ec2", action, None, {**asked.parameters, **change})
        with pytest.raises(AwsError) as caught:
            page(other, principal=principal, pager=pager)
        assert caught.value.code == "InvalidPaginationToken"


@pytest.mark.parametrize("token", ["x", "", "A" * 24, "é", "====", "A" * 5000, "\x00", "_-_-" * 10])
def test_tokens_that_are_not_ours(token: str) -> None:
    with pytest.raises(AwsError) as caught:
        page(request(NextToken=token))
    assert (caught.value.code, caught.value.status) == ("InvalidPaginationToken", 400)


def test_a_changed_token_is_refused() -> None:
    token = page(request(MaxResults=5)).next_token
    assert token is not None
    for position in range(len(token)):
        letter = "A" if token[position] != "A" else "Q"
        with pytest.raises(AwsError):
            page(request(NextToken=token[:position] + letter + token[position + 1 :]))


@pytest.mark.parametrize(
    ("size", "limit"),
    [
        (4, "greater than or equal to 5"),
        (0, "greater than or equal to 5"),
        (-1, "greater than or equal to 5"),
        (1001, "less than or equal to 1000"),
    ],
)
def test_page_size_limits(size: int, limit: str) -> None:
    with pytest.raises(AwsError) as caught:
        page(request(MaxResults=size))
    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterValue",
        f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value {limit}.",
    )


def test_limits_of_an_action_of_its_own() -> None:
    check_max_results(100, maximum=100)
    check_max_results(None)
    with pytest.raises(AwsError, match="less than or equal to 100"):
        check_max_results(101, maximum=100)


def test_ids_and_page_size_exclude_each_other() -> None:
    check_ids_unpaged(request(InstanceIds=["i-1"]), "InstanceIds", "instancesSet")
    check_ids_unpaged(request(MaxResults=5), "InstanceIds", "instancesSet")
    with pytest.raises(AwsError) as caught:
        check_ids_unpaged(request(InstanceIds=["i-1"], MaxResults=5), "InstanceIds", "instancesSet")
    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterCombination",
        "The parameter instancesSet cannot be used with the parameter maxResults",
    )


def test_digest_ignores_order_of_members_but_not_of_lists() -> None:
    one = AwsRequest("ec2", "RunInstances", None, {"ImageId": "a", "UserData": b"x", "Tags": ["a", "b"]})
    two = AwsRequest("ec2", "RunInstances", "2016-11-15", {"Tags": ["a", "b"], "UserData": b"x", "ImageId": "a"})
    three = AwsRequest("ec2", "RunInstances", None, {"ImageId": "a", "UserData": b"x", "Tags": ["b", "a"]})
    assert parameters_digest(one) == parameters_digest(two)
    assert parameters_digest(one) != parameters_digest(three)
    assert parameters_digest(one) != parameters_digest(one, frozenset({"ImageId"}))


def test_secret_stays_out_of_the_repr() -> None:
    assert repr(PAGER) == "Pager()"
