"""What the documents tell users to type is typed here, against the demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Process, clean_environment, url_in

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = "http://127.0.0.1:3001"
COMMANDS = "console"


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """A demo's base URL."""
    process = Process(["demo", "--port", "0", "--engine-port", "0", "--time-factor", "0.1"])
    yield url_in(process.ready())
    process.stop()


def blocks(document: str, language: str, url: str) -> list[str]:
    """The fenced blocks of a language, with the demo's address in place of the documented one."""
    text = (ROOT / document).read_text("utf-8").replace(DOCUMENTED, url)
    text = text.replace("port=3001,", f"port={url.rpartition(':')[2]},")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> str:
    """The lines behind prompts, with their continuations, as a script."""
    lines, inside = [], False
    for line in block.splitlines():
        if line.startswith("$ ") or inside:
            lines.append(line.removeprefix("$ "))
            inside = line.endswith("\\")
    return "\n".join(lines)


def run(arguments: list[str], folder: Path, **variables: str) -> str:
    """Run to success in a folder; returns standard output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = clean_environment() | {"PATH": path, "AWS_PAGER": "", "HOME": str(folder)} | variables
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readme(demo: str, tmp_path: Path) -> None:
    wanted = [block for block in blocks("README.md", COMMANDS, demo) if demo in block]
    assert len(wanted) == 2
    output = run(["bash", "-euo", "pipefail", "-c", "\n".join(map(commands, wanted))], tmp_path)
    assert "ami-a10f0123ca404428a\tWorkshop template" in output
    assert "<DescribeInstancesResponse" in output
    assert "/1/MachineCollection" in output


@pytest.mark.parametrize("version", ["1", "2"])
def test_aws_cli(demo: str, tmp_path: Path, version: str) -> None:
    (tmp_path / "me.pub").write_text(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ3c0V1qXbL0m1Ww0t1hQkQm0b2tqk3bVbQ0p1o0y2N me@example.org\n"
    )
    (tmp_path / "setup.sh").write_text("#!/bin/sh\necho hello\n")
    program = Path(sys.executable).with_name("aws") if version == "1" else Path("/usr/bin/aws")
    script = "\n".join(map(commands, blocks("docs/clients/aws-cli.md", COMMANDS, demo)))
    # Both versions share the demo, so each has a key pair and a machine of its own.
    script = script.replace("--key-name me", f"--key-name me{version}").replace("web", f"web{version}")
    output = run(["bash", "-euo", "pipefail", "-c", f'aws() {{ {program} "$@"; }}\n{script}'], tmp_path)
    assert f"web{version}" in output
    assert "shutting-down" in output


def test_boto3(demo: str, tmp_path: Path) -> None:
    script = "\n".join(blocks("docs/clients/boto3.md", "python", demo))
    assert re.search(r"^i-[0-9a-f]{17} running 10\.", run([sys.executable, "-c", script], tmp_path), re.MULTILINE)


def test_libcloud(demo: str, tmp_path: Path) -> None:
    script = "\n".join(blocks("docs/clients/libcloud.md", "python", demo))
    output = run([sys.executable, "-c", script], tmp_path)
    assert re.search(r"^i-[0-9a-f]{17} libcloud running ", output, re.MULTILINE)
    assert output.splitlines()[-2:] == ["placed barcelonaa", "stored available"]


def test_curl(demo: str, tmp_path: Path) -> None:
    script = "\n".join(map(commands, blocks("docs/clients/curl.md", COMMANDS, demo)))
    output = run(["bash", "-euo", "pipefail", "-c", script], tmp_path)
    assert "<Error>" not in output
    assert len(re.findall(r"<\w+Response ", output)) == script.count("curl ")
    assert "<RunInstancesResponse" in output


def test_cimi(demo: str, tmp_path: Path) -> None:
    script = "\n".join(map(commands, blocks("docs/clients/cimi.md", COMMANDS, demo)))
    (wanted,) = blocks("docs/clients/cimi.md", "xml", demo)
    (tmp_path / "web.xml").write_text(wanted)
    (shop,) = blocks("docs/clients/cimi.md", "json", demo)
    (tmp_path / "shop.json").write_text(shop)
    output = run(["bash", "-euo", "pipefail", "-c", script], tmp_path)
    for part in (
        "<CloudEntryPoint ",
        "/1/MachineImageCollection",
        "/1/MachineConfigurationCollection",
        '"web"',
        "STARTED",
    ):
        assert part in output
    assert output.rstrip().endswith("}")
    assert "The instance 'none' does not exist" in output.splitlines()[-1]


def test_ansible(demo: str, tmp_path: Path) -> None:
    playbook, tasks, inventory = blocks("docs/clients/ansible.md", "yaml", demo)
    last = "    - name: It is gone\n"
    assert playbook.count(last) == 1
    (tmp_path / "play.yml").write_text(playbook.replace(last, f"{tasks}\n{last}"))
    (tmp_path / "demo.aws_ec2.yml").write_text(inventory)
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    collections = str(ROOT / ".cache" / "collections")
    variables = {"ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    output = run([program, "-i", "localhost,", "-c", "local", "play.yml"], tmp_path, **variables)
    assert re.search(r"localhost\s+: ok=5\s+changed=4\s+unreachable=0\s+failed=0", output)
    script = "\n".join(map(commands, blocks("docs/clients/ansible.md", COMMANDS, demo)))
    output = run(["bash", "-euo", "pipefail", "-c", script], tmp_path, **variables)
    assert re.search(r"@zone_barcelonaa:\s+\|  \|--ec2_machine", output)
