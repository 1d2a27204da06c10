"""Parameters made to hurt: encodings, names, numbers, patterns, ids."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.hostile.asking import (
    MACHINE,
    check,
    get,
    left_behind,
    post,
)
from tests.support.processes import Process


@pytest.mark.parametrize(
    "body",
    [
        b"Action=%FF%FE",
        b"Action=\xff\xfe",
        b"Action=DescribeRegions&RegionName.1=%C0%AF",
        b"%80=1",
        b"Action=%ED%A0%80",
    ],
)
def test_bad_encodings(target: Gateway, body: bytes) -> None:
    check(post(target, body), 400, "MalformedQueryString")
    assert get(target, body).status == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Action=Describe%00Instances", "InvalidAction"),
        ("Action=DescribeInstances&InstanceId.1=%00", "InvalidParameterValue"),
        ("Action=DescribeInstances&InstanceId.1=i-%0d%0aSet-Cookie:a=b", "InvalidInstanceID.Malformed"),
        ("Action=DescribeInstances&%00=1", "UnknownParameter"),
        (f"Action=CreateTags&ResourceId.1={MACHINE}&Tag.1.Key=a%00b&Tag.1.Value=c", "InvalidParameterValue"),
        (f"Action=CreateTags&ResourceId.1={MACHINE}&Tag.1.Key=a&Tag.1.Value=c%1b%08", "InvalidParameterValue"),
        (f"Action=CreateTags&ResourceId.1={MACHINE}&Tag.1.Key=a&Tag.1.Value=%EF%BF%BF", "InvalidParameterValue"),
        ("Action=CreateKeyPair&KeyName=%00", "InvalidParameterValue"),
        (f"Action=RunInstances&ImageId={WORKSHOP_AMI}&ClientToken=%00&DryRun=true", "InvalidParameterValue"),
        (f"Action=RunInstances&ImageId={WORKSHOP_AMI}&KeyName=%00&DryRun=true", "InvalidParameterValue"),
    ],
)
def test_control_characters(target: Gateway, body: str, code: str) -> None:
    check(post(target, body + "&Version=2016-11-15"), 400, code)


@pytest.mark.parametrize(
    "text",
    ["Foo%0d%0aSet-Cookie:%20a=b", "%3C/Code%3E%3Cscript%3E", "%3C!DOCTYPE%20x%3E", "%26xxe;", "]]%3E", "{0}", "%25s"],
)
def test_what_is_echoed_is_escaped(target: Gateway, text: str) -> None:
    answer = check(post(target, f"Action={text}&Version=2016-11-15"), 400, "InvalidAction")
    assert [name for name, _ in answer.headers if name not in KNOWN_HEADERS] == []
    assert b"<script" not in answer.body
    assert b"<!DOCTYPE" not in answer.body


KNOWN_HEADERS = {"date", "x-amzn-requestid", "content-type", "cache-control", "vary", "content-length", "allow",
                 "connection", "www-authenticate"}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "Action=DescribeRegions&Action=TerminateInstances",
        f"Action=DescribeInstances&InstanceId.1={MACHINE}&InstanceId.1={MACHINE}",
        f"Action=DescribeInstances&InstanceId={MACHINE}&InstanceId.1={MACHINE}",
        f"Action=DescribeInstances&InstanceId.1={MACHINE}&InstanceId.01={MACHINE}",
        "Action=DescribeInstances&Filter.1.Name=a&Filter.1=b",
        "Action=DescribeInstances&=",
    ],
)
def test_what_is_sent_twice_is_refused(target: Gateway, body: str) -> None:
    check(post(target, body + "&Version=2016-11-15"), 400, "MalformedQueryString")


@pytest.mark.parametrize(
    "name",
    [
        "Filter" + ".1" * 5000,
        "Filter.1.Value" + "." * 5000,
        "." * 5000,
        "InstanceId.99999999999999999999",
        "InstanceId.-1",
        "InstanceId.1e9",
        "InstanceId.٣",
        "Filter.1.Name.1.Value",
        "__class__.__init__",
        "A" * 20_000,
    ],
)
def test_names_that_no_action_has(target: Gateway, name: str) -> None:
    answer = post(target, f"Action=DescribeInstances&{quote(name)}=1&Version=2016-11-15")
    check(answer, 400, answer.code)
    assert answer.code in ("UnknownParameter", "MalformedQueryString")


def test_ten_thousand_filters(target: Gateway) -> None:
    some = "&".join(f"Filter.{n}.Name=tag:a&Filter.{n}.Value.1=b" for n in range(1, 4_500))
    check(post(target, f"Action=DescribeInstances&Version=2016-11-15&{some}"), 400, "FilterLimitExceeded")
    many = "&".join(f"Filter.{n}.Name=tag:a&Filter.{n}.Value.1=b" for n in range(1, 10_001))
    check(post(target, f"Action=DescribeInstances&Version=2016-11-15&{many}"), 400, "MalformedQueryString")
    values = "&".join(f"Filter.1.Value.{n}=b" for n in range(1, 5_000))
    check(
        post(target, f"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag:a&{values}"),
        400,
        "FilterLimitExceeded",
    )


def test_thousands_of_ids_tags_and_empty_parameters(target: Gateway) -> None:
    ids = "&".join(f"InstanceId.{n}=i-{n:017x}" for n in range(1, 9_000))
    unknown = post(target, f"Action=DescribeInstances&Version=2016-11-15&{ids}")
    assert (unknown.status, unknown.code) == (400, "InvalidInstanceID.NotFound")
    tags = "&".join(f"Tag.{n}.Key=k{n}&Tag.{n}.Value=v" for n in range(1, 4_000))
    answer = post(target, f"Action=CreateTags&Version=2016-11-15&ResourceId.1={MACHINE}&{tags}")
    check(answer, 400, "TagLimitExceeded")
    check(post(target, "Action=DescribeRegions" + "&" * 900_000), 400, "MalformedQueryString")


@pytest.mark.parametrize(
    "pattern", ["*a" * 2000, "?" * 4000, "*" * 4000, "\\" * 4000, ("*" + "e" * 30) * 100, "(a+)+$*"]
)
def test_wildcards_made_to_hurt(target: Gateway, pattern: str) -> None:
    answer = post(
        target, f"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag:Name&Filter.1.Value.1={quote(pattern)}"
    )
    assert answer.status == 200
    assert b"instanceId" not in answer.body or set(pattern) == {"*"}
    assert answer.seconds < 5


def test_too_many_wildcards(target: Gateway) -> None:
    values = "&".join(f"Filter.1.Value.{n}={'*a' * 100}" for n in range(1, 100))
    answer = post(target, f"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag:Name&{values}")
    check(answer, 400, "FilterLimitExceeded")


@pytest.mark.parametrize(
    "number", ["-1", "0", "4", "1001", "99999999999999999999", "9" * 5000, "1e3", "0x10", "1.5", "٣", "NaN"]
)
def test_absurd_numbers(target: Gateway, number: str) -> None:
    check(
        post(target, f"Action=DescribeInstances&Version=2016-11-15&MaxResults={quote(number)}"),
        400,
        "InvalidParameterValue",
    )


@pytest.mark.parametrize(
    ("low", "high"), [("-1", "1"), ("0", "0"), ("2", "1"), ("1", "2147483648"), ("-2147483649", "1")]
)
def test_absurd_counts(target: Gateway, low: str, high: str) -> None:
    body = f"Action=RunInstances&Version=2016-11-15&ImageId={WORKSHOP_AMI}&MinCount={low}&MaxCount={high}"
    answer = post(target, body)
    check(answer, 400, answer.code)
    assert answer.code in ("InvalidParameterValue", "InvalidParameterCombination")


@pytest.mark.parametrize(
    "given",
    ["i--1", "-1", "i-", "i-g0000000000000000", "i-" + "0" * 5000, "../../vms", "i-0' or '1'='1",
     "vol-8462303649fe4f22a", "name=*", "i-84623036 or status=up", "84623036-49fe-4f22-ac6f-ff526e8b82be/../5ee314f5"],
)  # fmt: skip
def test_ids_that_are_none(target: Gateway, given: str) -> None:
    for action in ("DescribeInstances", "TerminateInstances", "StopInstances"):
        answer = post(target, f"Action={action}&Version=2016-11-15&InstanceId.1={quote(given, safe='')}")
        check(answer, 400, "InvalidInstanceID.Malformed")


@pytest.mark.parametrize("token", ["x", "A" * 5000, "%00", "eyJhbGciOiJub25lIn0.e30.", "' or 1=1", "=" * 100])
def test_page_tokens_that_are_none(target: Gateway, token: str) -> None:
    answer = post(target, f"Action=DescribeInstances&Version=2016-11-15&NextToken={quote(token)}")
    check(answer, 400, "InvalidPaginationToken")


def test_user_data_that_is_none(target: Gateway) -> None:
    run = f"Action=RunInstances&Version=2016-11-15&ImageId={WORKSHOP_AMI}&UserData="
    big = quote(base64.b64encode(b"x" * 16385).decode(), safe="")
    check(post(target, run + big), 400, "InvalidParameterValue")
    check(post(target, run + "A" * 900_000), 400, "InvalidParameterValue")
    check(post(target, run + "*not*base64*"), 400, "InvalidUserData.Malformed")
    check(
        post(target, f"Action=ImportKeyPair&Version=2016-11-15&KeyName=k&PublicKeyMaterial={'A' * 100_000}"),
        400,
        "InvalidKey.Format",
    )


def test_nothing_is_left_behind(process: Process, before: int) -> None:
    left_behind(process, before)
