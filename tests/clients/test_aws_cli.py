"""The AWS CLI, unmodified: version 1 from PyPI and version 2 as Debian ships it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import native, one, run, wait
from tests.clients.user_data import guest_of
from tests.support.processes import ACCESS_KEY, SECRET_KEY, clean_environment

VERSIONS = {"1": str(Path(sys.executable).with_name("aws")), "2": "/usr/bin/aws"}
SCRIPT = "#!/bin/bash\nset -eu\n\techo \"grüße aus ${HOME}\" '&' <<EOF\n\\n\nEOF\n".encode()

#: Exit codes: an error that the service told (version 2 tells it apart, version 1 since 1.44 as well).
CLIENT_ERROR = {254, 255}


@dataclass
class Done:
    """What a command printed and returned."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """Standard output as JSON, of a command that succeeded."""
        assert self.code == 0, self.error
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Standard output as text, of a command that succeeded."""
        assert self.code == 0, self.error
        return self.out.rstrip("\n")


Cli = Callable[..., Done]


@pytest.fixture(params=sorted(VERSIONS), ids=lambda version: f"v{version}")
def cli(request: pytest.FixtureRequest, demo: Gateway, tmp_path: Path) -> Cli:
    """`cli("describe-instances", ...)` runs `aws ec2 describe-instances ...`."""
    environment = clean_environment() | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
        "LC_ALL": "C.UTF-8",
    }

    def call(*arguments: str, service: str = "ec2", **variables: str) -> Done:
        command = [VERSIONS[request.param], "--endpoint-url", demo.url, service, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment | variables, cwd=tmp_path
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return call


def test_the_version_is_the_one_it_says() -> None:
    for version, path in VERSIONS.items():
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, env=clean_environment())
        assert told.stdout.startswith(f"aws-cli/{version}.")


def test_the_life_of_a_volume(cli: Cli, demo: Gateway, ec2: Any) -> None:
    """As docs/clients/aws-cli.md tells it."""
    zone = cli("describe-availability-zones", "--query", "AvailabilityZones[0].ZoneName", "--output", "text").text
    volume_id = cli(
        *("create-volume", "--availability-zone", zone, "--size", "2"),
        *("--tag-specifications", "ResourceType=volume,Tags=[{Key=Name,Value=cli-data}]"),
        *("--query", "VolumeId", "--output", "text"),
    ).text
    wait(ec2, "volume_available", VolumeIds=[volume_id])
    assert cli("wait", "volume-available", "--volume-ids", volume_id).text == ""
    mapping = '[{"DeviceName":"/dev/sdg","Ebs":{"VolumeSize":1,"DeleteOnTermination":true}}]'
    (instance_id,) = cli(
        *("run-instances", "--image-id", WORKSHOP_AMI, "--count", "1", "--block-device-mappings", mapping),
        *("--query", "Instances[].InstanceId"),
    ).json
    try:
        wait(ec2, "instance_running", InstanceIds=[instance_id])
        where = ("--volume-id", volume_id, "--instance-id", instance_id)
        assert cli("attach-volume", *where, "--device", "/dev/sdf").json["State"] == "attaching"
        wait(ec2, "volume_in_use", VolumeIds=[volume_id])
        assert cli("wait", "volume-in-use", "--volume-ids", volume_id).text == ""
        shown = cli(
            *("describe-instances", "--instance-ids", instance_id),
            *("--query", "Reservations[].Instances[].BlockDeviceMappings[].DeviceName"),
        ).json
        assert sorted(shown) == ["/dev/sdf", "/dev/sdg", "/dev/vda"]
        grown = cli("modify-volume", "--volume-id", volume_id, "--size", "3").json["VolumeModification"]
        assert (grown["OriginalSize"], grown["TargetSize"]) == (2, 3)
        image_id = cli(
            *("create-image", "--instance-id", instance_id, "--name", f"cli {instance_id}", "--no-reboot"),
            *("--query", "ImageId", "--output", "text"),
        ).text
        wait(ec2, "image_available", ImageIds=[image_id])
        assert cli("wait", "image-available", "--image-ids", image_id).text == ""
        assert cli("deregister-image", "--image-id", image_id).code == 0
        assert cli("detach-volume", "--volume-id", volume_id).json["State"] == "detaching"
        wait(ec2, "volume_available", VolumeIds=[volume_id])
    finally:
        cli("terminate-instances", "--instance-ids", instance_id)
    taken = cli("create-snapshot", "--volume-id", volume_id, "--description", "before").json
    assert (taken["State"], taken["Description"]) == ("pending", "before")
    wait(ec2, "snapshot_completed", SnapshotIds=[taken["SnapshotId"]])
    assert cli("wait", "snapshot-completed", "--snapshot-ids", taken["SnapshotId"]).text == ""
    assert cli("delete-volume", "--volume-id", volume_id).text == ""
    wait(ec2, "volume_deleted", VolumeIds=[volume_id])
    assert cli("delete-snapshot", "--snapshot-id", taken["SnapshotId"]).text == ""
    refused = cli("describe-volumes", "--volume-ids", volume_id)
    assert (refused.code in CLIENT_ERROR, "(InvalidVolume.NotFound)" in refused.error) == (True, True)


