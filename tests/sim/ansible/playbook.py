"""Runs a playbook with unmodified modules and returns what each task said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
COLLECTIONS: Final = HERE.parents[2] / ".cache" / "collections"


@dataclass(frozen=True)
class Task:
    """One task's outcome ("ok" or "failed") and its module's result."""

    outcome: str
    result: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])


def run(playbook: str | Path, home: Path, **variables: str) -> dict[str, Task]:
    """Run a playbook (`playbooks/NAME.yml` for a name) here; returns tasks by name, those of rescued failures too."""
    path = playbook if isinstance(playbook, Path) else HERE / "playbooks" / f"{playbook}.yml"
    assert (COLLECTIONS / "ansible_collections" / "ovirt" / "ovirt").is_dir(), (
        f"no Ansible collections in {COLLECTIONS}: run `make collections` once"
    )
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [str(program), "-i", "localhost,", "-e", json.dumps(variables), str(path)],
        env=environment(home), cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip
    tasks = {}
    for line in done.stdout.splitlines():
        if line.startswith('{"task"'):
            record = json.loads(line)
            tasks[record["task"]] = Task(record["outcome"], record["result"])
    failed = {name: task.result.get("msg") for name, task in tasks.items() if task.outcome != "ok"}
    assert done.returncode == 0, f"{failed}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return tasks


def environment(home: Path) -> dict[str, str]:
    """What Ansible needs to find the collections, this Python, and a place of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "OVIRT_"))}
    return kept | {
        "HOME": str(home),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
        "ANSIBLE_STDOUT_CALLBACK": "records",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
        "LC_ALL": "C.UTF-8",
    }
