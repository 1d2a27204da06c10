"""AWS's own command line and Libcloud, with keys of the gateway's own and of the cloud's."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from libcloud.compute.base import NodeSize
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

from tests.clients.gateway import Gateway
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import SECONDS, servers
from tests.openstack.support.tenant import Ec2Credentials
from tests.support.processes import clean_environment, until

SCRIPT = "#!/bin/sh\necho 'grüße' > /root/deltaic\n"

Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def keys(gateway: Site, issued: Ec2Credentials) -> dict[str, Gateway]:
    """The gateway as it is reached with either kind of key."""
    return {"own": gateway.gateway, "issued": gateway.with_credentials(issued)}


@pytest.fixture(scope="module")
def image(ec2: Any) -> str:
    """The id of the one image, as EC2 writes it."""
    (found,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["tiny"]}])["Images"]
    return str(found["ImageId"])


@pytest.fixture
def cli(keys: dict[str, Gateway], tmp_path: Path) -> Cli:
    """`cli("describe-instances", ...)` runs `aws ec2 describe-instances ...` with a key that the cloud issued."""
    gateway = keys["issued"]
    environment = clean_environment() | {
        "AWS_ACCESS_KEY_ID": gateway.access_key,
        "AWS_SECRET_ACCESS_KEY": gateway.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
        "LC_ALL": "C.UTF-8",
    }
    program = str(Path(sys.executable).with_name("aws"))

    def call(*arguments: str) -> Any:
        command = [program, "--endpoint-url", gateway.url, "ec2", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return call


@pytest.fixture(params=[("4", "own"), ("2", "issued"), ("4", "issued")], ids="-".join)
def driver(request: pytest.FixtureRequest, keys: dict[str, Gateway]) -> Any:
    """Libcloud's EC2 driver by either signature and either key."""
    version, key = request.param
    gateway = keys[key]
    host, _, port = gateway.host.partition(":")
    made = get_driver(Provider.EC2)(
        gateway.access_key, gateway.secret_key, secure=False, host=host, port=int(port), signature_version=version
    )
    made.connection.request_path = "/ec2"
    return made


def own_server(gateway: Site, name: str) -> Any:
    """The server as the cloud itself tells it."""
    (found,) = [one for one in gateway.cloud.compute.servers() if one.name == name]
    return found


def reaches(gateway: Site, server_id: str, status: str) -> None:
    """Wait until the cloud itself tells a status."""
    until(lambda: gateway.cloud.compute.get_server(server_id).status == status, SECONDS, 0.3)


def test_the_command_line(cli: Cli, gateway: Site, image: str, tmp_path: Path) -> None:
    (tmp_path / "setup.sh").write_text(SCRIPT)
    group = cli("create-security-group", "--group-name", "cli", "--description", "By hand")["GroupId"]
    rule = ("--protocol", "tcp", "--port", "22", "--cidr", "192.0.2.0/24")
    assert cli("authorize-security-group-ingress", "--group-id", group, *rule)["Return"] is True
    launched = cli(
        *("run-instances", "--image-id", image, "--instance-type", "m1.tiny", "--security-group-ids", group),
        *("--user-data", f"file://{tmp_path}/setup.sh"),
        *("--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=cli-1},{Key=team,Value=blue}]"),
    )["Instances"][0]
    instance = launched["InstanceId"]
    assert cli("wait", "instance-running", "--instance-ids", instance) is None
    server = own_server(gateway, "cli-1")
    user_data = gateway.tenant.plane.administrator().compute.get_server(server.id).user_data
    assert (base64.b64decode(user_data).decode(), server.metadata["team"]) == (SCRIPT, "blue")
    filters = ("--filters", "Name=resource-id,Values=" + instance)
    told = {tag["Key"]: tag["Value"] for tag in cli("describe-tags", *filters)["Tags"]}
    assert told == {"Name": "cli-1", "team": "blue"}

    address = cli("allocate-address")
    cli("associate-address", "--allocation-id", address["AllocationId"], "--instance-id", instance)
    (shown,) = cli("describe-addresses", "--allocation-ids", address["AllocationId"])["Addresses"]
    assert (shown["InstanceId"], shown["PublicIp"]) == (instance, address["PublicIp"])
    cli("disassociate-address", "--association-id", shown["AssociationId"])
    cli("release-address", "--allocation-id", address["AllocationId"])

    zone = launched["Placement"]["AvailabilityZone"]
    tags = "ResourceType=volume,Tags=[{Key=Name,Value=cli-data}]"
    volume = cli("create-volume", "--size", "1", "--availability-zone", zone, "--tag-specifications", tags)["VolumeId"]
    assert cli("wait", "volume-available", "--volume-ids", volume) is None
    (own,) = [one for one in gateway.cloud.block_storage.volumes() if one.name == "cli-data"]
    cli("attach-volume", "--volume-id", volume, "--instance-id", instance, "--device", "/dev/sdx")
    until(lambda: gateway.cloud.block_storage.get_volume(own.id).status == "in-use", SECONDS, 0.3)
    cli("detach-volume", "--volume-id", volume)
    until(lambda: gateway.cloud.block_storage.get_volume(own.id).status == "available", SECONDS, 0.3)
    cli("delete-volume", "--volume-id", volume)

    cli("stop-instances", "--instance-ids", instance)
    reaches(gateway, server.id, "SHUTOFF")
    (told,) = cli("describe-instances", "--instance-ids", instance, "--query", "Reservations[].Instances[].State")
    assert told["Name"] == "stopped"
    cli("start-instances", "--instance-ids", instance)
    reaches(gateway, server.id, "ACTIVE")
    cli("terminate-instances", "--instance-ids", instance)
    until(lambda: server.id not in servers(gateway.tenant), SECONDS, 0.3)
    cli("delete-security-group", "--group-id", group)
    assert "cli" not in [one.name for one in gateway.cloud.network.security_groups()]


def test_libcloud(driver: Any, gateway: Site, image: str) -> None:
    def reached(wanted: str) -> Any:
        return until(
            lambda: next((one for one in driver.list_nodes(ex_node_ids=[node.id]) if one.state == wanted), None),
            SECONDS,
            0.3,
        )

    name = f"libcloud-{driver.connection.signature_version}"
    size = NodeSize("m1.tiny", "m1.tiny", 64, 1, 0, 0, driver)
    node = driver.create_node(name=name, image=driver.get_image(image), size=size, ex_metadata={"role": "a b+c/ü"})
    running = reached(NodeState.RUNNING)
    server = own_server(gateway, name)
    assert (running.name, running.extra["tags"]) == (name, {"Name": name, "role": "a b+c/ü"})
    assert server.metadata["role"] == "a b+c/ü"
    assert running.private_ips == [one["addr"] for own in server.addresses.values() for one in own]
    assert driver.stop_node(running) is True
    reached(NodeState.STOPPED)
    assert driver.destroy_node(running) is True
    until(lambda: server.id not in servers(gateway.tenant), SECONDS, 0.3)
