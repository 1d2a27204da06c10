"""Two gateways on one PostgreSQL before one engine: they agree, and one takes over from the other when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from tests.e2e.access_key import make_access_key
from tests.e2e.site import (
    CREATION_INITIATED,
    REMOVED,
    START_INITIATED,
    Engine,
    GatewayProcess,
    engine_process,
    launch,
    refusal,
    sealed_folder,
    sealing_keys,
    states,
)
from tests.e2e.survivor import COMING, GOING, Survivor, asked
from tests.support.processes import PASSWORD, USER, clean_environment, until
from tests.unit.store.postgres_server import postgres_server, stopped

#: Seconds without a sign of life after which a gateway counts as dead here.
SILENCE = "5"
#: Seconds for what needs a take-over, and the end of a dead gateway's turn, on a machine that has much else to do.
WAIT = 120


@dataclass
class Pair:
    """Two gateways, one database, one engine."""

    engine: Engine
    one: GatewayProcess
    two: GatewayProcess
    server: str
    administration: str


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    root = tmp_path_factory.mktemp("pair")
    with postgres_server() as server, engine_process(root) as engine:
        name = f"t{uuid.uuid4().hex}"
        administration = f"host={server} user=deltaic dbname=postgres"
        with psycopg.connect(administration, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        database = ["--database-url", f"postgresql://deltaic@/{name}?host={server}"]
        keys = sealing_keys()
        one, two = (
            GatewayProcess(engine, sealed_folder(root, each, keys), database, {"DELTAIC_NODE_SILENCE": SILENCE})
            for each in ("one", "two")
        )
        make_access_key(one.settings)
        yield Pair(engine, one.start(), two.start(), server, administration)
        codes = [each.process.stop() for each in (one, two)]
        assert codes == [0, 0]


@pytest.fixture
def pair(gateways: Pair) -> Iterator[Pair]:
    """Both are up before and after each test, whatever it did to them."""
    yield gateways
    for each in (gateways.one, gateways.two):
        if not each.process.alive:
            each.start()


def keys_command(pair: Pair, *arguments: str, given: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deltaic", "keys", *arguments, *pair.one.settings],
        input=given,
        text=True,
        capture_output=True,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_key_made_and_revoked_on_one_counts_on_both(pair: Pair) -> None:
    key, secret = "AKIATWOGATEWAYS00001", "a-secret-key-for-two-gateways-only-00001"
    words = ["--user", USER, "--password-stdin", "--access-key", key, "--secret-key", secret]
    keys_command(pair, "create", *words, given=PASSWORD)
    clients = [each.client(key=key, secret=secret) for each in (pair.one, pair.two)]
    assert [len(each.describe_availability_zones()["AvailabilityZones"]) for each in clients] == [1, 1]
    done = subprocess.run(
        [sys.executable, "-m", "deltaic", "keys", "revoke", key, *pair.one.settings[2:]],
        capture_output=True,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    for client in clients:
        until(partial(is_refused, client))


def is_refused(client: Any) -> bool:
    try:
        client.describe_availability_zones()
    except ClientError as error:
        return str(error.response["Error"]["Code"]) == "AuthFailure"
    return False


def test_a_token_sent_to_both_at_the_same_time_makes_one_machine(pair: Pair) -> None:
    clients = [pair.one.client(), pair.two.client()]
    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            name = f"both-{number}"
            answers = [pool.submit(launch, each, name, token=f"token-{name}") for each in clients * 2]
            assert len({each.result() for each in answers}) == 1
    machines = pair.engine.named("both-")
    assert Counter(each["name"] for each in machines) == Counter(f"both-{number}" for number in range(8))
    until(lambda: all_up(pair.engine, "both-"))
    counted = [pair.engine.reader.event_codes(each["id"]) for each in machines]
    assert [(each[CREATION_INITIATED], each[START_INITIATED]) for each in counted] == [(1, 1)] * 8


def all_up(engine: Engine, prefix: str) -> bool:
    return {each["status"] for each in engine.named(prefix)} == {"up"}


def test_a_page_token_of_one_is_good_for_the_other(pair: Pair) -> None:
    one, two = pair.one.client(), pair.two.client()
    whole = [each["InstanceTypes"] for each in (one.describe_instance_types(), two.describe_instance_types())]
    assert whole[0] == whole[1]
    page = one.describe_instance_types(MaxResults=5)
    rest = two.describe_instance_types(MaxResults=100, NextToken=page["NextToken"])
    names = [each["InstanceType"] for each in page["InstanceTypes"] + rest["InstanceTypes"]]
    assert sorted(names) == sorted(each["InstanceType"] for each in whole[0])


def test_what_one_removes_both_show_as_terminated(pair: Pair) -> None:
    one, two = pair.one.client(), pair.two.client()
    machine = launch(one, "gone")
    until(lambda: states(two, [machine]) == {machine: "running"})
    two.terminate_instances(InstanceIds=[machine])
    until(lambda: states(one, [machine]) == {machine: "terminated"})
    shown = [each.describe_instances(InstanceIds=[machine])["Reservations"] for each in (one, two)]
    assert shown[0] == shown[1]
    assert shown[0][0]["Instances"][0]["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_a_removal_asked_of_one_while_it_is_made_shows_on_the_other(pair: Pair) -> None:
    """The engine refuses to mark a machine whose disks it still makes, so only the gateways know."""
    one, two = pair.one.client(), pair.two.client()
    machine = launch(two, "early")
    one.terminate_instances(InstanceIds=[machine])
    until(lambda: states(two, [machine])[machine] in GOING)
    until(lambda: pair.engine.named("early") == [])
    assert states(two, [machine]) == {machine: "terminated"}


def test_the_survivor_ends_what_the_killed_one_began(pair: Pair) -> None:
    one, two = pair.one.client(), pair.two.client()
    old = [launch(one, f"old-{number}") for number in range(4)]
    until(lambda: set(states(two, old).values()) == {"running"})
    tokens = [f"new-{number}" for number in range(6)]
    with ThreadPoolExecutor(8) as pool:
        answers = {token: pool.submit(asked, partial(launch, one, token, token=token)) for token in tokens}
        until(lambda: len(pair.engine.named("new-")) >= 3, every=0.01)
        one.terminate_instances(InstanceIds=old)
        torn = [launch(two, f"torn-{number}") for number in range(2)]
        one.terminate_instances(InstanceIds=torn)
        pair.one.process.kill()
        known = {token: answer.result() for token, answer in answers.items() if answer.result()}
    survivor = Survivor(two)
    survivor.look([*old, *torn])
    new = {token: launch(two, token, token=token) for token in tokens}
    assert {token: new[token] for token in known} == known
    survivor.until(list(new.values()), "running")
    survivor.until([*old, *torn], "terminated")
    assert survivor.ever(list(new.values())) <= COMING
    assert survivor.ever([*old, *torn]) <= GOING
    machines = pair.engine.named("new-")
    assert Counter(each["name"] for each in machines) == Counter(tokens)
    counted = [pair.engine.reader.event_codes(each["id"]) for each in machines]
    assert [(each[CREATION_INITIATED], each[START_INITIATED]) for each in counted] == [(1, 1)] * len(tokens)
    assert pair.engine.named("old-") + pair.engine.named("torn-") == []


def test_what_the_killed_one_made_and_the_survivor_removes_is_not_made_again(pair: Pair) -> None:
    two = pair.two.client()
    pair.engine.order("slow", match={"method": "POST", "path": "vms"}, seconds=30, when="after")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asked, partial(launch, pair.one.client(), "torn-off", token="token-torn-off"))
        until(lambda: len(pair.engine.named("torn-off")) == 1, every=0.01)
        pair.one.process.kill()
    (machine,) = [one for one, name in named(two).items() if name == "torn-off"]
    two.terminate_instances(InstanceIds=[machine])
    until(lambda: states(two, [machine]) == {machine: "terminated"}, WAIT)
    # Whoever asks again is told what became of it, once nothing of it is left to do.
    assert launch(two, "torn-off", token="token-torn-off") == machine
    assert pair.engine.named("torn-off") == []


def test_what_the_killed_one_was_writing_holds_up_no_flow_of_the_survivor(pair: Pair) -> None:
    """It dies in its turn to edit the machine's notes; a flow's own calls wait for less time than turns may take."""
    two = pair.two.client()
    machine = launch(two, "noted")
    until(lambda: all_up(pair.engine, "noted") and '"want"' not in str(pair.engine.named("noted")))
    pair.engine.order("slow", match={"method": "PUT", "path": "vms/*"}, seconds=30, when="after")
    tags = [{"Key": "kept", "Value": "by the engine"}]
    with ThreadPoolExecutor(1) as pool:
        tagging = partial(pair.one.client().create_tags, Resources=[machine], Tags=tags)
        refused = pool.submit(refusal, tagging)
        until(lambda: "by the engine" in str(pair.engine.named("noted")), every=0.01)
        pair.one.process.kill()
        assert refused.result()[0] == 0
    two.terminate_instances(InstanceIds=[machine])
    until(lambda: states(two, [machine]) == {machine: "terminated"}, WAIT)
    assert pair.engine.named("noted") == []


def named(client: Any) -> dict[str, str]:
    """EC2 id to name of what is there."""
    found = [each for group in client.describe_instances()["Reservations"] for each in group["Instances"]]
    return {each["InstanceId"]: tag["Value"] for each in found for tag in each["Tags"] if tag["Key"] == "Name"}


def test_a_gateway_that_was_only_frozen_does_nothing_twice(pair: Pair) -> None:
    """Another one takes its flows over meanwhile; when it wakes up it still believes to be at work."""
    two = pair.two.client()
    tokens = [f"frozen-{number}" for number in range(6)]
    with ThreadPoolExecutor(8) as pool:
        asleep = [pool.submit(asked, partial(launch, pair.one.client(), token, token=token)) for token in tokens]
        until(lambda: len(pair.engine.named("frozen-")) >= 3, every=0.01)
        os.kill(pair.one.process.pid, signal.SIGSTOP)
        try:
            machines = [launch(two, token, token=token) for token in tokens]
            until(lambda: set(states(two, machines).values()) == {"running"}, WAIT)
        finally:
            os.kill(pair.one.process.pid, signal.SIGCONT)
        assert {each.result() for each in asleep} <= {*machines, ""}
    one = pair.one.client()
    until(lambda: set(states(one, machines).values()) == {"running"}, WAIT)
    made = pair.engine.named("frozen-")
    assert Counter(each["name"] for each in made) == Counter(tokens)
    counted = [pair.engine.reader.event_codes(each["id"]) for each in made]
    assert [(each[CREATION_INITIATED], each[START_INITIATED]) for each in counted] == [(1, 1)] * len(tokens)
    one.terminate_instances(InstanceIds=machines)
    until(lambda: set(states(two, machines).values()) == {"terminated"}, WAIT)
    counted = [pair.engine.reader.event_codes(each["id"]) for each in made]
    assert [each[REMOVED] for each in counted] == [1] * len(tokens)


def test_lost_connections_to_the_database_are_made_anew(pair: Pair) -> None:
    clients = [pair.one.client(), pair.two.client()]
    tokens = [f"cut-{number}" for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(launch, clients[n % 2], token, token=token) for n, token in enumerate(tokens)]
        until(lambda: len(pair.engine.named("cut-")) >= 2, every=0.01)
        with psycopg.connect(pair.administration, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()"
            )
        errors = [each.exception() for each in answers]
    assert {error.response["Error"]["Code"] for error in errors if isinstance(error, ClientError)} <= {"Unavailable"}
    machines = [launch(clients[0], token, token=token) for token in tokens]
    until(lambda: set(states(clients[1], machines).values()) == {"running"}, WAIT)
    counted = [pair.engine.reader.event_codes(each["id"]) for each in pair.engine.named("cut-")]
    assert [(each[CREATION_INITIATED], each[START_INITIATED]) for each in counted] == [(1, 1)] * len(tokens)


def test_a_database_that_is_away_is_told_and_costs_no_launch(pair: Pair) -> None:
    clients = [pair.one.client(), pair.two.client()]
    machines = [launch(client, f"base-{number}") for client in clients for number in range(3)]
    with stopped(pair.server):
        for client in clients:
            refusals = [
                refusal(client.describe_instances),
                refusal(partial(launch, client, "base-refused", token="token-base-refused")),
                refusal(partial(client.terminate_instances, InstanceIds=machines[:1])),
            ]
            assert refusals == [(503, "Unavailable")] * 3
    until(lambda: all_up(pair.engine, "base-"), WAIT)
    assert len(pair.engine.named("base-")) == len(machines)
    until(lambda: set(states(clients[0], machines).values()) == {"running"}, WAIT)
    counted = [pair.engine.reader.event_codes(each["id"]) for each in pair.engine.named("base-")]
    assert [(each[CREATION_INITIATED], each[START_INITIATED]) for each in counted] == [(1, 1)] * len(machines)