def test_the_life_of_an_instance(cli: Cli, demo: Gateway, ec2: Any, tmp_path: Path) -> None:
    """As docs/clients/aws-cli.md tells it; the guest gets the script byte by byte."""
    (tmp_path / "setup.sh").write_bytes(SCRIPT)
    name = f"cli-{tmp_path.name[-3:].replace('_', '-')}"
    key = cli("create-key-pair", "--key-name", name, "--query", "KeyMaterial", "--output", "text").text
    assert key.startswith("-----BEGIN RSA PRIVATE KEY-----")
    image = cli(
        *("describe-images", "--filters", "Name=name,Values=Workshop*"),
        *("--query", "Images[0].ImageId", "--output", "text"),
    ).text
    assert image == WORKSHOP_AMI
    launched = cli(
        *("run-instances", "--image-id", image, "--instance-type", "Small", "--key-name", name),
        *("--user-data", "file://setup.sh", "--count", "1"),
        *("--tag-specifications", f"ResourceType=instance,Tags=[{{Key=Name,Value={name}}}]"),
    ).json
    instance_id = launched["Instances"][0]["InstanceId"]
    assert launched["Instances"][0]["State"] == {"Code": 0, "Name": "pending"}
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    assert cli("wait", "instance-running", "--instance-ids", instance_id).text == ""

    guest = guest_of(demo.engine, native(demo.engine, instance_id))
    assert guest.scripts == [SCRIPT]
    assert (guest.host_name, len(guest.keys)) == (name, 1)

    assert cli("create-tags", "--resources", instance_id, "--tags", "Key=team,Value=blue green").text == ""
    shown = cli(
        *("describe-instances", "--filters", f"Name=tag:Name,Values={name}", "Name=tag:team,Values=blue*"),
        *("--query", "Reservations[].Instances[].[InstanceId,State.Name,InstanceType,KeyName]", "--output", "text"),
    ).text
    assert shown.split("\t") == [instance_id, "running", "Small", name]
    table = cli("describe-instances", "--instance-ids", instance_id, "--output", "table").text
    assert instance_id in table
    status = cli("describe-instance-status", "--instance-ids", instance_id).json
    assert status["InstanceStatuses"][0]["SystemStatus"]["Status"] == "ok"
    data = cli("describe-instance-attribute", "--instance-id", instance_id, "--attribute", "userData").json
    assert data["UserData"]["Value"].isascii()
    assert cli("get-console-output", "--instance-id", instance_id, "--output", "text").code == 0

    stopping = cli("stop-instances", "--instance-ids", instance_id).json["StoppingInstances"][0]
    assert (stopping["PreviousState"]["Name"], stopping["CurrentState"]["Name"]) == ("running", "stopping")
    wait(ec2, "instance_stopped", InstanceIds=[instance_id])
    assert cli("wait", "instance-stopped", "--instance-ids", instance_id).text == ""
    assert cli("modify-instance-attribute", "--instance-id", instance_id, "--instance-type", "Tiny").text == ""
    assert (
        cli("start-instances", "--instance-ids", instance_id).json["StartingInstances"][0]["CurrentState"]["Code"] == 0
    )
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    assert one(ec2, instance_id)["InstanceType"] == "Tiny"

    assert cli("modify-instance-attribute", "--instance-id", instance_id, "--disable-api-termination").text == ""
    protected = cli("terminate-instances", "--instance-ids", instance_id)
    assert protected.code in CLIENT_ERROR
    assert "(OperationNotPermitted)" in protected.error
    assert cli("modify-instance-attribute", "--instance-id", instance_id, "--no-disable-api-termination").text == ""
    assert cli("terminate-instances", "--instance-ids", instance_id).json["TerminatingInstances"][0]["InstanceId"]
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    assert cli("wait", "instance-terminated", "--instance-ids", instance_id).text == ""
    assert cli("delete-key-pair", "--key-name", name).code == 0


