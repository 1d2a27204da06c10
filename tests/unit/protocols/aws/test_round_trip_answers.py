"""What our serializer writes, botocore's parser reads back equal: for every served action."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from botocore.parsers import create_parser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws import writers
from deltaic.protocols.aws.xml import serialize_item, serialize_response

from .conftest import judge_operation
from .full import full_value
from .strategies import answers

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def read_back(service: str, action: str, body: bytes) -> Any:
    """botocore's view of an answer."""
    operation = judge_operation(service, action)
    parser = create_parser("ec2" if service == "ec2" else "query")
    answer = {"status_code": 200, "headers": {}, "body": body}
    return parser.parse(answer, operation.output_shape)


def serialize(service: str, action: str, result: dict[str, Any]) -> bytes:
    """The answer as it is written the second time, by generated code; the first time must not differ."""
    with patch.object(writers, "MAX_VARIANTS", 1_000_000), patch.object(writers, "MAX_ALIKE", 1_000_000):
        first = serialize_response(action, result, "req-1", service=service)
        second = serialize_response(action, result, "req-1", service=service)
    assert first == second
    return second


def test_every_member_of_the_model_round_trips(served: tuple[str, str]) -> None:
    service, action = served
    shape = judge_operation(service, action).output_shape
    result = full_value(shape) if shape else {}
    parsed = read_back(service, action, serialize(service, action, result))
    assert parsed.pop("ResponseMetadata")["RequestId"] == "req-1"
    assert parsed == result


@RELAXED
@given(st.data())
def test_answers_round_trip(served: tuple[str, str], data: st.DataObject) -> None:
    service, action = served
    shape = judge_operation(service, action).output_shape
    result = data.draw(answers(shape)) if shape else {}
    parsed = read_back(service, action, serialize(service, action, result))
    assert parsed.pop("ResponseMetadata")["RequestId"] == "req-1"
    assert parsed == result


@RELAXED
@given(st.data())
def test_answers_round_trip_past_the_variant_limit(served: tuple[str, str], data: st.DataObject) -> None:
    service, action = served
    operation = judge_operation(service, action)
    if operation.output_shape is None:
        body = serialize_response(action, {}, "r", service=service)
        assert b"<return>true</return>" in body
        return
    result = data.draw(answers(operation.output_shape))
    name = operation.output_shape.name
    with patch.object(writers, "MAX_VARIANTS", 0):
        pieces: list[str] = []
        writers.Structure(service, name, "").write(result, pieces)
    body = serialize_response(action, result, "r", service=service).decode()
    assert "".join(pieces) in body


@RELAXED
@given(st.data())
def test_prepared_fragments_give_the_same_bytes(data: st.DataObject) -> None:
    shape = judge_operation("ec2", "DescribeInstances").output_shape.members["Reservations"].member
    reservations = data.draw(st.lists(answers(shape), max_size=3))
    plain = {"Reservations": reservations}
    inner = [
        {
            **reservation,
            **(
                {
                    "Instances": [
                        serialize_item("DescribeInstances", "Reservations.Instances", instance)
                        for instance in reservation["Instances"]
                    ]
                }
                if "Instances" in reservation
                else {}
            ),
        }
        for reservation in reservations
    ]
    outer = [serialize_item("DescribeInstances", "Reservations", entry) for entry in reservations]
    expected = serialize_response("DescribeInstances", plain, "r")
    assert serialize_response("DescribeInstances", {"Reservations": inner}, "r") == expected
    assert serialize_response("DescribeInstances", {"Reservations": outer}, "r") == expected
