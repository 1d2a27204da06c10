"""Ansible callback that prints every task's result as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: records
type: stdout
short_description: one line of JSON for each result
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Prints {"task", "outcome", "result"} for each finished task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "records"

    def _print(self, outcome: str, result: Any) -> None:
        record = {"task": result.task_name, "outcome": outcome, "result": result.result}
        self._display.display(json.dumps(record, default=str))

    def v2_runner_on_ok(self, result: Any) -> None:
        self._print("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._print("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._print("unreachable", result)
