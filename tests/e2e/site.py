"""Gateways and engines as processes that tests kill, bring back at the same address, and order faults from."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from deltaic.store.key_file import format_keys
from deltaic.store.sealing import new_key
from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP_AMI, Gateway
from tests.e2e.engine_reader import EngineReader
from tests.support.processes import Process, data_folder, url_in

CREATION_INITIATED, START_INITIATED, REMOVED = "37", "150", "113"


class Engine:
    """An engine that keeps what it knows, takes orders for faults, and comes back at the same address."""

    def __init__(self, root: Path, time_factor: str) -> None:
        self._options = ["--time-factor", time_factor, "--data", data_folder(root, "engine")]
        self._process = self._start("0")
        self.url = url_in(self._process.ready())
        self.reader = EngineReader(self.url)

    def order(self, do: str, **options: Any) -> None:
        """Order a fault."""
        self.control("POST", "faults", {"do": do, **options})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Use a control endpoint; its decoded answer."""
        parts = urlsplit(self.url)
        url = f"{parts.scheme}://{parts.netloc}/ovirt-engine-sim/{path}"
        request = urllib.request.Request(url, data=json.dumps(body or {}).encode(), method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """The engine is gone."""
        self._process.kill()

    def come_back(self) -> None:
        """Start it again with what it knew."""
        self._process = self._start(str(urlsplit(self.url).port))
        self._process.ready()

    def stop(self) -> None:
        """The end."""
        self._process.stop()

    def named(self, prefix: str) -> list[dict[str, Any]]:
        """The engine's machines whose names begin so."""
        return [each for each in self.reader.machines() if each["name"].startswith(prefix)]

    def _start(self, port: str) -> Process:
        return Process(["engine", "--port", port, *self._options])


class GatewayProcess:
    """`deltaic serve` that can be killed and come back at the same address."""

    def __init__(self, engine: Engine, folder: str, settings: list[str], variables: dict[str, str]) -> None:
        self.settings = ["--provider", f"{engine.url};{DEFAULT_CENTER}", "--data", folder, *settings]
        self._engine = engine
        self._variables = variables
        self._process: Process | None = None
        self.url = ""

    def start(self) -> GatewayProcess:
        """Start it, or start it again; returns itself once it answers."""
        port = str(urlsplit(self.url).port) if self.url else "0"
        self._process = Process(["serve", *self.settings, "--port", port], self._variables)
        self.url = self.url or url_in(self._process.ready())
        if port != "0":
            self._process.ready()
        return self

    @property
    def process(self) -> Process:
        """The running process."""
        assert self._process is not None
        return self._process

    def client(self, **keys: str) -> Any:
        """boto3's EC2 client that tries once."""
        return self.gateway.client(**keys)

    @property
    def gateway(self) -> Gateway:
        """The gateway as clients see it."""
        return Gateway(self.url + "/ec2/", self._engine.url)


@contextmanager
def engine_process(root: Path, time_factor: str = "0.1") -> Iterator[Engine]:
    """An engine below a folder, stopped at the end."""
    engine = Engine(root, time_factor)
    try:
        yield engine
    finally:
        engine.stop()


def sealed_folder(root: Path, name: str, keys: str = "") -> str:
    """A gateway's state folder, with sealing keys that it shares with others if they are given."""
    folder = data_folder(root, name)
    if keys:
        file = Path(folder) / "sealing.key"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(keys)
    return folder


def sealing_keys() -> str:
    """The text of a fresh sealing key file."""
    return format_keys({1: new_key()})


def states(client: Any, ids: list[str]) -> dict[str, str]:
    """EC2 id to state."""
    found = client.describe_instances(InstanceIds=ids)["Reservations"]
    return {each["InstanceId"]: each["State"]["Name"] for group in found for each in group["Instances"]}


def launch(client: Any, name: str, token: str = "", **parameters: Any) -> str:
    """Launch one named machine; its EC2 id."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    options = {"ImageId": WORKSHOP_AMI, "MinCount": 1, "MaxCount": 1, "TagSpecifications": tags, **parameters}
    answer = client.run_instances(**options, **({"ClientToken": token} if token else {}))
    return str(answer["Instances"][0]["InstanceId"])


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """Status and code of the error that a call must end with; (0, name) when there was no answer."""
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    except BotoCoreError as error:
        return 0, type(error).__name__
    raise AssertionError("it was answered without an error")
