"""Requests made to hurt: each is refused with a 4xx that says why, at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws.errors import AwsError, error_document
from deltaic.protocols.aws.query import MAX_BYTES, MAX_PARAMETERS, AwsRequest, decode_pairs, parse_request


def refused(query: str | bytes, body: bytes = b"") -> AwsError:
    with pytest.raises(AwsError) as caught:
        parse_request(decode_pairs(query, body))
    return caught.value


def test_too_large() -> None:
    error = refused("Action=RunInstances", b"UserData=" + b"A" * MAX_BYTES)
    assert (error.code, error.status) == ("RequestEntityTooLarge", 413)


@pytest.mark.parametrize("separator", ["&InstanceId.{}=x", "&"])
def test_too_many_parameters(separator: str) -> None:
    query = "Action=DescribeInstances" + "".join(separator.format(n) for n in range(MAX_PARAMETERS))
    assert refused(query).message == f"More than {MAX_PARAMETERS} parameters were sent."


def test_too_many_parameters_over_query_and_body() -> None:
    part = "&".join(f"InstanceId.{n}=x" for n in range(MAX_PARAMETERS // 2 + 1))
    assert refused(part, part.encode()).code == "MalformedQueryString"


@pytest.mark.parametrize("text", ["%00", "a%08b", "%1B", "%EF%BF%BE", "%EF%BF%BF"])
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Action=CreateTags&ResourceId.1=i-1&Tag.1.Value=x&Tag.1.Key=", "Tag.1.Key"),
        ("Action=CreateKeyPair&KeyName=", "KeyName"),
        ("Action=DescribeInstances&InstanceId=", "InstanceId"),
    ],
)
def test_characters_that_no_answer_can_show(query: str, name: str, text: str) -> None:
    error = refused(query + text)
    assert (error.code, error.status) == ("InvalidParameterValue", 400)
    assert error.message == f"The parameter {name} has characters that an answer can't show."


@pytest.mark.parametrize(
    "query", ["Action=DescribeInstances&InstanceId.1=%ff%fe", b"Action=Describe\xff", "%80=1", "Action=%C3%28"]
)
def test_not_utf8(query: str | bytes) -> None:
    error = refused(query)
    assert (error.code, error.message) == ("MalformedQueryString", "The parameters are not valid UTF-8.")


@pytest.mark.parametrize("name", ["Filter" + ".1" * 5000, "A" * 100_000, ".".join("abcdefghijklmnop")])
def test_deep_or_long_names(name: str) -> None:
    error = refused(f"Action=DescribeInstances&{name}=x")
    assert error.code == "UnknownParameter"
    assert len(error.message) < 400


@pytest.mark.parametrize("index", ["99999999999999999999", "1e9", "٣", "²", "+1", " 1", ""])
def test_absurd_list_indexes(index: str) -> None:
    assert refused(f"Action=DescribeInstances&InstanceId.{index}=x").code == "UnknownParameter"


def test_sparse_lists_cost_no_memory() -> None:
    request = parse_request([("Action", "DescribeInstances"), ("InstanceId.1000000", "b"), ("InstanceId.0", "a")])
    assert request.parameters == {"InstanceIds": ["a", "b"]}


@pytest.mark.parametrize("value", ["9" * 5000, "-", "0x10", "1.5", "٣", "NaN", "1" * 20])
def test_absurd_integers(value: str) -> None:
    error = refused(f"Action=DescribeInstances&MaxResults={value}")
    assert error.code == "InvalidParameterValue"
    assert len(error.message) < 250


@pytest.mark.parametrize(
    "value", ["9999-99-99", "now", "2024-01-01T00:00:00+99:99", "999999999999", "-1", "0000-01-01", "2024-W01" * 9]
)
def test_absurd_times(value: str) -> None:
    query = f"Action=RunInstances&InstanceMarketOptions.SpotOptions.ValidUntil={value.replace('+', '%2B')}"
    assert "ValidUntil" in refused(query).message


def test_long_action_is_cut_in_the_answer() -> None:
    assert len(refused("Action=" + "A" * 50_000).message) < 200


def test_markup_in_a_name_can_not_break_the_error_document() -> None:
    error = refused("Action=DescribeInstances&%3C/Message%3E%3Cx%3E%00=1")
    body = error_document(error, "r")
    assert b"The parameter &lt;/Message&gt;&lt;x&gt;\xef\xbf\xbd is not recognized" in body


NAMES = st.lists(
    st.sampled_from(["Filter", "1", "Name", "Value", "InstanceId", "MaxResults", "DryRun", "", "0", "-", "\x00", "é"]),
    min_size=1,
    max_size=5,
).map(".".join)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text(max_size=5)), max_size=6))
def test_any_pairs_give_a_request_or_a_client_error(pairs: list[tuple[str, str]]) -> None:
    outcome = attempt([("Action", "DescribeInstances"), *pairs])
    if isinstance(outcome, AwsError):
        assert 400 <= outcome.status < 500
    else:
        assert outcome.parameters.keys() <= {"Filters", "InstanceIds", "MaxResults", "DryRun"}


def attempt(pairs: list[tuple[str, str]]) -> AwsRequest | AwsError:
    try:
        return parse_request(pairs)
    except AwsError as error:
        return error
