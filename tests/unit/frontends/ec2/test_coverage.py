"""The dispatch table is complete, and the page made from it is current."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from deltaic.frontends.ec2.actions import ACTIONS
from deltaic.protocols.aws.actions import SERVED

ROOT = Path(__file__).parents[4]


def test_every_served_action_has_a_handler() -> None:
    assert set(ACTIONS) == set(SERVED["ec2"])


def test_the_page_is_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate_coverage", ROOT / "tools" / "generate_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs/generated/ec2-actions.md").read_text(encoding="utf-8")
    assert page == module.document(), "run tools/generate_coverage.py"


def test_instances_have_at_least_forty_filters() -> None:
    table = ACTIONS["DescribeInstances"].filters
    assert table is not None
    assert len(table.names) >= 40
