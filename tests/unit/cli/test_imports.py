"""Start-up: help imports nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ["sqlalchemy", "dbos", "aiohttp", "uvicorn", "starlette", "structlog", "lxml", "ovirt_engine_sim", "alembic"]

SCRIPT = f"""
import json, sys
from deltaic.cli import main
try:
    main(sys.argv[1:], prog_name="deltaic")
except SystemExit:
    pass
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["keys", "create", "--help"], ["aws-config"]])
def test_light_commands_stay_light(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
