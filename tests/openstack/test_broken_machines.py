"""Machines that the cloud could not make, or that others put aside, through the gateway: told, and removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.openstack.support.flavors import own_flavor
from tests.openstack.support.servers import alive
from tests.openstack.support.tenant import Tenant

#: A disk that no host of the lab has; projects have no quota for it.
TOO_LARGE = {"ram": 64, "vcpus": 1, "disk": 5_000_000}
SECONDS = 180.0
EVERY = 0.5


def until(look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + SECONDS
    while not holds(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(EVERY)
    return seen


@pytest.fixture(scope="module")
def too_large(project: Tenant) -> Iterator[str]:
    flavor = own_flavor(project, "large", **TOO_LARGE)
    yield flavor.name
    project.plane.administrator().compute.delete_flavor(flavor)


def run(ec2: Any, **members: Any) -> str:
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **{"InstanceType": "m1.tiny", **members})
    return str(made["Instances"][0]["InstanceId"])


def described(ec2: Any, instance_id: str) -> Any:
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def state(ec2: Any, instance_id: str) -> str:
    return str(described(ec2, instance_id)["State"]["Name"])


def removed(ec2: Any, cloud: Any, instance_id: str) -> None:
    """Terminate, and see that nothing is left."""
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) in ("shutting-down", "terminated")
    until(lambda: state(ec2, instance_id), lambda name: name == "terminated")
    assert alive(cloud) == []


def test_no_host_has_room(ec2: Any, cloud: Any, too_large: str) -> None:
    instance_id = run(ec2, InstanceType=too_large)
    until(lambda: [one.status for one in alive(cloud)], lambda seen: seen == ["ERROR"])
    broken = until(lambda: described(ec2, instance_id), lambda one: one["State"]["Name"] != "pending")
    assert broken["StateReason"]["Message"] == "Server.InternalError: No valid host was found."
    removed(ec2, cloud, instance_id)


def test_one_that_is_being_made(ec2: Any, cloud: Any) -> None:
    removed(ec2, cloud, run(ec2))


def test_one_that_is_shelved(ec2: Any, cloud: Any) -> None:
    instance_id = run(ec2)
    until(lambda: state(ec2, instance_id), lambda name: name == "running")
    (server,) = alive(cloud)
    cloud.compute.shelve_server(server)
    until(lambda: cloud.compute.get_server(server).status, lambda name: name == "SHELVED_OFFLOADED")
    assert state(ec2, instance_id) == "stopped"
    removed(ec2, cloud, instance_id)


def test_one_that_is_shelved_comes_back(ec2: Any, cloud: Any) -> None:
    instance_id = run(ec2)
    until(lambda: state(ec2, instance_id), lambda name: name == "running")
    (server,) = alive(cloud)
    cloud.compute.shelve_server(server)
    until(lambda: cloud.compute.get_server(server).status, lambda name: name == "SHELVED_OFFLOADED")
    ec2.start_instances(InstanceIds=[instance_id])
    until(lambda: state(ec2, instance_id), lambda name: name == "running")
    assert cloud.compute.get_server(server).status == "ACTIVE"
    removed(ec2, cloud, instance_id)
