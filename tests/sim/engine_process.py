"""The simulator as a child process, and a plain HTTP client for it."""

from __future__ import annotations

import base64
import http.client
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

USER = "admin@internal"
PASSWORD = "deltaic"
API = "/ovirt-engine/api"
Found = TypeVar("Found")


@dataclass
class Answer:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Simulator:
    """`python -m ovirt_engine_sim` on a free port; `url` is the API's base."""

    def __init__(self, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "ovirt_engine_sim", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._ready: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            line = self._ready.get(timeout=60)
        except queue.Empty:
            line = ""
        if not line:
            self.stop()
            raise AssertionError("the simulator did not get ready:\n" + "\n".join(self._lines))
        self.url = line.split()[-1]
        parts = urlsplit(self.url)
        self.host, self.port = str(parts.hostname), int(parts.port or 0)

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._lines.append(line.rstrip("\n"))
            if line.startswith("ready"):
                self._ready.put(line.strip())
        self._ready.put("")

    def stop(self) -> int:
        """SIGTERM and the exit code."""
        self._child.terminate()
        try:
            return self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait(15)

    def send(self, method: str, path: str, body: bytes | str = b"", headers: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own; `path` begins at the server's root."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(method, path, data or None, headers or {})
            answer = connection.getresponse()
            shown = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, shown, answer.read())
        finally:
            connection.close()

    def token(self, user: str = USER, password: str = PASSWORD) -> str:
        """A new SSO token."""
        form = {"grant_type": "password", "scope": "ovirt-app-api", "username": user, "password": password}
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.send("POST", "/ovirt-engine/sso/oauth/token", urlencode(form), headers)
        assert answer.status == 200, answer.text
        return str(answer.json()["access_token"])

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One request to the control endpoints."""
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, f"/ovirt-engine-sim/{path}", data)
        assert answer.status < 300, answer.text
        return answer.json()


@dataclass
class Api:
    """A logged-in client: paths are relative to the API's base."""

    simulator: Simulator
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = b"", **headers: str) -> Answer:
        """Send; a dict or list goes as JSON, text as XML. Header words are joined by "-"."""
        extra = {"Accept": "application/json", "Authorization": f"Bearer {self.token}", **self.headers}
        if isinstance(body, (dict, list)):
            extra["Content-Type"], body = "application/json", json.dumps(body)
        elif body:
            extra["Content-Type"] = "application/xml"
        extra.update({name.replace("_", "-"): value for name, value in headers.items()})
        target = f"{API}/{path}".rstrip("/") if not path.startswith("/") else path
        return self.simulator.send(method, target, body, {name: value for name, value in extra.items() if value})

    def get(self, path: str, **headers: str) -> Any:
        """GET as JSON; fails unless 200."""
        answer = self.send("GET", path, **headers)
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.json()

    def xml(self, path: str) -> bytes:
        """GET as XML; fails unless 200."""
        answer = self.send("GET", path, Accept="application/xml")
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.body

    def post(self, path: str, body: Any, status: tuple[int, ...] = (200, 201, 202)) -> Any:
        """POST as JSON; fails unless the status is expected."""
        answer = self.send("POST", path, body)
        assert answer.status in status, (path, answer.status, answer.text)
        return answer.json()

    def wait_for(self, path: str, status: str) -> Any:
        """Poll until the object's status is `status`, and return it."""
        return until(lambda: (found := self.get(path))["status"] == status and found, f"{path} {status}")


def basic(user: str = USER, password: str = PASSWORD) -> str:
    """The value of an Authorization header for Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def until(condition: Callable[[], Found], what: str, seconds: float = 30.0) -> Found:
    """Poll until `condition` returns something true, and return that; fails when time is up."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)
