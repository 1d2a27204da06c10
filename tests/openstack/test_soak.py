"""Mixed traffic while services freeze, Keystone is restarted and the gateway is killed: books and cloud agree.

`SOAK_SECONDS` is how long there is bad weather, `SOAK_SEED` which; with an hour it is a tool, by default a test.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.openstack.support.customer import Tenant as Customer
from tests.openstack.support.gateway import Site, site
from tests.openstack.support.lab import ControlPlane
from tests.openstack.support.servers import alive
from tests.openstack.support.tenant import Tenant
from tests.support.processes import until

#: Clouds that are broken on purpose take their time.
pytestmark = pytest.mark.timeout(900)

SECONDS = float(os.environ.get("SOAK_SECONDS", "30"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
CUSTOMERS = 3
#: Seconds that the gateway gives a request here.
DEADLINE = 20
#: Settling takes as long as the slowest service needs for what is left.
SETTLED = 240.0
EVERY = 0.5
#: What may stand still for a moment. (Who kills one of these loses what Nova had in hand, and no gateway can help.)
FREEZING = (
    "cinder-api", "cinder-scheduler", "cinder-volume", "glance", "keystone", "mariadb", "neutron", "nova-api",
    "nova-compute", "nova-conductor", "nova-scheduler", "placement", "rabbitmq",
)  # fmt: skip


@dataclass
class Day:
    """What there was when everybody had gone home."""

    gateway: Site
    customers: list[Customer]
    log: Path

    @property
    def story(self) -> str:
        """What everybody did last, and where the gateway's log is."""
        self.log.write_text(self.gateway.process.output, "utf-8")
        return "\n".join([*(each.story for each in self.customers), f"the gateway's log: {self.log}"])

    def servers(self) -> dict[str, Any]:
        """EC2 id to the cloud's server."""
        return {f"i-{each.id.replace('-', '')[:17]}": each for each in alive(self.gateway.cloud)}

    def volumes(self) -> dict[str, Any]:
        """EC2 id to the cloud's volume."""
        found = self.gateway.cloud.block_storage.volumes()
        return {f"vol-{each.id.replace('-', '')[:17]}": each for each in found}


@pytest.fixture(scope="module")
def day(lab: ControlPlane, project: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    settings, folder = f"[server]\nrequest_timeout = {DEADLINE}\n", tmp_path_factory.mktemp("soak")
    with site(folder / "gateway", project, settings) as gateway:
        closing = threading.Event()
        day = Day(gateway, [Customer(gateway, number, closing, SEED) for number in range(CUSTOMERS)], folder / "log")
        try:
            for each in day.customers:
                each.furnish()
            for each in day.customers:
                each.thread.start()
            bad_weather(lab, gateway)
            closing.set()
            for each in day.customers:
                each.thread.join(SETTLED)
            yield day
            given_back(gateway, day.customers)
        finally:
            closing.set()
            (folder / "story").write_text(day.story, "utf-8")


@pytest.fixture(autouse=True)
def told(day: Day, request: pytest.FixtureRequest) -> None:
    """A test that fails shows what the customers did last: a reason that nobody saw can't be mended."""
    request.node.add_report_section("call", "customers", day.story)


def bad_weather(lab: ControlPlane, gateway: Site) -> None:
    """Services freeze for a second or three, one or two at a time; twice the gateway dies, and once Keystone."""
    dice = random.Random(SEED)
    pause = threading.Event()
    blows = [gateway.process.come_back, lambda: lab.restart("keystone"), gateway.process.come_back]
    for blow in (*blows, None):
        end = threading.Timer(SECONDS / (len(blows) + 1), lambda: None)
        end.start()
        while end.is_alive():
            with lab.paused(*dice.sample(FREEZING, dice.choice((1, 1, 2)))):
                pause.wait(dice.uniform(1, 3))
            pause.wait(dice.uniform(0, 1))
        if blow is not None:
            blow()


def given_back(gateway: Site, customers: list[Customer]) -> None:
    """Everything of everybody is removed; what is left after that is an error of the project's."""
    client = gateway.client()
    machines = [machine for each in customers for machine in each.machines]
    if machines:
        client.terminate_instances(InstanceIds=machines)
    until(lambda: alive(gateway.cloud) == [], SETTLED, EVERY)
    for each in customers:
        client.release_address(AllocationId=each.address)
        client.delete_volume(VolumeId=each.volume)
    until(lambda: list(gateway.cloud.block_storage.volumes()) == [], SETTLED, EVERY)


def test_no_customer_was_disappointed(day: Day) -> None:
    assert [(each.doing, each.failure) for each in day.customers if each.failure is not None] == []
    assert [each.doing for each in day.customers if each.thread.is_alive()] == []
    assert sum((each.actions for each in day.customers), Counter())["launch"] >= CUSTOMERS


def test_no_answer_was_a_defect(day: Day) -> None:
    answers = sum((each.answers for each in day.customers), Counter())
    assert {(status, code) for status, code in answers if status >= 500} <= {(503, "Unavailable")}


def test_the_cloud_holds_the_machines_that_customers_believe_in(day: Day) -> None:
    believed = {machine: owned for each in day.customers for machine, owned in each.machines.items()}
    until(lambda: set(day.servers()) == set(believed), SETTLED, EVERY)
    wanted = {machine: "ACTIVE" if owned.state == "running" else "SHUTOFF" for machine, owned in believed.items()}
    until(lambda: {machine: each.status for machine, each in day.servers().items()} == wanted, SETTLED, EVERY)
    until(lambda: not [key for each in day.servers().values() for key in each.metadata if key == "deltaic:want"],
          SETTLED, EVERY)  # fmt: skip
    tags = {
        machine: {key: value for key, value in each.metadata.items() if not key.startswith("deltaic:")}
        for machine, each in day.servers().items()
    }
    assert tags == {machine: owned.tags for machine, owned in believed.items()}


def test_the_cloud_holds_the_volumes_that_customers_believe_in(day: Day) -> None:
    wanted = {each.volume: [each.plugged] if each.plugged else [] for each in day.customers}
    until(lambda: set(day.volumes()) == set(wanted), SETTLED, EVERY)
    machines = {each.id: machine for machine, each in day.servers().items()}
    held = {volume: [machines[one["server_id"]] for one in each.attachments] for volume, each in day.volumes().items()}
    assert held == wanted
    assert {each.status for each in day.volumes().values()} <= {"available", "in-use"}


def test_the_cloud_holds_the_addresses_that_customers_believe_in(day: Day) -> None:
    found = day.gateway.client().describe_addresses()["Addresses"]
    shown = {each["AllocationId"]: each.get("InstanceId", "") for each in found}
    assert shown == {each.address: each.led for each in day.customers}
    project = day.gateway.tenant.project_id
    leading = [one.port_id is not None for one in day.gateway.cloud.network.ips() if one.project_id == project]
    assert sorted(leading) == sorted(each.led != "" for each in day.customers)
