"""The shipped service models are what the generator makes of the installed botocore."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deltaic.protocols.aws import model as shipped
from deltaic.protocols.aws.actions import API_VERSION, SERVED, is_served, service_of

from .conftest import judge_operation

GENERATOR = Path(__file__).parents[4] / "tools/generate_aws_model.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_aws_model", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("service", sorted(SERVED))
def test_committed_model_is_current(generator: ModuleType, service: str) -> None:
    committed = Path(shipped.__file__).with_name(f"{service}.json").read_text("utf-8")
    assert generator.render(generator.build(service)) == committed


@pytest.mark.parametrize("service", sorted(SERVED))
def test_model_holds_exactly_the_served_actions(service: str) -> None:
    model = shipped.service_model(service)
    assert sorted(model.actions) == sorted(SERVED[service])
    assert model.version == API_VERSION[service]


def test_request_names_are_botocores(served: tuple[str, str]) -> None:
    service, action = served
    source = judge_operation(service, action).input_shape
    if source is None:
        assert shipped.service_model(service).actions[action].input == ""
        return
    shape = shipped.service_model(service).shape(source.name)
    assert list(shape.members) == list(source.members)
    assert list(shape.required) == list(source.required_members)


@pytest.mark.parametrize(
    ("action", "version", "service"),
    [
        ("GetCallerIdentity", "2011-06-15", "sts"),
        ("GetCallerIdentity", None, "sts"),
        ("AssumeRole", "2011-06-15", "sts"),
        ("GetUser", "2010-05-08", "iam"),
        ("DescribeInstances", "2016-11-15", "ec2"),
        ("DescribeInstances", None, "ec2"),
        ("NoSuchAction", None, "ec2"),
    ],
)
def test_service_of_a_request_without_scope(action: str, version: str | None, service: str) -> None:
    assert service_of(action, version) == service


def test_served_names_are_case_sensitive() -> None:
    assert is_served("DescribeInstances") is True
    assert is_served("describeInstances") is False
    assert is_served("DescribeInstances", "sts") is False
    assert is_served("DescribeInstances", "s3") is False


def test_botocore_is_not_needed_at_run_time() -> None:
    code = (
        "import sys; sys.modules.update(botocore=None, boto3=None)\n"
        "from deltaic.protocols.aws import filters, ids, kinds, paging, query, xml\n"
        "print(query.parse_request([('Action', 'DescribeRegions')]).action)\n"
        "print(xml.serialize_response('CreateTags', {}, 'r').decode()[-15:])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == ["DescribeRegions", "teTagsResponse>"]
