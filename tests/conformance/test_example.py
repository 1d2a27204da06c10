"""The example driver passes, by the command that its page names; and drivers with defects do not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from deltaic.conformance import Outcome, Result, running, select
from deltaic.model.errors import Error, ErrorKind

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_example_passes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deltaic", "conformance", "--harness", "memory_harness:MemoryHarness"]
    file = tmp_path / "report.json"
    done = subprocess.run(
        [*command, "--report", str(file)], cwd=EXAMPLES, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(file.read_text())["results"]
    outcomes = {one["case"]: one["outcome"] for one in results}
    assert sorted(outcomes) == sorted(case.name for case in select())
    assert outcomes["instances.life"] == "passed"
    assert outcomes["volumes.life"] == "not offered"
    assert outcomes["faults.a_deadline_is_kept"] == "not provided"
    lacking = next(one for one in results if one["case"] == "volumes.life")
    assert lacking["missing"] == ["volumes_list", "volumes_create", "volumes_delete"]


def test_the_driver_is_as_short_as_it_is_said() -> None:
    text = (EXAMPLES / "memory_cloud.py").read_text("utf-8").splitlines()
    code = [line for line in text if line.strip() and not line.lstrip().startswith(("#", '"""', "from", "import"))]
    assert len(code) <= 110


# -- defects ---------------------------------------------------------------------------------------------------------


async def _all(self: Any, context: Any, *, ids: Sequence[str] = (), details: bool = True) -> list[Any]:
    self.enter(context)
    return sorted(self.machines.values(), key=lambda one: one.name)


async def _unsorted(self: Any, context: Any, *, ids: Sequence[str] = (), details: bool = True) -> list[Any]:
    self.enter(context)
    found = [one for one in self.machines.values() if not ids or one.id in ids]
    return sorted(found, key=lambda one: one.name, reverse=True)


async def _loose_marker(self: Any, context: Any, launch: str) -> list[Any]:
    return [one for one in await self.list(context) if launch and one.annotation.launch.startswith(launch)]


async def _slow_annotate(self: Any, context: Any, instance_id: str, edit: Any) -> Any:
    found = await self.get(context, instance_id)
    await asyncio.sleep(0)
    self._change(instance_id, annotation=edit(found.annotation))
    return self.machines[instance_id].annotation


async def _tags_only(self: Any, context: Any, instance_id: str, edit: Any) -> Any:
    note = edit((await self.get(context, instance_id)).annotation)
    self._change(instance_id, annotation=structs.replace(note, traits={}, key_name=""))
    return note


async def _strict_stop(self: Any, context: Any, instance_id: str, *, force: bool = False) -> None:
    if (await self.get(context, instance_id)).started_at is None:
        raise Error(ErrorKind.CONFLICT, "It is stopped", resource="instance")
    self._change(instance_id, state="stopped", started_at=None)


async def _lazy_delete(self: Any, context: Any, instance_id: str) -> None:
    await self.get(context, instance_id)


async def _plain_fault(self: Any, context: Any, instance_id: str, *, details: bool = True) -> Any:
    self.enter(context)
    return self.machines[instance_id]


def _open_door(self: Any, context: Any) -> None:
    return


#: A member of the example's `Instances`, what stands there instead, and the case that must notice.
DEFECTS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "ids are ignored": ("list", _all, "listing.machines_are_listed_by_name_or_by_id"),
    "lists have no order": ("list", _unsorted, "listing.machines_are_listed_by_name_or_by_id"),
    "markers match by their beginning": ("find_launch", _loose_marker, "launches.a_launch_is_found_by_its_marker"),
    "edits overtake one another": ("annotate", _slow_annotate, "annotations.many_edits_at_once_lose_nothing"),
    "edits lose members": ("annotate", _tags_only, "annotations.an_edit_changes_what_it_changes"),
    "a second stop is refused": ("stop", _strict_stop, "instances.a_stop_of_a_stopped_machine_does_nothing"),
    "deleting does nothing": ("delete", _lazy_delete, "instances.life"),
    "unknown ids are defects": ("get", _plain_fault, "listing.an_unknown_machine_is_not_found"),
    "passwords are not looked at": ("enter", _open_door, "logins.a_wrong_password"),
    "data centers are not looked at": ("enter", _open_door, "zones.an_unknown_data_center_is_not_found"),
}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_defect_is_noticed(example: Any, monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    cloud, harnesses = example
    member, wrong, case = DEFECTS[defect]
    assert (await outcome(harnesses, case)).outcome is Outcome.PASSED
    monkeypatch.setattr(cloud.Instances, member, wrong)
    result = await outcome(harnesses, case)
    assert result.outcome is Outcome.FAILED, defect
    assert result.detail


async def outcome(harnesses: Any, name: str) -> Result:
    """What comes of one case on the example."""
    harness = harnesses.MemoryHarness()
    async with running(harness) as run:
        run.site = structs.replace(run.site, patience=0.2)
        return await run.result(next(case for case in select() if case.name == name))


async def test_what_a_case_leaves_behind_is_its_failure(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, harnesses = example
    monkeypatch.setattr(cloud.Instances, "delete", _lazy_delete)
    result = await outcome(harnesses, "launches.a_launch_is_found_by_its_marker")
    assert result.outcome is Outcome.FAILED
    assert "could not take away" in result.detail


async def test_a_failure_is_told_even_if_its_things_stay(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, harnesses = example

    async def forbidden(self: Any, context: Any, instance_id: str) -> None:
        raise Error(ErrorKind.FORBIDDEN, "It may not be removed")

    monkeypatch.setattr(cloud.Instances, "annotate", _tags_only)
    monkeypatch.setattr(cloud.Instances, "delete", forbidden)
    result = await outcome(harnesses, "annotations.an_edit_changes_what_it_changes")
    assert result.outcome is Outcome.FAILED
    assert "annotation: key_name" in result.detail
    assert "and afterwards: forbidden: It may not be removed" in result.detail
