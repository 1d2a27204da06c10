"""Real faults below the gateway: services that are frozen, killed or full; and the gateway itself killed meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.site import refusal, states
from tests.openstack.support.gateway import Site, site
from tests.openstack.support.lab import ControlPlane
from tests.openstack.support.servers import servers
from tests.openstack.support.tenant import Tenant
from tests.support.processes import until

#: Seconds that the gateway gives a request here; clients hang up after 60.
DEADLINE = 20
SECONDS = 180.0
EVERY = 0.5


@pytest.fixture(scope="module")
def gateway(project: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway that gives up sooner."""
    settings = f"[server]\nrequest_timeout = {DEADLINE}\n"
    with site(tmp_path_factory.mktemp("faults") / "gateway", project, settings) as running:
        yield running


@pytest.fixture(scope="module")
def image(gateway: Site) -> str:
    """The EC2 id of the project's image."""
    return str(gateway.client().describe_images(Owners=["self"])["Images"][0]["ImageId"])


def run(client: Any, image: str, token: str, **options: Any) -> str:
    asked = {"ImageId": image, "InstanceType": "m1.tiny", "MinCount": 1, "MaxCount": 1, "ClientToken": token, **options}
    return str(client.run_instances(**asked)["Instances"][0]["InstanceId"])


def reached(client: Any, instance_id: str, state: str) -> None:
    until(lambda: states(client, [instance_id]) == {instance_id: state}, SECONDS, EVERY)


def alive(client: Any) -> list[str]:
    """The machines that are not given back; those that are stay listed for an hour."""
    wanted = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    found = client.describe_instances(Filters=wanted)["Reservations"]
    return [each["InstanceId"] for group in found for each in group["Instances"]]


def terminated(site: Site, instance_id: str) -> None:
    """Terminate, and see from the other side that nothing is left."""
    site.client().terminate_instances(InstanceIds=[instance_id])
    until(lambda: servers(site.tenant) == {}, SECONDS, EVERY)
    reached(site.client(), instance_id, "terminated")


def test_a_frozen_compute_host_holds_a_launch_up(lab: ControlPlane, gateway: Site, image: str) -> None:
    token = uuid.uuid4().hex
    with lab.paused("nova-compute"):
        machine = run(gateway.client(), image, token)
        until(lambda: [one.status for one in servers(gateway.tenant).values()] == ["BUILD"], SECONDS, EVERY)
        assert states(gateway.client(), [machine]) == {machine: "pending"}
        gateway.process.come_back()
        assert states(gateway.client(), [machine]) == {machine: "pending"}
        assert run(gateway.client(), image, token) == machine
    reached(gateway.client(), machine, "running")
    assert [one.status for one in servers(gateway.tenant).values()] == ["ACTIVE"]
    terminated(gateway, machine)


def test_a_frozen_compute_host_holds_a_stop_up(lab: ControlPlane, gateway: Site, image: str) -> None:
    machine = run(gateway.client(), image, uuid.uuid4().hex)
    reached(gateway.client(), machine, "running")
    with lab.paused("nova-compute"):
        (change,) = gateway.client().stop_instances(InstanceIds=[machine])["StoppingInstances"]
        assert change["CurrentState"]["Name"] == "stopping"
        assert states(gateway.client(), [machine]) == {machine: "stopping"}
    reached(gateway.client(), machine, "stopped")
    terminated(gateway, machine)


def test_what_is_terminated_while_its_host_is_frozen_is_gone_after(
    lab: ControlPlane, gateway: Site, image: str
) -> None:
    machine = run(gateway.client(), image, uuid.uuid4().hex)
    reached(gateway.client(), machine, "running")
    with lab.paused("nova-compute"):
        gateway.client().terminate_instances(InstanceIds=[machine])
        assert states(gateway.client(), [machine]) == {machine: "shutting-down"}
        gateway.process.come_back()
        assert states(gateway.client(), [machine]) == {machine: "shutting-down"}
    until(lambda: servers(gateway.tenant) == {}, SECONDS, EVERY)
    reached(gateway.client(), machine, "terminated")


def test_keystone_is_killed_and_comes_back(lab: ControlPlane, gateway: Site, image: str) -> None:
    machine = run(gateway.client(), image, uuid.uuid4().hex)
    lab.restart("keystone")
    reached(gateway.client(), machine, "running")
    terminated(gateway, machine)


def test_a_frozen_keystone_is_an_error_in_time(lab: ControlPlane, gateway: Site) -> None:
    credentials = gateway.tenant.ec2_credentials()
    unknown = gateway.with_credentials(credentials).client()
    with lab.paused("keystone"):
        assert refusal(unknown.describe_instances) == (503, "Unavailable")
    assert alive(unknown) == []


def test_a_frozen_broker_loses_and_doubles_nothing(lab: ControlPlane, gateway: Site, image: str) -> None:
    token = uuid.uuid4().hex
    with lab.paused("rabbitmq"):
        answer = answered(gateway.client(), image, token)
        assert isinstance(answer, str) or answer == (503, "Unavailable")
        # Reading needs no broker.
        assert len(alive(gateway.client())) == len(servers(gateway.tenant)) <= 1
    machine = until(lambda: accepted(gateway.client(), image, token), SECONDS, EVERY)
    reached(gateway.client(), str(machine), "running")
    assert [one.status for one in servers(gateway.tenant).values()] == ["ACTIVE"]
    terminated(gateway, str(machine))


def answered(client: Any, image: str, token: str) -> str | tuple[int, str]:
    """The id of an accepted launch, or status and code of the error; fails when there is no answer in time."""
    try:
        return run(client, image, token)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]


def accepted(client: Any, image: str, token: str) -> str:
    """The id of an accepted launch; empty for an error that clients come back after."""
    try:
        answer = answered(client, image, token)
    except BotoCoreError:
        return ""
    if isinstance(answer, str):
        return answer
    assert answer == (503, "Unavailable")
    return ""


@pytest.fixture
def one_server(gateway: Site) -> Iterator[None]:
    """The project may have a single server, and a single volume."""
    admin, project = gateway.tenant.plane.administrator(), gateway.tenant.project_id
    admin.compute.update_quota_set(project, instances=1)
    admin.block_storage.update_quota_set(project, volumes=1)
    yield
    admin.compute.revert_quota_set(project)
    admin.block_storage.revert_quota_set(project)


def test_a_quota_is_a_limit_by_name(gateway: Site, image: str, one_server: None) -> None:
    client = gateway.client()
    machine = run(client, image, uuid.uuid4().hex)
    # The cloud counts a server once it has a host.
    reached(client, machine, "running")
    assert refusal(lambda: run(client, image, uuid.uuid4().hex)) == (400, "InstanceLimitExceeded")
    assert refusal(lambda: run(client, image, "", MinCount=2, MaxCount=2)) == (400, "InstanceLimitExceeded")
    assert refusal(lambda: client.run_instances(ImageId=image, MinCount=2, MaxCount=2)) == (
        400,
        "InstanceLimitExceeded",
    )
    zone = client.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volume = client.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    assert refusal(lambda: client.create_volume(AvailabilityZone=zone, Size=1)) == (400, "VolumeLimitExceeded")
    assert len(servers(gateway.tenant)) == 1
    client.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1, "MaxAttempts": 180})
    client.delete_volume(VolumeId=volume)
    terminated(gateway, machine)
