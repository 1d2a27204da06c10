"""The commands as processes: engine, gateway, keys, doctor, demo and the classic command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from deltaic.cli import main
from tests.support.certificates import certificate
from tests.support.log_state import kept_log_state
from tests.support.processes import (
    ACCESS_KEY,
    PASSWORD,
    SECRET_KEY,
    USER,
    Process,
    clean_environment,
    data_folder,
    until,
    url_in,
)

DEFAULT = "79221158-0d50-11e2-a8af-17acc9433061"


def deltaic(*arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "deltaic", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment() | variables,
    )


def ec2(url: str, key: str = ACCESS_KEY, secret: str = SECRET_KEY) -> Any:
    return boto3.client(
        "ec2", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """An engine for all tests of this file; its API's URL."""
    process = Process(["engine", "--port", "0", "--time-factor", "0.1"])
    yield url_in(process.ready())
    process.stop()


def test_engine_keeps_its_state_over_a_kill(tmp_path: Path) -> None:
    data = data_folder(tmp_path, "engine")
    first = Process(["engine", "--port", "0", "--data", data])
    provider = f"{url_in(first.ready())};{DEFAULT}"
    create = ["keys", "create", "-u", USER, "--password-stdin", "--data", data, "-P"]
    assert deltaic(*create, provider, given=f"{PASSWORD}\n").returncode == 0
    first.kill()
    assert deltaic(*create, provider, given=f"{PASSWORD}\n").returncode == 1
    again = Process(["engine", "--port", "0"], {"DELTAIC_DATA": data})
    again.ready()
    assert (Path(data) / "engine").is_dir()
    assert again.stop() == 0


def test_taken_port_is_told(engine: str) -> None:
    port = engine.split(":")[2].partition("/")[0]
    done = deltaic("engine", "--port", port)
    assert done.returncode == 2
    assert done.stderr == f"Error: server.port: can't listen on 127.0.0.1:{port}: Address already in use\n"


