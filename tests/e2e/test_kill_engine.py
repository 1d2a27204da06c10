"""The engine dies in the middle of launches and removals; the gateway waits for it and goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP_AMI, Gateway
from tests.e2e.access_key import make_access_key
from tests.e2e.engine_reader import EngineReader
from tests.e2e.site import CREATION_INITIATED, REMOVED, START_INITIATED
from tests.support.processes import Process, data_folder, until, url_in

COUNT = 4


class Engine:
    """An engine that comes back at the same address with what it knew."""

    def __init__(self, data: str) -> None:
        self._data = data
        self._process = self._start("0")
        self.url = url_in(self._process.ready())

    def die_and_come_back(self) -> None:
        self._process.kill()
        self._process = self._start(str(urlsplit(self.url).port))
        self._process.ready()

    def stop(self) -> None:
        self._process.stop()

    def _start(self, port: str) -> Process:
        return Process(["engine", "--port", port, "--time-factor", "0.1", "--data", self._data])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(data_folder(tmp_path_factory.mktemp("engine"), "engine"))
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def ec2(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    settings = ["--provider", f"{engine.url};{DEFAULT_CENTER}"]
    settings += ["--data", data_folder(tmp_path_factory.mktemp("gateway"), "state")]
    make_access_key(settings)
    gateway = Process(["serve", *settings, "--port", "0"])
    yield Gateway(url_in(gateway.ready()) + "/ec2/", engine.url).client()
    assert gateway.stop() == 0


@pytest.fixture(scope="module")
def reader(engine: Engine) -> EngineReader:
    return EngineReader(engine.url)


def ours(reader: EngineReader) -> list[dict[str, Any]]:
    return [each for each in reader.machines() if each["name"].startswith("dying-engine")]


@pytest.fixture(scope="module")
def launched(engine: Engine, ec2: Any, reader: EngineReader) -> list[str]:
    """EC2 ids of machines whose engine died while it made them."""
    name = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "dying-engine"}]}]
    answer = ec2.run_instances(ImageId=WORKSHOP_AMI, MinCount=COUNT, MaxCount=COUNT, TagSpecifications=name)
    engine.die_and_come_back()
    until(lambda: Counter(each["status"] for each in ours(reader)) == {"up": COUNT}, 90)
    return [each["InstanceId"] for each in answer["Instances"]]


def test_every_machine_was_made_and_started_once(launched: list[str], reader: EngineReader) -> None:
    codes = [reader.event_codes(each["id"]) for each in ours(reader)]
    assert [(found[CREATION_INITIATED], found[START_INITIATED]) for found in codes] == [(1, 1)] * COUNT


def test_removals_survive_it_too(launched: list[str], engine: Engine, ec2: Any, reader: EngineReader) -> None:
    machines = [each["id"] for each in ours(reader)]
    ec2.terminate_instances(InstanceIds=launched)
    engine.die_and_come_back()
    until(lambda: ours(reader) == [], 90)
    assert [reader.event_codes(machine)[REMOVED] for machine in machines] == [1] * COUNT
    reservations = ec2.describe_instances(InstanceIds=launched)["Reservations"]
    states = [instance["State"]["Name"] for each in reservations for instance in each["Instances"]]
    assert states == ["terminated"] * COUNT
