"""Filters: tables, wildcards, limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.filters import FilterTable
from deltaic.protocols.aws.wildcards import compile_pattern

TABLE = FilterTable(
    {
        "instance-id": "InstanceId",
        "instance-state-name": "State.Name",
        "instance-state-code": "State.Code",
        "block-device-mapping.volume-id": "BlockDeviceMappings.Ebs.VolumeId",
        "ebs-optimized": "EbsOptimized",
        "launch-time": "LaunchTime",
        "shouting": lambda instance: instance["InstanceId"].upper(),
    },
    tags="Tags",
    aliases={"instanceId": "instance-id"},
)
WEB = {
    "InstanceId": "i-1",
    "State": {"Name": "running", "Code": 16},
    "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-1"}}, {"Ebs": {"VolumeId": "vol-2"}}],
    "EbsOptimized": False,
    "LaunchTime": datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
    "Tags": [{"Key": "Name", "Value": "web*1"}, {"Key": "empty", "Value": ""}, {"Key": "a:b", "Value": "c"}],
}


def matches(*filters: tuple[str, list[str]], target: Any = WEB) -> bool:
    return TABLE.compile([{"Name": name, "Values": values} for name, values in filters])(target)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("instance-id", ["i-1"], True),
        ("instance-id", ["i-2", "i-1"], True),
        ("instance-id", ["i-2"], False),
        ("instanceId", ["i-1"], True),
        ("instance-id", ["I-1"], False),
        ("instance-state-name", ["run*"], True),
        ("instance-state-name", ["RUN*"], False),
        ("instance-state-name", ["runn?ng"], True),
        ("instance-state-name", ["running?"], False),
        ("instance-state-code", ["16"], True),
        ("block-device-mapping.volume-id", ["vol-2"], True),
        ("block-device-mapping.volume-id", ["vol-3"], False),
        ("ebs-optimized", ["false"], True),
        ("ebs-optimized", ["False"], False),
        ("launch-time", ["2024-02-03T04:05:06.000Z"], True),
        ("launch-time", ["2024-02-03*"], True),
        ("shouting", ["I-1"], True),
        ("tag:Name", ["web*"], True),
        ("tag:Name", [r"web\*1"], True),
        ("tag:Name", [r"web\*2"], False),
        ("tag:name", ["web*"], False),
        ("tag:a:b", ["c"], True),
        ("tag:empty", [""], True),
        ("tag:Name", [""], False),
        ("tag:absent", ["*"], False),
        ("tag-key", ["Name"], True),
        ("tag-key", ["N*", "x"], True),
        ("tag-key", ["web*1"], False),
        ("tag-value", ["c"], True),
        ("tag-value", ["Name"], False),
    ],
)
def test_one_filter(name: str, values: list[str], expected: bool) -> None:
    assert matches((name, values)) is expected


def test_values_are_alternatives_and_filters_add_up() -> None:
    assert matches(("instance-id", ["i-9", "i-1"]), ("tag:Name", ["x", "web*"])) is True
    assert matches(("instance-id", ["i-9", "i-1"]), ("tag:Name", ["x"])) is False


def test_no_filters_pass_everything() -> None:
    assert TABLE.compile(None)({}) is True
    assert TABLE.compile([])({}) is True


def test_absent_values_match_nothing() -> None:
    assert matches(("instance-state-name", ["*"]), target={}) is False
    assert matches(("tag-key", ["*"]), target={"Tags": None}) is False


def test_objects_are_read_by_attribute() -> None:
    target = SimpleNamespace(InstanceId="i-1", State=SimpleNamespace(Name="running"), Tags=[])
    assert matches(("instance-state-name", ["running"]), target=target) is True


@pytest.mark.parametrize("name", ["nope", "Instance-Id", "tag", "tags:Name", "x" * 1000])
def test_unknown_filters_are_named(name: str) -> None:
    with pytest.raises(AwsError) as caught:
        matches((name, ["x"]))
    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterValue",
        f"The filter '{name[:128]}' is invalid",
    )


def test_tag_filters_need_a_table_with_tags() -> None:
    with pytest.raises(AwsError, match="The filter 'tag:x' is invalid"):
        FilterTable({}).compile([{"Name": "tag:x", "Values": ["y"]}])


@pytest.mark.parametrize(
    ("entry", "parameter"),
    [({}, "Filter.2.Name"), ({"Values": ["x"]}, "Filter.2.Name"), ({"Name": "instance-id"}, "Filter.2.Value")],
)
def test_incomplete_filters_are_refused(entry: dict[str, Any], parameter: str) -> None:
    with pytest.raises(AwsError) as caught:
        TABLE.compile([{"Name": "instance-id", "Values": ["x"]}, entry])
    assert (caught.value.code, caught.value.message) == (
        "MissingParameter",
        f"The request must contain the parameter {parameter}",
    )


@pytest.mark.parametrize(
    ("filters", "values", "value"),
    [(51, 1, "x"), (1, 201, "x"), (1, 2, "a" * 2048 + "*"), (50, 42, "*a"), (10_000, 1, "x")],
)
def test_limits(filters: int, values: int, value: str) -> None:
    with pytest.raises(AwsError) as caught:
        matches(*[("instance-id", [value] * values)] * filters)
    assert caught.value.code == "FilterLimitExceeded"


def test_at_the_limits() -> None:
    assert matches(*[("instance-id", ["i-1"] * 200)] * 50) is True
    assert matches(("instance-id", ["i-*", "x" * 4092 + "*"])) is True


def test_hostile_patterns_do_not_backtrack() -> None:
    # A backtracking matcher needs more steps for this than there are atoms: it would not return.
    assert compile_pattern("*a" * 300 + "*b").fullmatch("a" * 5000) is None
    assert compile_pattern("*" * 1000).fullmatch("a" * 5000) is not None
    assert compile_pattern("*?" * 400 + "b").fullmatch("a" * 2000) is None


def test_names_are_listed() -> None:
    assert FilterTable({"b": "B", "a": "A"}, tags="Tags").names == ["a", "b", "tag-key", "tag-value", "tag:"]


@given(st.text("ab*?\\", max_size=8), st.text("ab*?\\\n", max_size=10))
def test_patterns_agree_with_a_plain_definition(pattern: str, text: str) -> None:
    assert (compile_pattern(pattern).fullmatch(text) is not None) is reference(pattern, text)


def reference(pattern: str, text: str) -> bool:
    """The definition, with a backtracking regular expression."""
    expression, rest = "", pattern
    while rest:
        character, rest = rest[0], rest[1:]
        if character == "\\" and rest:
            character, rest = rest[0], rest[1:]
            expression += re.escape(character)
        else:
            expression += {"*": ".*", "?": "."}.get(character, re.escape(character))
    return re.fullmatch(expression, text, re.DOTALL) is not None
