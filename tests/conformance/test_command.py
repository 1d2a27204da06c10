"""`deltaic conformance` as people use it: on a configured cloud, and with things that are not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PASSWORD, USER, Process, clean_environment, url_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider string of an engine in a process of its own."""
    engine = Process(["engine", "--port", "0", "--time-factor", "0.02"])
    try:
        yield f"{url_in(engine.ready())};barcelona"
    finally:
        engine.stop()


def conformance(*arguments: str, text: str = PASSWORD, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "deltaic", "conformance", *arguments],
        input=text,
        cwd=ROOT,
        env=clean_environment() | variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_an_operator_tries_the_configured_cloud(provider: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    chosen = ["--image", "desktop_template", "--network", "bcn-guests", "--zone", "bcn-servers", "--size", "Tiny"]
    cases = [
        "instances.life",
        "launches.a_machine_is_on*",
        "volumes.life",
        "gateway.launches_survive",
        "faults.sessions_end",
    ]
    options = [*chosen, "--other-data-center", "Default", "--patience", "60", "--report", str(report)]
    options += [word for pattern in cases for word in ("--cases", pattern)]
    done = conformance("-P", provider, "-u", USER, "--password-stdin", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert found["driver"] == "ovirt"
    assert {one["case"]: one["outcome"] for one in found["results"]} == {
        "instances.life": "passed",
        "launches.a_machine_is_on_the_networks_that_were_asked_for": "passed",
        "volumes.life": "passed",
        "faults.sessions_end": "not provided",
        "gateway.launches_survive": "passed",
    }
    assert done.stdout.splitlines()[-1] == "4 passed, 1 not provided"
    assert PASSWORD not in done.stdout + done.stderr + report.read_text()


def test_a_wrong_data_center_ends_it(provider: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ["--image", "desktop_template", "--patience", "1", "--cases", "zones.the_data_center_is_listed"]
    wrong = provider.replace("barcelona", "atlantis")
    done = conformance("-P", wrong, "-u", USER, "--password-stdin", *options, "--report", str(report))
    assert done.returncode == 1
    assert "atlantis" in done.stderr
    assert not report.exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--image", "no-such-image", "no image 'no-such-image'; there are: Blank, desktop_template"),
        ("--zone", "no-such-zone", "no zone 'no-such-zone'; there are: bcn-servers"),
        ("--size", "no-such-size", "no size 'no-such-size'"),
        ("--network", "no-such-network", "no network 'no-such-network'"),
        ("--cases", "no-such-case", "No case matches 'no-such-case'"),
    ],
)
def test_what_there_is_not_is_named(provider: str, option: str, value: str, said: str) -> None:
    done = conformance("-P", provider, "-u", USER, "--password-stdin", option, value)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give -P URL;DATACENTER"),
        (["-i", "nobody"], "No package offers a harness for the driver 'nobody'"),
        (["--harness", "no.such.module:Thing"], "There is no harness 'no.such.module:Thing'"),
        (["--harness", "json"], "There is no harness 'json'"),
        (["--harness", "json:dumps_"], "There is no harness 'json:dumps_'"),
        (
            ["--harness", "fractions:Fraction"],
            "'fractions:Fraction' makes no deltaic.conformance.Harness, but Fraction",
        ),
    ],
)
def test_without_anything_to_try(arguments: list[str], said: str) -> None:
    done = conformance(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_cases_are_listed_with_what_they_need() -> None:
    done = conformance("--list", "--cases", "faults.a_deadline_is_kept", "--cases", "zones")
    lines = done.stdout.splitlines()
    assert lines[-1] == (
        "faults.a_deadline_is_kept: The driver itself ends with TIMEOUT at its caller's deadline, and works for the "
        "next caller (instances_list, slow answers)"
    )
    assert [line.partition(".")[0] for line in lines] == ["zones"] * (len(lines) - 1) + ["faults"]


def test_a_third_partys_harness_is_found_by_its_entry_point(tmp_path: Path) -> None:
    package = tmp_path / "attic-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: attic\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[deltaic.conformance]\nmemory = memory_harness:MemoryHarness\n")
    done = conformance(
        "-i", "memory", "--cases", "zones", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT / "examples")])
    )
    assert done.returncode == 0, done.stderr
    assert "ok    zones.zones_belong_to_the_scope" in done.stdout
