"""Mixed traffic while the gateway is killed and the engine restarts: everybody ends with what they believe to own."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.access_key import make_access_key
from tests.e2e.customer import Customer, Owned
from tests.e2e.site import Engine, GatewayProcess, engine_process, sealed_folder
from tests.support.processes import until

SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
CUSTOMERS = 8
#: Resident memory that a gateway may have after all this, MiB.
MEMORY = 300


@dataclass
class Day:
    """What there was when everybody had gone home."""

    engine: Engine
    gateway: GatewayProcess
    ec2: Any
    customers: list[Customer]
    disks_before: set[str]

    @property
    def believed(self) -> dict[str, Owned]:
        return {machine: owned for each in self.customers for machine, owned in each.machines.items()}

    def real(self) -> dict[str, dict[str, Any]]:
        """EC2 id to the engine's machine."""
        return {f"i-{each['id'].replace('-', '')[:17]}": each for each in self.engine.named("soak-")}


def disks(engine: Engine) -> set[str]:
    return {each["id"] for each in engine.reader.get("/disks")["disk"]}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    root = tmp_path_factory.mktemp("soak")
    with engine_process(root) as engine:
        gateway = GatewayProcess(engine, sealed_folder(root, "state"), [], {})
        make_access_key(gateway.settings)
        gateway.start()
        before = disks(engine)
        closing = threading.Event()
        customers = [Customer(gateway.gateway, number, closing) for number in range(CUSTOMERS)]
        for each in customers:
            each.thread.start()
        closing.wait(SECONDS / 3)
        gateway.process.kill()
        gateway.start()
        closing.wait(SECONDS / 3)
        engine.kill()
        engine.come_back()
        closing.wait(SECONDS / 3)
        closing.set()
        for each in customers:
            each.thread.join(120)
        yield Day(engine, gateway, gateway.client(), customers, before)
        assert gateway.process.stop() == 0


def test_no_customer_was_disappointed(day: Day) -> None:
    assert [each.failure for each in day.customers] == [None] * CUSTOMERS
    assert not any(each.thread.is_alive() for each in day.customers)
    actions = sum((each.actions for each in day.customers), Counter())
    assert set(actions) == {"launch", "look", "tag", "stop", "start", "give_back"}


def test_no_answer_was_a_defect(day: Day) -> None:
    answers = sum((each.answers for each in day.customers), Counter())
    assert {(status, code) for status, code in answers if status >= 500} <= {(503, "Unavailable")}
    assert {(status, code) for status, code in answers if 400 <= status < 500} == set()


def test_the_engine_holds_what_customers_believe_in(day: Day) -> None:
    until(lambda: set(day.real()) == set(day.believed), 60)
    wanted = {machine: "up" if owned.state == "running" else "down" for machine, owned in day.believed.items()}
    until(lambda: {machine: each["status"] for machine, each in day.real().items()} == wanted, 60)
    assert {machine: each["name"] for machine, each in day.real().items()} == {
        machine: owned.name for machine, owned in day.believed.items()
    }


def test_clients_are_shown_the_same(day: Day) -> None:
    shown = {
        each["InstanceId"]: each
        for group in day.ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["soak-*"]}])["Reservations"]
        for each in group["Instances"]
    }
    believed = {machine: owned.state for machine, owned in day.believed.items()}
    believed |= {machine: "terminated" for each in day.customers for machine in each.given_back}
    assert {machine: each["State"]["Name"] for machine, each in shown.items()} == believed
    tags = {machine: {tag["Key"]: tag["Value"] for tag in shown[machine]["Tags"]} for machine in day.believed}
    assert tags == {machine: owned.tags for machine, owned in day.believed.items()}


def test_no_disk_is_left_over(day: Day) -> None:
    attached = {
        each["id"]
        for machine in day.real().values()
        for each in day.engine.reader.get(f"/vms/{machine['id']}/diskattachments").get("disk_attachment", [])
    }
    assert disks(day.engine) - day.disks_before == attached


def test_memory_is_bounded(day: Day) -> None:
    status = Path(f"/proc/{day.gateway.process.pid}/status").read_text()
    resident = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < MEMORY
