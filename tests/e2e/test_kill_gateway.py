"""The whole gateway is killed in the middle of launches; clients repeat what was not answered, with their tokens.

Each round sends several RunInstances at once and kills the gateway at another point of what the engine then shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.clients.gateway import DEFAULT_CENTER, WORKSHOP_AMI, Gateway
from tests.e2e.access_key import make_access_key
from tests.e2e.engine_reader import EngineReader
from tests.e2e.site import CREATION_INITIATED, START_INITIATED
from tests.support.processes import Process, data_folder, until, url_in

EACH_ROUND = 4


def statuses(reader: EngineReader, prefix: str) -> list[str]:
    return [each["status"] for each in reader.machines() if each["name"].startswith(prefix)]


def at_once(reader: EngineReader, prefix: str) -> bool:
    return True


def first_accepted(reader: EngineReader, prefix: str) -> bool:
    return len(statuses(reader, prefix)) >= 1


def all_accepted(reader: EngineReader, prefix: str) -> bool:
    return len(statuses(reader, prefix)) == EACH_ROUND


def one_unlocked(reader: EngineReader, prefix: str) -> bool:
    return any(status != "image_locked" for status in statuses(reader, prefix))


def one_started(reader: EngineReader, prefix: str) -> bool:
    return any(status in ("wait_for_launch", "powering_up", "up") for status in statuses(reader, prefix))


MOMENTS: list[Callable[[EngineReader, str], bool]] = [
    at_once,
    first_accepted,
    all_accepted,
    one_unlocked,
    one_started,
]


class Site:
    """An engine that stays and a gateway that is killed; one state folder."""

    def __init__(self, engine: str, data: str) -> None:
        self.engine = engine
        self.reader = EngineReader(engine)
        self.settings = ["--provider", f"{engine};{DEFAULT_CENTER}", "--data", data]
        self.ids: dict[str, set[str]] = {}
        self.tagged: list[tuple[str, str]] = []

    def gateway(self) -> tuple[Process, Any]:
        process = Process(["serve", *self.settings, "--port", "0"])
        return process, Gateway(url_in(process.ready()) + "/ec2/", self.engine).client()

    def launch(self, client: Any, token: str) -> bool:
        """Ask once; whether there was an answer."""
        try:
            answer = client.run_instances(
                ImageId=WORKSHOP_AMI,
                MinCount=1,
                MaxCount=1,
                ClientToken=token,
                TagSpecifications=[
                    {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": token}]}
                    for kind in ("instance", "volume", "network-interface")
                ],
            )
        except (BotoCoreError, ClientError):
            return False
        self.ids.setdefault(token, set()).add(answer["Instances"][0]["InstanceId"])
        return True


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What is left after a gateway was killed at each of the moments and all requests were repeated."""
    engine = Process(["engine", "--port", "0", "--time-factor", "0.1"])
    site = Site(url_in(engine.ready()), data_folder(tmp_path_factory.mktemp("gateway"), "state"))
    make_access_key(site.settings)
    unanswered: list[str] = []
    for moment in MOMENTS:
        process, client = site.gateway()
        unanswered = [token for token in unanswered if not site.launch(client, token)]
        unanswered += killed_at(site, process, client, moment)
    process, client = site.gateway()
    assert [token for token in unanswered if not site.launch(client, token)] == []
    until(lambda: Counter(statuses(site.reader, "kill-")) == {"up": EACH_ROUND * len(MOMENTS)}, 60)
    # The flows finish a moment after the engine shows their machines as running.
    wanted = 3 * EACH_ROUND * len(MOMENTS)
    site.tagged = until(lambda: found if len(found := tagged(client)) == wanted else [], 30)
    yield site
    assert process.stop() == 0
    engine.stop()


def tagged(client: Any) -> list[tuple[str, str]]:
    """Kind and name of everything that carries the name of one of our requests."""
    found = client.describe_tags(Filters=[{"Name": "tag:Name", "Values": ["kill-*"]}])["Tags"]
    return sorted((each["Value"], each["ResourceType"]) for each in found)


def killed_at(site: Site, process: Process, client: Any, moment: Callable[[EngineReader, str], bool]) -> list[str]:
    """Send a round of requests and kill the gateway at the moment; the tokens that got no answer."""
    prefix = f"kill-{moment.__name__.replace('_', '-')}"
    tokens = [f"{prefix}-{number}" for number in range(EACH_ROUND)]
    with ThreadPoolExecutor(EACH_ROUND) as pool:
        answers = [pool.submit(site.launch, client, token) for token in tokens]
        until(lambda: moment(site.reader, prefix), 60, every=0.01)
        process.kill()
        return [token for token, answer in zip(tokens, answers, strict=True) if not answer.result()]


def test_every_request_has_one_machine_and_it_runs(site: Site) -> None:
    machines = [each for each in site.reader.machines() if each["name"].startswith("kill-")]
    names = Counter(each["name"] for each in machines)
    assert names == Counter(list(site.ids))
    assert Counter(each["status"] for each in machines) == {"up": EACH_ROUND * len(MOMENTS)}


def test_no_machine_was_made_or_started_twice(site: Site) -> None:
    machines = [each for each in site.reader.machines() if each["name"].startswith("kill-")]
    codes = {each["name"]: site.reader.event_codes(each["id"]) for each in machines}
    twice = {
        name: found for name, found in codes.items() if found[CREATION_INITIATED] != 1 or found[START_INITIATED] != 1
    }
    assert twice == {}


def test_a_repeated_request_names_the_same_machine(site: Site) -> None:
    assert [token for token, ids in site.ids.items() if len(ids) != 1] == []


def test_disks_and_interfaces_have_their_tags(site: Site) -> None:
    kinds = ("instance", "network-interface", "volume")
    assert site.tagged == sorted((token, kind) for token in site.ids for kind in kinds)
