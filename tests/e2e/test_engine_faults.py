"""What goes wrong in the engine, ordered there, and what clients of the whole gateway see of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.machines import native, one, wait
from tests.e2e.access_key import make_access_key
from tests.e2e.site import (
    CREATION_INITIATED,
    START_INITIATED,
    Engine,
    GatewayProcess,
    engine_process,
    launch,
    refusal,
    sealed_folder,
    states,
)
from tests.support.processes import until

#: Seconds: a request may take the first, the engine takes the second when it is slow.
PATIENCE, SLOW = 6, 12
SETTINGS = f"[server]\nrequest_timeout = {PATIENCE}\n[ec2]\nshutdown_grace = 1\n"
CREATE = {"method": "POST", "path": "vms"}
#: A read that no flow of an earlier test still does.
IMAGES = {"method": "GET", "path": "templates"}


@dataclass
class Site:
    """A gateway with little patience, its engine, and a client that tries once."""

    engine: Engine
    gateway: GatewayProcess
    ec2: Any

    def made_and_started(self, name: str) -> list[tuple[int, int]]:
        """How often each machine of a name was created and started."""
        codes = [self.engine.reader.event_codes(each["id"]) for each in self.engine.named(name)]
        return [(each[CREATION_INITIATED], each[START_INITIATED]) for each in codes]

    def runs(self, machine: str) -> None:
        wait(self.ec2, "instance_running", InstanceIds=[machine])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("faults")
    file = root / "deltaic.toml"
    file.write_text(SETTINGS)
    with engine_process(root) as engine:
        gateway = GatewayProcess(engine, sealed_folder(root, "state"), ["-c", str(file)], {})
        make_access_key(gateway.settings)
        gateway.start()
        yield Site(engine, gateway, gateway.client())
        assert gateway.process.stop() == 0
        assert '"level": "error"' not in gateway.process.output


@pytest.fixture(autouse=True)
def no_orders_left(site: Site) -> Iterator[None]:
    yield
    orders = site.engine.control("GET", "faults")
    site.engine.control("DELETE", "faults")
    assert orders == []


def persistently(site: Site, name: str) -> str:
    """Launch as clients do: the same token again after every 5xx."""

    def attempt() -> str:
        try:
            return launch(site.ec2, name, token=f"token-{name}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "Unavailable":
                raise
            return ""

    return str(until(attempt))


def test_a_lock_that_is_held_at_the_start_only_delays_it(site: Site) -> None:
    site.engine.order("lock_held", match={"method": "POST", "path": "vms/*/start"}, times=2)
    site.runs(persistently(site, "locked"))
    assert site.made_and_started("locked") == [(1, 1)]


def test_a_failed_creation_ends_terminated_with_a_reason(site: Site) -> None:
    site.engine.order("fail_creation")
    machine = persistently(site, "failed")
    until(lambda: states(site.ec2, [machine]) == {machine: "terminated"})
    assert one(site.ec2, machine)["StateReason"]["Code"] == "Server.InternalError"
    listed = site.ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["failed"]}])["Reservations"]
    assert [each["InstanceId"] for group in listed for each in group["Instances"]] == [machine]
    assert site.engine.named("failed") == []


def test_a_creation_slower_than_the_client_may_wait_is_made_once(site: Site) -> None:
    site.engine.order("slow", match=CREATE, seconds=SLOW)
    assert refusal(lambda: launch(site.ec2, "slow", token="token-slow")) == (503, "Unavailable")
    assert site.engine.named("slow") == []
    site.runs(persistently(site, "slow"))
    # Whatever was slow before this one is done when this one is.
    site.engine.order("slow", match=CREATE, seconds=SLOW)
    site.runs(persistently(site, "patient"))
    assert site.made_and_started("slow") == [(1, 1)]


def test_a_slow_read_is_refused_in_time(site: Site) -> None:
    site.engine.order("slow", match=IMAGES, seconds=SLOW)
    assert refusal(site.ec2.describe_images) == (503, "Unavailable")
    assert site.ec2.describe_images()["Images"] != []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_makes_no_second_machine(site: Site, when: str) -> None:
    name = f"dropped-{when}"
    site.engine.order("drop", match=CREATE, when=when)
    site.runs(persistently(site, name))
    assert site.made_and_started(name) == [(1, 1)]


def test_an_engine_that_answers_nonsense_is_unavailable(site: Site) -> None:
    site.engine.order("status", match=IMAGES, status=500, times=4)
    assert refusal(site.ec2.describe_images) == (503, "Unavailable")
    assert site.ec2.describe_images()["Images"] != []


@pytest.mark.parametrize("cause", ["tokens/expire", "restart"])
def test_lost_tokens_are_not_noticed(site: Site, cause: str) -> None:
    name = f"tokens-{cause.partition('/')[0]}"
    site.engine.control("POST", cause)
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(site.ec2.describe_instances) for _ in range(8)]
        machine = pool.submit(launch, site.ec2, name).result()
        site.engine.control("POST", cause)
        assert {each.result()["ResponseMetadata"]["HTTPStatusCode"] for each in reads} == {200}
    site.runs(machine)
    assert site.made_and_started(name) == [(1, 1)]


def checks(site: Site, machine: str) -> tuple[str, str, str]:
    (shown,) = site.ec2.describe_instance_status(InstanceIds=[machine])["InstanceStatuses"]
    return shown["InstanceState"]["Name"], shown["InstanceStatus"]["Status"], shown["SystemStatus"]["Status"]


def test_a_failing_host_leaves_its_machines_running_but_not_well(site: Site) -> None:
    machine = persistently(site, "host")
    site.runs(machine)
    host = site.engine.reader.get(f"/vms/{native(site.engine.reader, machine)}")["host"]["id"]
    site.engine.control("POST", f"hosts/{host}/down")
    seen: set[tuple[str, str, str]] = set()

    def look() -> bool:
        seen.add(checks(site, machine))
        return bool(seen & {("running", "impaired", "ok"), ("running", "insufficient-data", "insufficient-data")})

    until(look)
    assert {state for state, _, _ in seen} == {"running"}
    assert states(site.ec2, [machine]) == {machine: "running"}
    site.engine.control("POST", f"hosts/{host}/up")
    until(lambda: checks(site, machine) == ("running", "ok", "ok"))


def test_a_guest_that_ignores_its_shutdown_is_switched_off(site: Site) -> None:
    machine = persistently(site, "stubborn")
    site.runs(machine)
    vm = native(site.engine.reader, machine)
    site.engine.control("POST", f"vms/{vm}/shutdown/ignored")
    (change,) = site.ec2.stop_instances(InstanceIds=[machine])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    wait(site.ec2, "instance_stopped", InstanceIds=[machine])
    assert site.engine.reader.get(f"/vms/{vm}")["status"] == "down"


def test_an_engine_that_is_away_is_told_and_comes_back_by_itself(site: Site) -> None:
    going = persistently(site, "away-going")
    site.runs(going)
    coming = persistently(site, "away-coming")
    site.ec2.terminate_instances(InstanceIds=[going])
    site.engine.kill()
    for call in (site.ec2.describe_instances, partial(launch, site.ec2, "away-refused", token="token-away-refused")):
        assert refusal(call) == (503, "Unavailable")
    site.engine.come_back()
    site.runs(coming)
    until(lambda: states(site.ec2, [going]) == {going: "terminated"}, 60)
    site.runs(persistently(site, "away-refused"))
    assert site.made_and_started("away-") == [(1, 1)] * 2
