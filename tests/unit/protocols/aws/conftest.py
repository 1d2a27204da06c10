"""botocore as judge: its models, serializer and parser, read without any client."""

from __future__ import annotations

from functools import cache

import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from deltaic.protocols.aws.actions import API_VERSION, SERVED

SERVED_PAIRS = [(service, action) for service, actions in SERVED.items() for action in actions]


@cache
def judge_model(service: str) -> ServiceModel:
    """botocore's own model of a service, at the version whose shapes we ship."""
    return ServiceModel(Loader().load_service_model(service, "service-2", API_VERSION[service]), service)


def judge_operation(service: str, action: str) -> OperationModel:
    """botocore's own model of an action."""
    return judge_model(service).operation_model(action)


@pytest.fixture(params=SERVED_PAIRS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def served(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each served (service, action)."""
    return request.param
