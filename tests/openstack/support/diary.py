"""What a client asked last and was told, for the report of a test that failed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: How many lines are kept; the same question with the same answer is one line however often it is asked.
LINES = 60
#: The parameters that tell what a request was about. None holds a secret.
SUBJECTS = ("InstanceId", "ResourceId", "VolumeId", "AllocationId", "AssociationId", "ClientToken")
STATES = re.compile(r"<(?:name|status)>([a-z-]+)<")


@dataclass
class Line:
    """A question with its answer: when it was first given, and when last."""

    text: str
    first: str
    last: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.first} {self.text}" + (f" ({self.count} times, until {self.last})" if self.count > 1 else "")


class Diary:
    """Listens to one boto3 client of EC2; `doing` tells what its owner is at."""

    def __init__(self, client: Any, doing: Callable[[], str]) -> None:
        self._doing = doing
        self._lines: deque[Line] = deque(maxlen=LINES)
        self._question = ""
        client.meta.events.register("before-call.ec2", self._asked)
        client.meta.events.register("response-received.ec2", self._answered)

    def __str__(self) -> str:
        return "\n".join(str(line) for line in list(self._lines))

    def _asked(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        about = [value for name, value in params["body"].items() if name.startswith(SUBJECTS)]
        self._question = " ".join([f"{self._doing()}: {model.name}", *about])

    def _answered(self, response_dict: Any, parsed_response: Any, exception: object = None, **_: Any) -> None:
        if response_dict is None:
            self._write(f"no answer, {type(exception).__name__}")
            return
        error = parsed_response.get("Error", {})
        body = response_dict["body"].decode("utf-8", "replace")
        told = [error["Code"], error.get("Message", "")] if error else STATES.findall(body)
        self._write(" ".join([str(response_dict["status_code"]), *told]))

    def _write(self, answer: str) -> None:
        now, text = f"{datetime.now(UTC):%H:%M:%S.%f}", f"{self._question} -> {answer}"
        if self._lines and self._lines[-1].text == text:
            self._lines[-1].count += 1
            self._lines[-1].last = now
        else:
            self._lines.append(Line(text, now, now))
