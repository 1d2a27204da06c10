"""Many lives at the same time: what one caller does never shows in another's machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from tests.clients.gateway import ONCE, Gateway
from tests.clients.machines import machines, native, one, run, user_data_attribute, wait
from tests.clients.user_data import guest_of

LIVES = 24
AT_ONCE = 12


def life(demo: Gateway, ec2: Any, number: int) -> str:
    """One machine from launch to end, with everything checked on the way."""
    script = b"#!/bin/sh\necho %d\n" % number
    tags = [{"Key": "Name", "Value": "crowd"}, {"Key": "number", "Value": str(number)}]
    specification = [{"ResourceType": "instance", "Tags": tags}]
    (instance_id,) = run(ec2, UserData=script, TagSpecifications=specification)
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "later", "Value": str(number)}])
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    shown = {tag["Key"]: tag["Value"] for tag in one(ec2, instance_id)["Tags"]}
    assert shown == {"Name": "crowd", "number": str(number), "later": str(number)}
    assert user_data_attribute(ec2, instance_id) == script
    assert guest_of(demo.engine, native(demo.engine, instance_id)).scripts == [script]
    for _ in range(2):
        ec2.stop_instances(InstanceIds=[instance_id])
        wait(ec2, "instance_stopped", InstanceIds=[instance_id])
        ec2.start_instances(InstanceIds=[instance_id])
        wait(ec2, "instance_running", InstanceIds=[instance_id])
    ec2.terminate_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    return instance_id


def test_a_crowd(demo: Gateway) -> None:
    config = ONCE.merge(Config(max_pool_connections=AT_ONCE))
    ec2 = demo.session().client("ec2", endpoint_url=demo.url, config=config)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(lambda number: life(demo, ec2, number), range(LIVES)))
    assert len(set(ids)) == LIVES
    ended = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["crowd"]}])["Reservations"]
    states = {each["InstanceId"]: each["State"]["Name"] for entry in ended for each in entry["Instances"]}
    assert states == dict.fromkeys(ids, "terminated")
    assert [vm["name"] for vm in demo.engine.machines() if vm["name"].startswith("crowd")] == []


def test_two_starts_at_the_same_moment(demo: Gateway) -> None:
    config = ONCE.merge(Config(max_pool_connections=AT_ONCE))
    ec2 = demo.session().client("ec2", endpoint_url=demo.url, config=config)
    with machines(ec2, state="stopped", MinCount=4, MaxCount=4) as ids, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: ec2.start_instances(InstanceIds=ids), range(AT_ONCE)))
        told = {each["CurrentState"]["Name"] for answer in answers for each in answer["StartingInstances"]}
        assert told <= {"pending", "running"}
        wait(ec2, "instance_running", InstanceIds=ids)
