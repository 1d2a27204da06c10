"""The profile that `deltaic aws-config` prints, in the hands of the AWS CLI (version 1) and of boto3."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.gateway import Gateway
from tests.support.processes import ACCESS_KEY, SECRET_KEY, clean_environment

CLI = str(Path(sys.executable).with_name("aws"))


def profile(demo: Gateway, folder: Path, region: str) -> Path:
    """The printed profile as a file."""
    options = ["--region", region, "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY, "--profile", "mine"]
    printed = subprocess.run(
        [sys.executable, "-m", "deltaic", "aws-config", "--url", demo.url.removesuffix("/ec2/"), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=clean_environment(),
    )
    file = folder / "config"
    file.write_text(printed.stdout)
    return file


@pytest.mark.parametrize(
    ("region", "zones"), [("us-east-1", ["Defaulta", "barcelonaa"]), ("barcelona", ["barcelonaa"])]
)
def test_the_cli_needs_no_endpoint(demo: Gateway, tmp_path: Path, region: str, zones: list[str]) -> None:
    environment = clean_environment() | {"AWS_CONFIG_FILE": str(profile(demo, tmp_path, region)), "AWS_PROFILE": "mine"}

    def cli(*arguments: str) -> Any:
        done = subprocess.run([CLI, *arguments], capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert cli("ec2", "describe-availability-zones", "--query", "AvailabilityZones[].ZoneName") == zones
    assert cli("sts", "get-caller-identity")["Arn"].endswith(":user/admin@internal")


def test_boto3_needs_no_endpoint(demo: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile(demo, tmp_path, "Default")))
    session = boto3.Session(profile_name="mine")
    zones = session.client("ec2").describe_availability_zones()["AvailabilityZones"]
    assert [each["ZoneName"] for each in zones] == ["Defaulta"]
    assert session.client("sts").get_caller_identity()["Account"].isdecimal()


def test_the_environment_names_the_endpoint_too(demo: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the demo prints it, with AWS_ENDPOINT_URL instead of an option."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "barcelona",
        "AWS_ENDPOINT_URL": demo.url,
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    zones = boto3.Session().client("ec2").describe_availability_zones()["AvailabilityZones"]
    assert [each["ZoneName"] for each in zones] == ["barcelonaa"]
