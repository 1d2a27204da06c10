"""The exact form of answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import pytest

from deltaic.protocols.aws import writers
from deltaic.protocols.aws.xml import Fragment, namespace, serialize_item, serialize_response

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def instance(value: dict[str, Any]) -> str:
    """One instance as an item of DescribeInstances."""
    return serialize_item("DescribeInstances", "Reservations.Instances", value)


def fresh_writer() -> Callable[[dict[str, Any]], str]:
    """A writer of DescribeInstances items that has met no value yet."""
    structure = writers.Structure("ec2", "Instance", "item")

    def write(value: dict[str, Any]) -> str:
        pieces: list[str] = []
        structure.write(value, pieces)
        return "".join(pieces)

    return write


def test_ec2_document() -> None:
    result = {
        "Reservations": [
            {
                "ReservationId": "r-1",
                "Groups": [],
                "Instances": [
                    {
                        "InstanceId": "i-1",
                        "State": {"Code": 16, "Name": "running"},
                        "LaunchTime": datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
                        "EbsOptimized": False,
                    }
                ],
            }
        ]
    }
    assert serialize_response("DescribeInstances", result, "req", "2012-06-01").decode() == (
        f'{HEAD}<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2012-06-01/">'
        "<requestId>req</requestId><reservationSet><item><reservationId>r-1</reservationId>"
        "<groupSet></groupSet><instancesSet><item><instanceId>i-1</instanceId>"
        "<instanceState><code>16</code><name>running</name></instanceState>"
        "<launchTime>2024-02-03T04:05:06.000Z</launchTime><ebsOptimized>false</ebsOptimized>"
        "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
    )


def test_sts_document() -> None:
    result = {"UserId": "u", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/u"}
    assert serialize_response("GetCallerIdentity", result, "req", "2011-06-15", "sts").decode() == (
        f'{HEAD}<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<GetCallerIdentityResult><UserId>u</UserId><Account>123456789012</Account>"
        "<Arn>arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>req</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )


def test_action_without_output_answers_return_true() -> None:
    assert serialize_response("CreateTags", {}, "req").decode() == (
        f'{HEAD}<CreateTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        "<requestId>req</requestId><return>true</return></CreateTagsResponse>"
    )
    with pytest.raises(ValueError, match="no output"):
        serialize_response("CreateTags", {"Return": True}, "req")


@pytest.mark.parametrize("version", ["2010-08-31", "2016-11-15", None])
def test_namespace_echoes_the_version_and_ends_in_a_slash(version: str | None) -> None:
    assert namespace(version) == f"http://ec2.amazonaws.com/doc/{version or '2016-11-15'}/"


def test_absent_none_and_empty() -> None:
    assert serialize_response("DescribeInstances", {}, "r").endswith(b"</requestId></DescribeInstancesResponse>")
    last_page = serialize_response("DescribeInstances", {"Reservations": [], "NextToken": None}, "r")
    assert b"<reservationSet></reservationSet></DescribeInstancesResponse>" in last_page
    every_kind = {"KeyName": None, "AmiLaunchIndex": None, "EbsOptimized": None, "LaunchTime": None, "Tags": None}
    for name in every_kind:
        assert instance({"InstanceId": "i-1", name: None}) == "<item><instanceId>i-1</instanceId></item>"
    assert instance({"InstanceId": "", **every_kind}) == "<item><instanceId></instanceId></item>"
    nested = instance({"Placement": {"Tenancy": None, "AvailabilityZone": "a"}})
    assert nested == "<item><placement><availabilityZone>a</availabilityZone></placement></item>"


def test_members_appear_in_the_order_given_with_escaped_text() -> None:
    assert instance({"KeyName": "<a&b>\"'", "InstanceId": "i"}) == (
        "<item><keyName>&lt;a&amp;b&gt;\"'</keyName><instanceId>i</instanceId></item>"
    )
    assert instance({"InstanceId": "i", "KeyName": "k"}) == (
        "<item><instanceId>i</instanceId><keyName>k</keyName></item>"
    )


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "a\uffffb"])
def test_what_xml_can_not_hold_is_replaced(text: str) -> None:
    body = serialize_response("CreateKeyPair", {"KeyName": text, "KeyMaterial": "k"}, text)
    root = ElementTree.fromstring(body)
    shown = root.findtext("{http://ec2.amazonaws.com/doc/2016-11-15/}keyName")
    assert shown == "".join(c if c.isalpha() else "\ufffd" for c in text)


def test_line_ends_survive() -> None:
    body = serialize_response("CreateKeyPair", {"KeyMaterial": "a\r\nb\rc\nd\te"}, "r")
    root = ElementTree.fromstring(body)
    assert root.findtext("{http://ec2.amazonaws.com/doc/2016-11-15/}keyMaterial") == "a\r\nb\rc\nd\te"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 2, 3, 4, 5, 6, 789999, tzinfo=UTC), "2024-02-03T04:05:06.789Z"),
        (datetime(2024, 2, 3, 4, 5, 6), "2024-02-03T04:05:06.000Z"),
        (datetime(2024, 2, 3, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2024-02-02T23:00:00.000Z"),
        ("2024-02-03T04:05:06.000Z", "2024-02-03T04:05:06.000Z"),
    ],
)
def test_times(moment: datetime | str, text: str) -> None:
    assert instance({"LaunchTime": moment}) == f"<item><launchTime>{text}</launchTime></item>"


@pytest.mark.parametrize(
    "value",
    [
        {"InstanceId": 1},
        {"InstanceId": b"i"},
        {"AmiLaunchIndex": "0"},
        {"LaunchTime": 1700000000},
        {"Tags": {"Key": "a"}},
        {"Tags": "ab"},
        {"State": "running"},
        {"State": [("Code", 16)]},
    ],
)
def test_values_of_another_type_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        instance(value)


def test_unknown_members_are_refused() -> None:
    with pytest.raises(ValueError, match="Instance has no member 'InstanceID'"):
        instance({"InstanceID": "i-1"})
    with pytest.raises(ValueError, match="no member 'Instance'"):
        serialize_item("DescribeInstances", "Reservations.Instance", {})


def test_fragments_stand_where_their_element_stands() -> None:
    one = instance({"InstanceId": "i-1", "KeyName": "<"})
    assert type(one) is Fragment
    whole = serialize_item("DescribeInstances", "Reservations", {"Instances": [one, {"InstanceId": "i-2"}]})
    assert whole == (
        "<item><instancesSet><item><instanceId>i-1</instanceId><keyName>&lt;</keyName></item>"
        "<item><instanceId>i-2</instanceId></item></instancesSet></item>"
    )
    state = serialize_item("DescribeInstances", "Reservations.Instances.State", {"Code": 0})
    assert instance({"State": state}) == "<item><instanceState><code>0</code></instanceState></item>"


def test_key_sequences_past_the_limit_are_written_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "MAX_VARIANTS", 1)
    write = fresh_writer()
    assert write({"InstanceId": "i"}) == "<item><instanceId>i</instanceId></item>"
    assert write({"KeyName": "<", "EbsOptimized": True, "AmiLaunchIndex": 3}) == (
        "<item><keyName>&lt;</keyName><ebsOptimized>true</ebsOptimized><amiLaunchIndex>3</amiLaunchIndex></item>"
    )
    assert write({"InstanceId": "i", "KeyName": None}) == "<item><instanceId>i</instanceId></item>"
    assert write({"KeyName": None, "EbsOptimized": True}) == "<item><ebsOptimized>true</ebsOptimized></item>"


def test_values_alike_outside_but_not_inside() -> None:
    write = fresh_writer()
    states: list[tuple[Any, str]] = [
        ({"Code": 0}, "<code>0</code>"),
        ({"Name": "<"}, "<name>&lt;</name>"),
        ({"Name": "n", "Code": 1}, "<name>n</name><code>1</code>"),
        ({"Code": 2, "Name": None}, "<code>2</code>"),
        ({}, ""),
        ({"Code": 1, "Name": "x"}, "<code>1</code><name>x</name>"),
    ]
    for _ in range(3):
        for state, text in states:
            expected = f"<item><keyName>k</keyName><instanceState>{text}</instanceState><tagSet></tagSet></item>"
            assert write({"KeyName": "k", "State": state, "Tags": []}) == expected
            assert write({"KeyName": "k", "State": state, "Tags": ()}) == expected
        assert write({"KeyName": "k", "State": None, "Tags": None}) == "<item><keyName>k</keyName></item>"
        with pytest.raises(ValueError, match="InstanceState has no member 'code'"):
            write({"KeyName": "k", "State": {"code": 1}, "Tags": []})
        with pytest.raises(TypeError):
            write({"KeyName": "k", "State": 16, "Tags": []})
        with pytest.raises(TypeError):
            write({"KeyName": "k", "State": {"Code": "16"}, "Tags": []})


def test_list_items_unlike_the_first() -> None:
    write = fresh_writer()
    tags = [
        {"Key": "a", "Value": "b"},
        {"Key": "c"},
        {"Key": "d", "Value": None},
        {"Value": "e", "Key": "<"},
        Fragment("<item>ready</item>"),
    ]
    expected = (
        "<item><tagSet><item><key>a</key><value>b</value></item><item><key>c</key></item>"
        "<item><key>d</key></item><item><value>e</value><key>&lt;</key></item><item>ready</item></tagSet></item>"
    )
    for _ in range(3):
        assert write({"Tags": tags}) == expected
        assert write({"Tags": tags[2:] + tags[:2]}).count("<item>") == 6
        with pytest.raises(ValueError, match="Tag has no member 'key'"):
            write({"Tags": [tags[0], {"key": "x"}]})
        with pytest.raises(TypeError):
            write({"Tags": [tags[0], {"Key": 1, "Value": "x"}]})
        with pytest.raises(TypeError):
            write({"Tags": [tags[0], 5]})