def test_a_wait_that_can_not_end(cli: Cli, ec2: Any) -> None:
    (instance_id,) = run(ec2)
    ec2.terminate_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    done = cli("wait", "instance-running", "--instance-ids", instance_id)
    assert done.code == 255
    assert "Waiter InstanceRunning failed" in done.error
    assert "terminal failure state" in done.error


def test_user_data_from_a_binary_file(cli: Cli, demo: Gateway, ec2: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) + b"\r\n"
    (tmp_path / "data.bin").write_bytes(content)
    instance_id = cli(
        *("run-instances", "--image-id", WORKSHOP_AMI, "--user-data", "fileb://data.bin"),
        *("--query", "Instances[0].InstanceId", "--output", "text"),
    ).text
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    guest = guest_of(demo.engine, native(demo.engine, instance_id))
    assert guest.drive["openstack/latest/user_data"] == content
    ec2.terminate_instances(InstanceIds=[instance_id])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("describe-instances", "--instance-ids", "i-0123456789abcdef0"),
            "An error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation: "
            "The instance ID 'i-0123456789abcdef0' does not exist",
        ),
        (
            ("run-instances", "--image-id", WORKSHOP_AMI, "--dry-run"),
            "An error occurred (DryRunOperation) when calling the RunInstances operation: "
            "Request would have succeeded, but DryRun flag is set.",
        ),
        (
            ("describe-spot-price-history",),
            "An error occurred (InvalidAction) when calling the DescribeSpotPriceHistory operation: "
            "The action DescribeSpotPriceHistory is not valid for this web service.",
        ),
    ],
    ids=["unknown id", "dry run", "unknown action"],
)
def test_messages_and_exit_codes(cli: Cli, arguments: tuple[str, ...], expected: str) -> None:
    done = cli(*arguments)
    assert done.code in CLIENT_ERROR
    assert done.out == ""
    assert expected in done.error


def test_wrong_keys(cli: Cli) -> None:
    wrong = cli("describe-regions", AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.code in CLIENT_ERROR
    assert "(SignatureDoesNotMatch)" in wrong.error
    unknown = cli("describe-regions", AWS_ACCESS_KEY_ID="AKIANOBODYKNOWSTHIS1")
    assert "(AuthFailure)" in unknown.error


def test_pages(cli: Cli) -> None:
    """--max-items cuts on the client's side, --page-size on the gateway's."""
    query = ("--query", "Tags[].[ResourceId,Key]", "--output", "json")
    whole = cli("describe-tags", *query).json
    assert len(whole) > 6
    assert cli("describe-tags", "--page-size", "5", *query).json == whole
    first = cli("describe-tags", "--page-size", "5", "--max-items", "6", "--output", "json").json
    assert [[tag["ResourceId"], tag["Key"]] for tag in first["Tags"]] == whole[:6]
    rest = cli("describe-tags", "--page-size", "5", "--starting-token", first["NextToken"], *query).json
    assert rest == whole[6:]


def test_regions_and_identity(cli: Cli) -> None:
    zones = ("describe-availability-zones", "--query", "AvailabilityZones[].ZoneName", "--output", "text")
    assert cli(*zones).text.split("\t") == ["Defaulta", "barcelonaa"]
    assert cli(*zones, AWS_DEFAULT_REGION="barcelona").text == "barcelonaa"
    identity = cli("get-caller-identity", service="sts").json
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:user/admin@internal"
    assert len(identity["Account"]) == 12


def test_commands_that_add_parameters_of_their_own(cli: Cli) -> None:
    """describe-volumes asks for pages of 1,000 by itself."""
    assert len(cli("describe-volumes", "--query", "Volumes[].VolumeId").json) >= 3
    behind = cli("describe-images", "--query", "Images[].BlockDeviceMappings[].Ebs.SnapshotId").json
    own = cli("describe-snapshots", "--owner-ids", "self", "--query", "Snapshots[].SnapshotId").json
    assert sorted(own) == sorted(behind)
    assert cli("describe-vpcs", "--query", "Vpcs[?IsDefault].VpcId").json != []
