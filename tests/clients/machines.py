"""Machines for tests with boto3: launched, awaited, removed at the end."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.gateway import WORKSHOP_AMI
from tests.e2e.engine_reader import EngineReader

#: The engine is ten times faster here than by default; so is the patience of the waiters.
FAST = {"Delay": 0.1, "MaxAttempts": 300}


def wait(ec2: Any, waiter: str, **parameters: Any) -> None:
    """Let one of botocore's waiters do its work, only more often."""
    ec2.get_waiter(waiter).wait(WaiterConfig=FAST, **parameters)


def run(ec2: Any, **parameters: Any) -> list[str]:
    """The ids of newly launched machines."""
    options = {"ImageId": WORKSHOP_AMI, "MinCount": 1, "MaxCount": 1, **parameters}
    return [each["InstanceId"] for each in ec2.run_instances(**options)["Instances"]]


@contextmanager
def machines(ec2: Any, *, state: str = "running", **parameters: Any) -> Iterator[list[str]]:
    """Machines that run (or are stopped), removed at the end."""
    ids = run(ec2, **parameters)
    try:
        wait(ec2, "instance_running", InstanceIds=ids)
        if state == "stopped":
            ec2.stop_instances(InstanceIds=ids, Force=True)
            wait(ec2, "instance_stopped", InstanceIds=ids)
        yield ids
    finally:
        ec2.terminate_instances(InstanceIds=ids)


def one(ec2: Any, instance_id: str) -> dict[str, Any]:
    """A machine as DescribeInstances shows it."""
    found: dict[str, Any] = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return found


def native(engine: EngineReader, ec2_id: str, path: str = "/vms", member: str = "vm") -> str:
    """The engine's own id of an object, whose first digits EC2's id shows."""
    digits = ec2_id.rpartition("-")[2]
    found = [each["id"] for each in engine.get(path)[member] if each["id"].replace("-", "").startswith(digits)]
    assert len(found) == 1, (ec2_id, found)
    return str(found[0])


def user_data_attribute(ec2: Any, instance_id: str) -> bytes:
    """The user data that DescribeInstanceAttribute tells."""
    answer = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return base64.b64decode(answer["UserData"].get("Value", ""))
