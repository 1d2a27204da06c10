"""The page about both drivers is made from recordings that are current, and each difference has its reason."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import structs

from deltaic.conformance import Outcome, Result, select
from deltaic.conformance.report import Report
from deltaic.layers.base import NOUNS
from deltaic.layers.capability import flag_of

ROOT = Path(__file__).resolve().parents[2]
CASES = select()


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_conformance", ROOT / "tools" / "generate_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(*results: Result) -> Report:
    """A recording in which everything passed but these."""
    passed = {case.name: Result(case.name, Outcome.PASSED) for case in CASES}
    return Report("ovirt", tuple((passed | {one.case: one for one in results}).values()))


def test_the_page_is_current(generator: ModuleType) -> None:
    page = generator.document(generator.reports(), generator.reasons(), CASES)
    assert (ROOT / "docs" / "generated" / "conformance.md").read_text("utf-8") == page


def test_authors_are_told_which_verbs_a_flag_is() -> None:
    verbs: dict[str, list[str]] = {}
    for noun, protocol in NOUNS.items():
        for verb, member in vars(protocol).items():
            if inspect.iscoroutinefunction(member):
                verbs.setdefault(flag_of(f"{noun}.{verb}") or "", []).append(f"{noun}.{verb}")
    rows = [
        f"| `{flag}` | {', '.join(f'`{one}`' for one in found)} |"
        for flag, found in verbs.items()
        if [one.replace(".", "_") for one in found] != [flag]
    ]
    assert "\n".join(["| flag | verbs |", "|---|---|", *rows, ""]) in (ROOT / "docs" / "drivers.md").read_text("utf-8")


def test_recordings_and_reasons_are_in_order(generator: ModuleType) -> None:
    assert list(generator.problems(generator.reports(), generator.reasons(), CASES)) == []


def test_what_is_wrong_is_found(generator: ModuleType) -> None:
    lacking = Result("images.an_image_of_a_stopped_machine", Outcome.NOT_OFFERED, ("images_create",))
    failed = Result("instances.life", Outcome.FAILED)
    gone = Result("instances.of_long_ago", Outcome.PASSED)
    full = report(lacking, failed, gone)
    short = structs.replace(full, results=tuple(one for one in full.results if one.case != "volumes.life"))
    why = {"ovirt": {"volumes_create": "It has none."}, "nobody": {}}
    assert list(generator.problems([short], why, CASES)) == [
        "ovirt: volumes.life is not recorded",
        "ovirt: instances.of_long_ago is no case any more",
        "ovirt: instances.life failed",
        "ovirt: no reason for images_create",
        "ovirt: volumes_create needs no reason any more",
        "nobody: reasons without a recording",
    ]


def test_a_reason_is_shown_beside_its_case(generator: ModuleType) -> None:
    lacking = Result("images.an_image_of_a_stopped_machine", Outcome.NOT_OFFERED, ("images_create",))
    page = generator.document([report(lacking)], {"ovirt": {"images_create": "It has none."}}, CASES)
    row = next(line for line in page.splitlines() if line.startswith("| an_image_of_a_stopped_machine |"))
    assert row.endswith("| a |")
    assert "| a | It has none. | images_create |" in page
