"""Whatever a client sends in an action's shape, the answer is a result or an error of the client: never a 500."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws.actions import SERVED
from tests.support.aws_client import AwsFault, model
from tests.unit.frontends.conftest import DISK, IMAGE, NETWORK, NIC, VM, Gateway

#: Texts that mean something somewhere, so that requests get beyond their first parameter.
WORDS = (
    "i-8462303649fe4f22a",
    "ami-77ea752130174ee9b",
    "vol-d15c0000111142228",
    "vpc-00000000000000000",
    "subnet-00000000000000000",
    "sg-00000000000000000",
    "eni-21c00000111142228",
    "i-11111111111111111",
    VM,
    IMAGE,
    DISK,
    NIC,
    NETWORK,
    "default",
    "self",
    "Small",
    "SERVER",
    "Defaulta",
    "/dev/vda",
    "instance",
    "volume",
    "true",
    "userData",
    "instanceType",
    "region",
    "availability-zone",
    "tag:Name",
    "instance-state-name",
    "IyEvYmluL3NoCg==",
)
LEAVES = {
    "string": st.sampled_from(WORDS) | st.text(max_size=20),
    "integer": st.integers(-3, 1200) | st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=40),
    "timestamp": st.datetimes(),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "float": st.floats(allow_nan=False, allow_infinity=False),
}


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a botocore shape, required members always, others sometimes."""
    if shape.type_name == "structure":
        if depth > 4:
            return st.just({})
        members = {name: values(member, depth + 1) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members).map(lambda found: _few(found, set(required)))
    if shape.type_name == "list":
        return st.lists(values(shape.member, depth + 1), max_size=3)
    return LEAVES[shape.type_name]


def _few(found: dict[str, Any], required: set[str]) -> dict[str, Any]:
    """Most requests have few members; with dozens at once only the first refusal would ever be met."""
    kept = [name for name in found if name not in required][:3]
    return {name: value for name, value in found.items() if name in required or name in kept}


@pytest.mark.parametrize("action", SERVED["ec2"])
def test_no_request_is_answered_with_a_defect(action: str) -> None:
    shape = model("ec2").operation_model(action).input_shape

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(values(shape))
    def check(parameters: dict[str, Any]) -> None:
        asyncio.run(send(action, parameters))

    check()


async def send(action: str, parameters: dict[str, Any]) -> None:
    gateway = Gateway()
    with contextlib.suppress(AwsFault):
        await gateway.client.call(action, **parameters)
    await gateway.operations.close()
    assert gateway.client.last is not None
    assert gateway.client.last.status < 500, (gateway.client.last.text, parameters)
