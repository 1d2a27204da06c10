"""Customers who use machines all day, and keep books of what they believe to own."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.clients.gateway import Gateway
from tests.e2e.site import launch, states
from tests.support.processes import until

T = TypeVar("T")
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=60)
MOST_MACHINES = 3
#: What clients come back after; everything else is an answer that should not have been given.
PASSING = frozenset({"Unavailable", "RequestLimitExceeded"})
GONE = {"shutting-down", "terminated"}


@dataclass
class Owned:
    """A machine in a customer's books."""

    name: str
    state: str = "running"
    tags: dict[str, str] = field(default_factory=dict)


class Customer:
    """One thread of mixed traffic. `failure` is what ended it early, `answers` counts statuses and codes."""

    #: For how many seconds something is waited for, and between two looks.
    patience = 90.0
    every = 0.05

    def __init__(self, gateway: Gateway, number: int, closing: threading.Event) -> None:
        self.machines: dict[str, Owned] = {}
        self.given_back: set[str] = set()
        self.answers: Counter[tuple[int, str]] = Counter()
        self.actions: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self.doing = ""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._number = number
        self._closing = closing
        self._random = random.Random(number)
        self._client = gateway.session().client("ec2", endpoint_url=gateway.url, config=PATIENT)
        self._client.meta.events.register("response-received.ec2", self._note)

    def _run(self) -> None:
        verbs = self._verbs()
        try:
            while not self._closing.is_set():
                (verb,) = self._random.choices(list(verbs), list(verbs.values()))
                self.doing = verb.__name__.strip("_")
                verb()
                self.actions[self.doing] += 1
        except BaseException as failure:
            self.failure = failure

    def _verbs(self) -> dict[Callable[[], None], int]:
        """What is done, and how often in comparison."""
        return {
            self._launch: 4,
            self._look: 4,
            self._tag: 2,
            self._stop: 2,
            self._start: 2,
            self._give_back: 2,
        }

    def _note(self, response_dict: dict[str, Any] | None, parsed_response: dict[str, Any], **_: Any) -> None:
        if response_dict is not None:
            self.answers[response_dict["status_code"], parsed_response.get("Error", {}).get("Code", "")] += 1

    def _insist(self, call: Callable[[], T]) -> T:
        """Repeat a call that may be repeated until it is answered."""
        answers: list[T] = []

        def attempt() -> bool:
            try:
                answers.append(call())
            except BotoCoreError:
                return False
            except ClientError as error:
                if error.response["Error"]["Code"] not in PASSING:
                    raise
                return False
            return True

        until(attempt, self.patience, self.every)
        return answers[0]

    def _any(self, state: str = "") -> str:
        """One of the customer's machines; empty when there is none in this state."""
        fitting = [each for each, owned in self.machines.items() if state in ("", owned.state)]
        return self._random.choice(fitting) if fitting else ""

    def _launch(self) -> None:
        if len(self.machines) >= MOST_MACHINES:
            return
        name, token = f"soak-{self._number}-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        machine = self._insist(lambda: launch(self._client, name, token=token))
        self.machines[machine] = Owned(name, tags={"Name": name})
        if self._random.random() < 0.7:
            self._reaches(machine, "running")

    def _look(self) -> None:
        if not self.machines:
            return
        shown = self._insist(lambda: states(self._client, list(self.machines)))
        wrong = {each: state for each, state in shown.items() if state in GONE}
        assert wrong == {}

    def _tag(self) -> None:
        if machine := self._any():
            tags = {f"key-{self._random.randrange(4)}": uuid.uuid4().hex}
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            self._insist(lambda: self._client.create_tags(Resources=[machine], Tags=pairs))
            self.machines[machine].tags |= tags

    def _stop(self) -> None:
        if machine := self._any("running"):
            self._reaches(machine, "running")
            force = self._random.random() < 0.5
            self._insist(lambda: self._client.stop_instances(InstanceIds=[machine], Force=force))
            self.machines[machine].state = "stopped"
            self._reaches(machine, "stopped")

    def _start(self) -> None:
        if machine := self._any("stopped"):
            self._insist(lambda: self._client.start_instances(InstanceIds=[machine]))
            self.machines[machine].state = "running"

    def _give_back(self) -> None:
        if machine := self._any():
            self._insist(lambda: self._client.terminate_instances(InstanceIds=[machine]))
            del self.machines[machine]
            self.given_back.add(machine)
            shown = self._insist(lambda: states(self._client, [machine]))
            assert shown[machine] in GONE

    def _reaches(self, machine: str, state: str) -> None:
        until(
            lambda: self._insist(lambda: states(self._client, [machine])) == {machine: state}, self.patience, self.every
        )
