"""A real gateway in a process of its own, over a state folder that outlives it: asked, killed, started again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import msgspec
from lxml import etree

from deltaic.conformance.checks import Mismatch, equal
from deltaic.conformance.trial import Trial

READY_SECONDS = 90.0
STOP_SECONDS = 30.0
ANSWER_SECONDS = 60.0
#: How many lines of what it printed are kept and told, and how long one may be.
_LINES = 40
#: The same of requests, which would push out what flows say.
_REQUESTS = 10
_REQUEST = '"event": "request"'
_LONGEST_LINE = 1 << 20
_VERSION = "2016-11-15"

#: What configures gateways and clients in this process's environment has no business in the child's.
_FOREIGN = ("API_", "AWS_", "DELTAIC_")


class Answer:
    """What the gateway answered: a status and a document without its namespace."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        for element in self.root.iter():
            element.tag = etree.QName(element).localname

    @property
    def error(self) -> str:
        """The error's code; empty for a success."""
        return str(self.root.findtext(".//Error/Code") or "")

    def text(self, path: str) -> str:
        """The text at a path below the root."""
        return str(self.root.findtext(path) or "")


class Gateway:
    """`deltaic serve` in front of the trial's cloud."""

    def __init__(self, trial: Trial, folder: Path) -> None:
        self._trial = trial
        self._folder = folder
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._requests: deque[str] = deque(maxlen=_REQUESTS)
        self._url = ""

    async def start(self) -> None:
        """Start it, or start it again; returns once it answers."""
        settings = self._folder / "deltaic.toml"
        if not settings.exists():
            settings.write_text(_toml(self._trial), encoding="utf-8")
        command = [sys.executable, "-m", "deltaic", "serve", "--config", str(settings), "--data", str(self._folder)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self._child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment | {"PYTHONUNBUFFERED": "1"},
            limit=_LONGEST_LINE,
        )
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(self._child, ready))
        try:
            line = await asyncio.wait_for(ready, READY_SECONDS)
        except TimeoutError:
            line = ""
        if not line:
            await self.kill()
            raise Mismatch("the gateway did not start:\n" + "\n".join(self.said()))
        self._url = next(word for word in line.split() if word.startswith("http"))

    async def kill(self) -> None:
        """SIGKILL: it has no time for anything."""
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
        await self._ended()

    async def stop(self) -> None:
        """SIGTERM; it must end by itself, and well."""
        if self._child is None or self._child.returncode is not None:
            return
        self._child.terminate()
        try:
            code = await asyncio.wait_for(self._child.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            raise Mismatch("the gateway did not stop") from None
        await self._ended()
        equal("exit code of the gateway", code, 0)

    async def ask(self, action: str, **parameters: str) -> Answer | None:
        """Ask for an EC2 action; None when there was no answer, as from a gateway that was killed meanwhile."""
        user = self._trial.site.user
        headers = {"Authorization": aiohttp.encode_basic_auth(user.user, user.password.reveal())}
        form = {"Action": action, "Version": _VERSION} | {
            name.replace("_", "."): each for name, each in parameters.items()
        }
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout, trust_env=False) as session,
                session.post(self._url, data=form) as response,
            ):
                return Answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    def said(self) -> list[str]:
        """What its processes printed last."""
        return [*self._lines, *self._requests]

    async def must(self, action: str, **parameters: str) -> Answer:
        """Ask, and insist on a success."""
        answer = await self.ask(action, **parameters)
        if answer is None or answer.error:
            raise Mismatch(f"{action}: {answer.error + answer.text('.//Error/Message') if answer else 'no answer'}")
        return answer

    async def _read(self, child: asyncio.subprocess.Process, ready: asyncio.Future[str]) -> None:
        assert child.stdout is not None
        async for raw in child.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            (self._requests if _REQUEST in line else self._lines).append(line)
            if line.startswith("ready") and not ready.done():
                ready.set_result(line)
        if not ready.done():
            ready.set_result("")

    async def _ended(self) -> None:
        if self._child is not None:
            await self._child.wait()
        if self._reader is not None:
            await self._reader


@asynccontextmanager
async def gateway_of(trial: Trial) -> AsyncIterator[Gateway]:
    """A running gateway over a state folder of its own; stopped well at the end."""
    with TemporaryDirectory(prefix="deltaic-conformance-", ignore_cleanup_errors=True) as folder:
        made = Gateway(trial, Path(folder))
        try:
            await made.start()
            yield made
            await made.stop()
        except Exception as fault:
            fault.add_note("the gateway said at last:\n" + "\n".join(made.said()))
            raise
        finally:
            await made.kill()


def _toml(trial: Trial) -> str:
    """Settings of a gateway in front of the trial's cloud. TOML's strings, numbers and words are those of JSON."""
    table = msgspec.structs.asdict(trial.site.cloud)
    options = table.pop("options")
    lines = ['frontends = ["ec2"]', "[server]", "port = 0", "[[cloud]]", *_members(table)]
    return "\n".join([*lines, "[cloud.options]", *_members(options), ""])


def _members(values: dict[str, Any]) -> list[str]:
    return [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in values.items()]
