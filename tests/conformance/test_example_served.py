"""A gateway in front of the example driver: a hundred lines are enough for machines over EC2."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.client import Config

from tests.support.processes import Process, until, url_in

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LOGIN = "Basic YW5uOm9wZW4gc2VzYW1l"  # ann:open sesame


@pytest.fixture(scope="module")
def ec2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """boto3's client, as the example's user."""
    root = tmp_path_factory.mktemp("example")
    (root / "attic_factory.py").write_text("from memory_harness import MemoryFactory\nDRIVER = MemoryFactory()\n")
    package = root / "attic-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: attic\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[deltaic.drivers]\nmemory = attic_factory:DRIVER\n")
    arguments = ["serve", "-i", "memory", "-P", "http://memory.invalid;attic", "--port", "0", "--data", str(root / "d")]
    process = Process(arguments, {"PYTHONPATH": os.pathsep.join([str(root), str(EXAMPLES)])})
    try:
        made = boto3.client(
            "ec2", region_name="attic", endpoint_url=url_in(process.ready()), config=Config(signature_version=UNSIGNED)
        )
        made.meta.events.register("before-send.ec2.*", _with_login)
        yield made
    finally:
        code = process.stop()
    assert code == 0, process.output


def _with_login(request: Any, **_: Any) -> None:
    request.headers["Authorization"] = LOGIN


def test_what_the_cloud_lacks_does_not_hide_its_machines(ec2: Any) -> None:
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def state() -> str:
        found = ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"]
        return str(found[0]["State"]["Name"])

    until(lambda: state() == "running")
    assert ec2.describe_instance_types()["InstanceTypes"] == []
    assert (ec2.describe_vpcs()["Vpcs"], ec2.describe_subnets()["Subnets"]) == ([], [])
    ec2.create_tags(Resources=[made], Tags=[{"Key": "a", "Value": "b"}])
    tags = [(one["Key"], one["Value"]) for one in ec2.describe_instances()["Reservations"][0]["Instances"][0]["Tags"]]
    assert tags == [("a", "b")]
    ec2.terminate_instances(InstanceIds=[made])
    until(lambda: state() == "terminated")