def test_wrong_inventory_is_told(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    file.write_text('{"virtual_machines": []}')
    done = deltaic("engine", "--port", "0", "--inventory", str(file))
    assert done.returncode == 2
    assert "virtual_machines" in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_from_creation_to_revocation(engine: str, tmp_path: Path) -> None:
    data = data_folder(tmp_path, "state")
    create = ["keys", "create", "--data", data, "-P", engine, "--user", USER, "--password-stdin", "--json"]
    refused = deltaic(*create, given="wrong\n")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr

    made = json.loads(deltaic(*create, "--description", "for tests", given=f"{PASSWORD}\n").stdout)
    listed = deltaic("keys", "list", "--data", data)
    assert f"{made['access_key']}  {USER}  default  " in listed.stdout
    assert listed.stdout.rstrip().endswith("active  for tests")
    assert made["secret_key"] not in listed.stdout

    gateway = Process(["serve", "--data", data, "-P", engine, "-p", "0"])
    client = ec2(url_in(gateway.ready()), made["access_key"], made["secret_key"])
    assert client.describe_availability_zones()["AvailabilityZones"] != []

    assert deltaic("keys", "revoke", made["access_key"], "--data", data).stdout == f"Revoked: {made['access_key']}\n"

    def refused_now() -> str:
        try:
            client.describe_availability_zones()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    assert until(refused_now) == "AuthFailure"
    assert deltaic("keys", "revoke", "AKIAUNKNOWN000000000", "--data", data).returncode == 1
    assert gateway.stop() == 0


def test_missing_login_is_asked_for(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELTAIC_DATA", data_folder(tmp_path, "state"))
    monkeypatch.setenv("API_PROVIDER", engine)
    with kept_log_state():
        done = CliRunner().invoke(main, ["keys", "create"], input=f"{USER}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert re.search(r"^Access key: AKIA[A-Z2-7]{16}\nSecret key: \S{40}$", done.output, re.MULTILINE)


def test_settings_file_with_two_clouds_over_tls(engine: str, tmp_path: Path) -> None:
    certificate(tmp_path, {"root": "root", "localhost": "root"})
    settings = tmp_path / "deltaic.toml"
    settings.write_text(
        f"""
        data = "state"
        [log]
        format = "json"
        [server]
        port = 0
        [[cloud]]
        name = "first"
        provider = "{engine};Default"
        [[cloud]]
        name = "second"
        driver = "rhevm"
        provider = "{engine};barcelona"
        """
    )
    pair = ["--access-key", "AKIASECOND0000000001", "--secret-key", "a-secret-of-a-good-length"]
    create = ["keys", "create", "-c", str(settings), "--cloud", "second", "-u", USER, "--password-stdin", *pair]
    assert deltaic(*create, given=f"{PASSWORD}\n").returncode == 0
    key, chain = str(tmp_path / "localhost.key"), str(tmp_path / "localhost.pem")
    gateway = Process(["serve", "-s", "-k", key, "-C", chain], {"DELTAIC_CONFIG": str(settings)})
    url = url_in(gateway.ready()).replace("127.0.0.1", "localhost")
    assert url.startswith("https://localhost:")
    client = boto3.client(
        "ec2",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIASECOND0000000001",
        aws_secret_access_key="a-secret-of-a-good-length",
        verify=str(tmp_path / "root.pem"),
    )
    zones = client.describe_availability_zones()["AvailabilityZones"]
    assert [zone["RegionName"] for zone in zones] == ["barcelona"]
    assert gateway.stop() == 0
    logged = [json.loads(line) for line in gateway.lines if line.startswith("{")]
    request = next(line for line in logged if line["event"] == "request")
    assert (request["action"], request["status"], request["user"]) == ("DescribeAvailabilityZones", 200, USER)
    assert "a-secret-of-a-good-length" not in gateway.output


def test_sealing_keys_are_rotated(engine: str, tmp_path: Path) -> None:
    data = data_folder(tmp_path, "state")
    pair = ["--access-key", "AKIAROTATED000000001", "--secret-key", "a-secret-of-a-good-length"]
    create = ["keys", "create", "--data", data, "-P", engine, "--user", USER, "--password-stdin", *pair]
    assert deltaic(*create, given=f"{PASSWORD}\n").returncode == 0
    assert deltaic(*create, given=f"{PASSWORD}\n").returncode == 1
    assert deltaic("keys", "rotate", "--data", data).stdout.startswith("Records sealed anew: ")
    assert deltaic("keys", "rotate", "--drop-old", "--data", data).stdout == "Old sealing keys removed: 1\n"
    assert deltaic("keys", "reseal", "--data", data).stdout == "Records sealed anew: 0\n"
    gateway = Process(["serve", "--data", data, "-P", engine, "-p", "0"])
    client = ec2(url_in(gateway.ready()), "AKIAROTATED000000001", "a-secret-of-a-good-length")
    assert client.describe_instances()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert gateway.stop() == 0


def test_sealing_key_that_others_can_read_is_refused(engine: str, tmp_path: Path) -> None:
    data = data_folder(tmp_path, "state")
    assert deltaic("keys", "list", "--data", data).returncode == 0
    (Path(data) / "sealing.key").chmod(0o644)
    done = deltaic("serve", "--data", data, "-P", engine, "-p", "0")
    assert done.returncode == 2
    assert "chmod 600" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_says_what_is_well_and_what_is_not(engine: str, tmp_path: Path) -> None:
    data = data_folder(tmp_path, "state")
    well = deltaic("doctor", "--data", data, "-P", f"{engine};Default", "-u", USER, "--password-stdin", given=PASSWORD)
    assert (well.returncode, well.stdout.splitlines()[-1]) == (0, "All is well.")
    assert "ok   login" in well.stdout
    wrong = deltaic("doctor", "--data", data, "-P", engine, "-u", USER, "--password-stdin", given="wrong")
    assert wrong.returncode == 1
    assert "FAIL login" in wrong.stdout
    assert "     -> " in wrong.stdout
    away = deltaic("doctor", "--data", data, "-P", "http://127.0.0.1:9/api", API_USER=USER, API_PASSWORD=PASSWORD)
    assert away.returncode == 1
    assert "FAIL address" in away.stdout


def test_classic_command_line_word_for_word(engine: str, tmp_path: Path) -> None:
    environment = clean_environment() | {
        "API_PROVIDER": f"{engine.removesuffix('/ovirt-engine/api')}/api;{DEFAULT}",
        "API_PORT": "0",
        "DELTAIC_DATA": data_folder(tmp_path, "state"),
    }
    command = Path(sys.executable).with_name("deltacloud")
    process = subprocess.Popen(
        [command, "-i", "rhevm", "-f", "cimi,ec2,deltacloud"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        cimi, ec2, api = (word for word in process.stdout.readline().split() if word.startswith("http"))
        curl = ["curl", "-s", "-u", f"{USER}:{PASSWORD}", f"{ec2}?Action=DescribeAvailabilityZones"]
        answer = subprocess.run(curl, capture_output=True, text=True, timeout=30).stdout
        assert "<zoneName>99408929-82cf-4dc7-a532-9d998063fa95</zoneName>" in answer
        curl = ["curl", "-s", "-L", "-H", "Accept: application/xml", cimi]
        answer = subprocess.run(curl, capture_output=True, text=True, timeout=30).stdout
        assert f'<machines href="{cimi}machines"' in answer
        curl = ["curl", "-s", "-u", f"{USER}:{PASSWORD}", "-H", "Accept: application/xml", f"{api}/realms"]
        answer = subprocess.run(curl, capture_output=True, text=True, timeout=30).stdout
        assert f"<realm href='{api}/realms/99408929-82cf-4dc7-a532-9d998063fa95'" in answer
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_demo_says_what_it_is_and_answers(tmp_path: Path) -> None:
    demo = Process(["demo", "--port", "0", "--engine-port", "0", "--time-factor", "0.1"])
    line = demo.ready()
    url = url_in(line)
    assert line.startswith("ready http://127.0.0.1:")
    text = demo.output
    assert "This is a demo: a gateway and a simulated oVirt Engine, on this machine's loopback address only." in text
    assert f"export AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY}" in text
    assert f"curl -u {USER}:{PASSWORD} '{url}/ec2/?Action=DescribeInstances'" in text
    client = ec2(f"{url}/ec2/")
    image = client.describe_images(Filters=[{"Name": "name", "Values": ["Workshop template"]}])["Images"][0]
    launched = client.run_instances(ImageId=image["ImageId"], MinCount=1, MaxCount=1)["Instances"][0]
    assert launched["State"]["Name"] == "pending"
    waiter = client.get_waiter("instance_running")
    waiter.wait(InstanceIds=[launched["InstanceId"]], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    state = Path(next(word for word in text.split() if "deltaic-demo-" in word).rstrip("."))
    assert state.is_dir()
    assert demo.stop() == 0
    assert not state.exists()


def test_a_gateway_serves_the_frontends_that_it_was_asked_for(engine: str, tmp_path: Path) -> None:
    variables = {"DELTAIC_CIMI_INITIAL_STATE": "STARTED", "DELTAIC_DATA": data_folder(tmp_path, "state")}
    gateway = Process(["serve", "-P", engine, "-p", "0", "-f", "cimi"], variables)
    try:
        url = url_in(gateway.ready())
        assert url.endswith("/cimi")
        curl = ["curl", "-s", "-u", f"{USER}:{PASSWORD}", "-H", "Accept: application/json"]
        told = subprocess.run([*curl, f"{url}/resource_metadata/Machine"], capture_output=True, timeout=30).stdout
        values = {one["name"]: one["value"] for one in json.loads(told)["capabilities"]}
        assert values["DefaultInitialState"] == "STARTED"
        status = ["-o", str(tmp_path / "answer"), "-w", "%{http_code}", f"{url.removesuffix('cimi')}ec2/?Action=X"]
        assert subprocess.run([*curl, *status], capture_output=True, timeout=30, text=True).stdout == "404"
    finally:
        assert gateway.stop() == 0
