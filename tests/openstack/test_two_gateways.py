"""Two gateways on one PostgreSQL before one real control plane: they agree, and one ends what the other began.

Nova takes any number of servers of one name, so nothing but the gateways sees to it that there is one of each.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.e2e.site import launch, sealing_keys, states
from tests.e2e.survivor import COMING, GOING, Survivor, asked
from tests.openstack.support.gateway import GatewayProcess, Site, cloud_of, started
from tests.openstack.support.servers import alive
from tests.openstack.support.tenant import Tenant
from tests.support.processes import until
from tests.unit.store.postgres_server import postgres_server

#: Clouds that are broken on purpose take their time.
pytestmark = pytest.mark.timeout(900)

#: Seconds without a sign of life after which a gateway counts as dead here. Within two thirds of them a busy control
#: plane has to answer a call of a flow: what the default leaves it is more.
SILENCE = 20
SECONDS = 240.0
EVERY = 0.2
QUICKLY = {"Delay": 1, "MaxAttempts": 240}
ROUNDS = 8
SIDES = ("left", "right")


@dataclass(frozen=True)
class Pair:
    """Two gateways before one project."""

    one: Site
    two: Site

    @property
    def tenant(self) -> Tenant:
        return self.one.tenant

    def made(self) -> dict[str, Any]:
        """EC2 id to server, as the cloud has them."""
        return {f"i-{each.id.replace('-', '')[:17]}": each for each in alive(self.tenant.cloud)}

    def launch(self, client: Any, token: str) -> str:
        """A machine by its client token."""
        image = f"ami-{self.tenant.image_id.replace('-', '')[:17]}"
        return launch(client, token, token, ImageId=image, InstanceType="m1.tiny")


@pytest.fixture(scope="module")
def pair(project: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    root = tmp_path_factory.mktemp("pair")
    project.plane.administrator().compute.update_quota_set(project.project_id, instances=40, cores=80)
    with postgres_server() as server:
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(f"host={server} user=deltaic dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        settings = f'database_url = "postgresql://deltaic@/{name}?host={server}"\nnode_silence = {SILENCE}\n'
        clouds, keys = [cloud_of(project)], sealing_keys()
        processes = [GatewayProcess(root / each, clouds, settings, keys) for each in ("one", "two")]
        key = processes[0].make_key(project.user, project.password)
        try:
            yield Pair(*(started(each, project, key) for each in processes))
        finally:
            for each in processes:
                each.stop()


@pytest.fixture(scope="module")
def machine(pair: Pair) -> Iterator[str]:
    """A running machine."""
    client = pair.one.client()
    made = pair.launch(client, uuid.uuid4().hex)
    client.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig=QUICKLY)
    yield made
    ended(pair, client, [made])


def ended(pair: Pair, client: Any, machines: list[str]) -> None:
    """Terminate, and see from the other side that they are gone."""
    client.terminate_instances(InstanceIds=machines)
    until(lambda: not set(machines) & set(pair.made()), SECONDS, EVERY)
    until(lambda: set(states(client, machines).values()) == {"terminated"}, SECONDS, EVERY)


def test_a_token_sent_to_both_at_the_same_time_makes_one_machine(pair: Pair) -> None:
    clients = [pair.one.client(), pair.two.client()]
    tokens = [uuid.uuid4().hex for _ in range(4)]
    machines = []
    with ThreadPoolExecutor(4) as pool:
        for token in tokens:
            answers = [pool.submit(pair.launch, client, token) for client in clients * 2]
            (same,) = {each.result() for each in answers}
            machines.append(same)
    assert sorted(pair.made()) == sorted(machines)
    until(lambda: set(states(clients[1], machines).values()) == {"running"}, SECONDS, EVERY)
    ended(pair, clients[1], machines)
    assert states(clients[0], machines) == dict.fromkeys(machines, "terminated")


def test_tags_that_both_edit_at_the_same_time_are_all_there(pair: Pair, machine: str) -> None:
    clients = [pair.one.client(), pair.two.client()]
    address = clients[0].allocate_address(Domain="vpc")["AllocationId"]
    zone = clients[0].describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volume = clients[0].create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    clients[0].get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    things = [machine, volume, address]
    wanted = {f"{side}-{number}" for side in SIDES for number in range(ROUNDS)}
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            edits = [
                pool.submit(client.create_tags, Resources=things, Tags=[{"Key": f"{side}-{number}", "Value": "x"}])
                for client, side in zip(clients, SIDES, strict=True)
            ]
            for edit in edits:
                edit.result()
    keys = {thing: tagged(clients[1], thing) - {"Name"} for thing in things}
    clients[1].delete_volume(VolumeId=volume)
    clients[1].release_address(AllocationId=address)
    assert keys == dict.fromkeys(things, wanted)
    server = pair.made()[machine]
    assert {key for key in server.metadata if key.startswith(SIDES)} == wanted


def tagged(client: Any, thing: str) -> set[str]:
    found = client.describe_tags(Filters=[{"Name": "resource-id", "Values": [thing]}])["Tags"]
    return {tag["Key"] for tag in found}


def test_a_volume_and_an_address_that_both_want_are_given_once(pair: Pair, machine: str) -> None:
    clients = [pair.one.client(), pair.two.client()]
    zone = clients[0].describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    asked_for = {"AvailabilityZone": zone, "Size": 1, "ClientToken": uuid.uuid4().hex}
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(client.create_volume, **asked_for) for client in clients * 2]
        (volume,) = {each.result()["VolumeId"] for each in made}
        assert len(list(pair.tenant.cloud.block_storage.volumes())) == 1
        clients[0].get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
        attach = {"VolumeId": volume, "InstanceId": machine, "Device": "/dev/sdx"}
        plugged = [pool.submit(asked, partial(plug, client, attach)) for client in clients]
        assert volume in {each.result() for each in plugged}
        clients[1].get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
        address = clients[0].allocate_address(Domain="vpc")["AllocationId"]
        lead = {"AllocationId": address, "InstanceId": machine}
        led = [pool.submit(client.associate_address, **lead) for client in clients]
        (association,) = {each.result()["AssociationId"] for each in led}
    server = pair.made()[machine]
    attachments = list(pair.tenant.cloud.compute.volume_attachments(server))
    assert len(attachments) == 1
    clients[1].disassociate_address(AssociationId=association)
    clients[0].release_address(AllocationId=address)
    clients[1].detach_volume(VolumeId=volume)
    clients[0].get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    clients[0].delete_volume(VolumeId=volume)
    clients[1].get_waiter("volume_deleted").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)


def plug(client: Any, attach: dict[str, str]) -> str:
    return str(client.attach_volume(**attach)["VolumeId"])


def test_the_survivor_ends_what_the_killed_one_began(pair: Pair, machine: str) -> None:
    one, two = pair.one.client(), pair.two.client()
    cloud = pair.tenant.cloud
    zone = one.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volume = one.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    old = [pair.launch(one, f"old-{number}-{uuid.uuid4().hex}") for number in range(3)]
    until(lambda: set(states(two, old).values()) == {"running"}, SECONDS, EVERY)
    tokens = [f"new-{number}-{uuid.uuid4().hex}" for number in range(4)]
    attach = {"VolumeId": volume, "InstanceId": machine, "Device": "/dev/sdx"}
    known_before = set(pair.made())
    with ThreadPoolExecutor(8) as pool:
        answers = {token: pool.submit(asked, partial(pair.launch, one, token)) for token in tokens}
        plugged = pool.submit(asked, partial(plug, one, attach))
        until(lambda: len(set(pair.made()) - known_before) >= 2, SECONDS, 0.05)
        removals = [pool.submit(asked, partial(terminated, one, each)) for each in old]
        until(lambda: any(states(two, [each])[each] in GOING for each in old), SECONDS, 0.05)
        pair.one.process.kill()
        known = {token: answer.result() for token, answer in answers.items() if answer.result()}
        begun = [each for each, answer in zip(old, removals, strict=True) if answer.result()]
        is_plugged = plugged.result()
    survivor = Survivor(two)
    new = {token: pair.launch(two, token) for token in tokens}
    assert {token: new[token] for token in known} == known
    until(lambda: set(survivor.look(list(new.values())).values()) == {"running"}, SECONDS, EVERY)
    assert survivor.ever(list(new.values())) <= COMING
    two.terminate_instances(InstanceIds=[each for each in old if each not in begun])
    until(lambda: set(survivor.look(old).values()) == {"terminated"}, SECONDS, EVERY)
    assert survivor.ever(old) <= GOING
    assert set(pair.made()) == {machine, *new.values()}
    if not is_plugged:
        asked(partial(plug, two, attach))
    two.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    assert [one.status for one in cloud.block_storage.volumes()] == ["in-use"]
    two.detach_volume(VolumeId=volume)
    two.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICKLY)
    two.delete_volume(VolumeId=volume)
    until(lambda: list(cloud.block_storage.volumes()) == [], SECONDS, EVERY)
    pair.one.process.start()
    ended(pair, pair.one.client(), list(new.values()))


def terminated(client: Any, instance_id: str) -> str:
    return str(client.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]["InstanceId"])


@pytest.mark.parametrize("seen", [0, 2])
def test_a_gateway_that_was_only_frozen_does_nothing_twice(pair: Pair, machine: str, seen: int) -> None:
    """Another one takes its flows over meanwhile; when it wakes up it still believes to be at work."""
    one, two = pair.one.client(), pair.two.client()
    tokens = [f"frozen-{number}-{uuid.uuid4().hex}" for number in range(6)]
    before = set(pair.made())
    with ThreadPoolExecutor(8) as pool:
        asleep = [pool.submit(asked, partial(pair.launch, one, token)) for token in tokens]
        until(lambda: len(set(pair.made()) - before) >= seen, SECONDS, 0.02)
        with pair.one.process.frozen():
            machines = [pair.launch(two, token) for token in tokens]
            until(lambda: set(states(two, machines).values()) == {"running"}, SECONDS, EVERY)
        assert {each.result() for each in asleep} <= {*machines, ""}
    until(lambda: set(states(one, machines).values()) == {"running"}, SECONDS, EVERY)
    until(lambda: settled(pair), SECONDS, EVERY)
    assert set(pair.made()) == {machine, *machines}
    ended(pair, one, machines)


def settled(pair: Pair) -> bool:
    """Whether nothing is wanted of any machine any more."""
    return not any(key == "deltaic:want" for server in pair.made().values() for key in server.metadata)
