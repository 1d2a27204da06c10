"""What botocore's serializer sends, our parser reads back equal: for every served action."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws.query import decode_pairs, parse_request

from .conftest import judge_operation
from .full import full_value
from .strategies import requests

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(st.data())
def test_requests_round_trip(served: tuple[str, str], data: st.DataObject) -> None:
    service, action = served
    shape = judge_operation(service, action).input_shape
    check(service, action, data.draw(requests(shape)) if shape else {})


def test_every_parameter_of_the_model_round_trips(served: tuple[str, str]) -> None:
    service, action = served
    shape = judge_operation(service, action).input_shape
    check(service, action, full_value(shape) if shape else {})


def check(service: str, action: str, parameters: dict[str, Any]) -> None:
    operation = judge_operation(service, action)
    serializer = create_serializer("ec2" if service == "ec2" else "query", include_validation=False)
    sent = serializer.serialize_to_request(parameters, operation)["body"]

    request = parse_request(decode_pairs("", urlencode(sent).encode()))

    assert (request.service, request.action) == (service, action)
    assert request.version == operation.metadata["apiVersion"]
    assert request.parameters == parameters
