"""Unmodified modules of Ansible's amazon.aws: a machine's life, what they read, and the inventory plug-in.

The playbooks wait most of their time (the modules look every 15 s), so all run side by side.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import DEFAULT_CLUSTER, WORKSHOP_AMI, Gateway
from tests.sim.ansible.playbook import Task, environment, run
from tests.support.processes import ACCESS_KEY, SECRET_KEY

PLAYBOOKS = Path(__file__).parent / "playbooks"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody@example"
SCRIPT = "#!/bin/sh\necho 'grüße' > /root/ansible\n"

INVENTORY = """\
plugin: amazon.aws.aws_ec2
regions: [us-east-1]
hostnames: ["tag:Name"]
filters: {"tag:Name": ["ec2_*"]}
keyed_groups: [{key: placement.availability_zone, prefix: zone}]
compose: {ansible_host: private_ip_address}
"""

#: What each task changes.
MACHINE = {
    "key given": True, "running": True, "running again": False, "present again": False, "information": False,
    "tagged": True, "tagged again": False, "tags": False, "volumes of the machine": False,
    "interfaces of the machine": False, "protected": True, "unprotected": True, "stopped": True,
    "stopped again": False, "larger": True, "started": True, "absent": True, "absent again": False,
    "terminated": False, "key absent": True,
}  # fmt: skip
MANY = {
    "key made": True, "key imported": True, "key imported again": False, "key information": False, "key absent": True,
    "key absent again": False, "other key absent": True, "checked only": True, "counted": True, "counted again": False,
    "counted down": True, "others absent": True,
}  # fmt: skip
VOLUMES = {
    "machine": True, "volume": True, "volume again": False, "attached": True, "attached again": False,
    "volume information": False, "grown": True, "snapshot": True, "snapshot information": False, "image": True,
    "image changed": True, "image information": False, "image absent": True, "snapshot absent": True,
    "detached": True, "machine absent": True, "volume absent": True, "volume absent again": False,
}  # fmt: skip
READS = [
    "caller", "regions", "zones", "images", "own images", "networks", "network by name", "subnets", "security groups",
    "route tables", "volumes", "snapshots", "addresses", "machines", "unknown machine",
]  # fmt: skip

Running = dict[str, Future[Any]]


@pytest.fixture(scope="module")
def running(demo: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All playbooks and the inventory, on their way."""
    variables = {
        "url": demo.url,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "image": WORKSHOP_AMI,
        "public_key": PUBLIC_KEY,
        "script": SCRIPT,
    }
    with ThreadPoolExecutor(5) as pool:
        started: Running = {
            name: pool.submit(run, PLAYBOOKS / f"{name}.yml", tmp_path_factory.mktemp(name), **variables)
            for name in ("machine", "many", "reads", "volumes")
        }
        started["inventory"] = pool.submit(inventory, demo, tmp_path_factory.mktemp("inventory"))
        yield started


@pytest.fixture(scope="module")
def machine(running: Running) -> dict[str, Task]:
    found: dict[str, Task] = running["machine"].result()
    return found


@pytest.fixture(scope="module")
def many(running: Running) -> dict[str, Task]:
    found: dict[str, Task] = running["many"].result()
    return found


@pytest.fixture(scope="module")
def volumes(running: Running) -> dict[str, Task]:
    found: dict[str, Task] = running["volumes"].result()
    return found


@pytest.fixture(scope="module")
def reads(running: Running) -> dict[str, Task]:
    found: dict[str, Task] = running["reads"].result()
    return found


def inventory(demo: Gateway, home: Path) -> dict[str, Any]:
    """What `ansible-inventory --list` prints; the plug-in is told where to ask by AWS's own variables."""
    configuration = home / "demo.aws_ec2.yml"
    configuration.write_text(INVENTORY)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(configuration), "--list"],
        env=environment(home)
        | {"AWS_ENDPOINT_URL": demo.url, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout, object_hook=lambda one: one.get("__ansible_unsafe", one))
    return found


def outcomes(tasks: dict[str, Task]) -> dict[str, tuple[str, bool]]:
    """How each task ended, and whether it changed something."""
    return {name: (task.outcome, task.result.get("changed", False)) for name, task in tasks.items()}


def test_every_task_changes_what_it_says(machine: dict[str, Task], many: dict[str, Task]) -> None:
    assert outcomes(machine) == {name: ("ok", changed) for name, changed in MACHINE.items()}
    assert outcomes(many) == {name: ("ok", changed) for name, changed in MANY.items()}


def test_keys(many: dict[str, Task]) -> None:
    made = many["key made"].result["key"]
    assert made["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    listed = {pair["key_name"]: pair for pair in many["key information"].result["keypairs"]}
    assert listed["ansible-made"]["key_fingerprint"] == made["fingerprint"]
    assert listed["ansible-made"]["tags"] == {"owner": "nobody"}
    assert listed["ansible-imported"]["key_type"] == "ed25519"
    assert listed["ansible-imported"]["key_pair_id"] == many["key imported"].result["key"]["id"]


def test_the_running_machine(machine: dict[str, Task]) -> None:
    (first,) = machine["running"].result["instances"]
    assert (first["state"], first["image_id"]) == ({"code": 16, "name": "running"}, WORKSHOP_AMI)
    assert first["tags"] == {"Name": "ansible-web", "role": "web", "tier": "1"}
    assert (first["instance_type"], first["key_name"]) == ("SERVER", "ansible-given")
    assert first["placement"]["availability_zone"] == "Defaulta"
    for again in ("running again", "present again"):
        assert [each["instance_id"] for each in machine[again].result["instances"]] == [first["instance_id"]]
    (volume,) = machine["volumes of the machine"].result["volumes"]
    assert [mapping["ebs"]["volume_id"] for mapping in first["block_device_mappings"]] == [volume["id"]]
    assert volume["create_time"] == first["block_device_mappings"][0]["ebs"]["attach_time"]
    assert volume["attachment_set"][0]["instance_id"] == first["instance_id"]
    (interface,) = machine["interfaces of the machine"].result["network_interfaces"]
    assert interface["id"] == first["network_interfaces"][0]["network_interface_id"]
    assert interface["private_ip_address"] == first["private_ip_address"]


def test_attributes(machine: dict[str, Task]) -> None:
    (found,) = machine["information"].result["instances"]
    attributes = found["attributes"]
    assert attributes["instance_type"] == {"value": "SERVER"}
    assert attributes["disable_api_termination"] == {"value": False}
    assert attributes["instance_initiated_shutdown_behavior"] == {"value": "stop"}
    assert attributes["root_device_name"] == {"value": "/dev/vda"}
    assert attributes["user_data"]["value"]
    assert [group["group_name"] for group in attributes["groups"]] == ["default"]


def test_states_tags_and_counts(machine: dict[str, Task], many: dict[str, Task]) -> None:
    # Of a change of state the module shows the machine as it was before; of the second run, as it is.
    (stopped,) = machine["stopped again"].result["instances"]
    assert stopped["state"] == {"code": 80, "name": "stopped"}
    (larger,) = machine["started"].result["instances"]
    assert larger["instance_type"] == "Medium"
    tags = {"Name": "ansible-web", "role": "web", "tier": "1"}
    assert machine["tags"].result["tags"] == {**tags, "colour": "blue"}
    # ec2_instance takes away the tags that it is not told of.
    assert stopped["tags"] == larger["tags"] == tags
    assert len(many["counted"].result["instance_ids"]) == 2
    assert len(many["counted down"].result["terminated_ids"]) == 1
    (gone,) = machine["terminated"].result["instances"]
    assert (gone["state"]["name"], gone["state_reason"]["code"]) == ("terminated", "Client.UserInitiatedShutdown")


def test_nothing_is_left(machine: dict[str, Task], many: dict[str, Task], demo: Gateway) -> None:
    own = [machine["running"].result["instance_ids"][0], *many["counted"].result["instance_ids"]]
    waiter = demo.client().get_waiter("instance_terminated")
    waiter.wait(InstanceIds=own, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    assert [vm["name"] for vm in demo.engine.machines() if vm["name"].startswith("ansible-")] == []
    assert [
        pair["KeyName"] for pair in demo.client().describe_key_pairs()["KeyPairs"] if "ansible" in pair["KeyName"]
    ] == []


def test_volumes_snapshots_and_images(volumes: dict[str, Task], demo: Gateway) -> None:
    assert outcomes(volumes) == {name: ("ok", changed) for name, changed in VOLUMES.items()}
    (attached,) = volumes["attached"].result["volume"]["attachment_set"]
    assert (attached["device"], attached["status"]) == ("/dev/xvdf", "attached")
    assert attached["instance_id"] == volumes["machine"].result["instance_ids"][0]
    (shown,) = volumes["volume information"].result["volumes"]
    assert (shown["tags"], shown["zone"]) == ({"Name": "ansible-data", "team": "blue"}, "Defaulta")
    assert volumes["grown"].result["volume"]["size"] == 3
    (snapshot,) = volumes["snapshot information"].result["snapshots"]
    assert (snapshot["description"], snapshot["tags"]) == ("before", {"Name": "ansible-snapshot"})
    (image,) = volumes["image information"].result["images"]
    assert (image["name"], image["description"], image["tags"]) == ("ansible golden (1)", "newer", {"team": "green"})
    (mapping,) = image["block_device_mappings"]
    assert volumes["image absent"].result["snapshots_deleted"] == [mapping["ebs"]["snapshot_id"]]
    left = [each.get("alias", each["name"]) for each in demo.engine.get("/disks")["disk"]]
    assert [name for name in left if name.startswith("ansible-data")] == []


def test_reads(reads: dict[str, Task]) -> None:
    assert list(reads) == READS
    assert {task.outcome for task in reads.values()} == {"ok"}
    assert {task.result["changed"] for task in reads.values()} == {False}


def test_read_who_and_where(reads: dict[str, Task]) -> None:
    caller = reads["caller"].result
    assert len(caller["account"]) == 12
    assert caller["arn"] == f"arn:aws:iam::{caller['account']}:user/admin@internal"
    assert [region["region_name"] for region in reads["regions"].result["regions"]] == ["Default", "barcelona"]
    zones = {zone["zone_name"]: zone for zone in reads["zones"].result["availability_zones"]}
    assert set(zones) == {"Defaulta", "barcelonaa"}
    assert zones["Defaulta"]["zone_id"] == DEFAULT_CLUSTER


def test_read_images(reads: dict[str, Task]) -> None:
    (workshop,) = reads["images"].result["images"]
    assert (workshop["image_id"], workshop["state"], workshop["root_device_name"]) == (
        WORKSHOP_AMI,
        "available",
        "/dev/vda",
    )
    assert workshop["owner_id"] == reads["caller"].result["account"]
    assert workshop["creation_date"] == "2012-10-11T09:20:26.000Z"
    assert workshop["launch_permissions"] == []
    assert WORKSHOP_AMI in [image["image_id"] for image in reads["own images"].result["images"]]


def test_read_networks(reads: dict[str, Task]) -> None:
    networks = {network["id"]: network for network in reads["networks"].result["vpcs"]}
    assert sorted(network["tags"]["Name"] for network in networks.values()) == [
        "bcn-guests",
        "ovirtmgmt",
        "ovirtmgmt",
        "workshop",
    ]
    (workshop,) = reads["network by name"].result["vpcs"]
    assert workshop == networks[workshop["id"]]
    assert (workshop["state"], workshop["is_default"]) == ("available", False)
    for kind, member in (
        ("subnets", "subnets"),
        ("security groups", "security_groups"),
        ("route tables", "route_tables"),
    ):
        assert {each["vpc_id"] for each in reads[kind].result[member]} == set(networks), kind
    assert {group["group_name"] for group in reads["security groups"].result["security_groups"]} == {"default"}


def test_read_machines_and_volumes(reads: dict[str, Task]) -> None:
    machines = {each["tags"]["Name"]: each for each in reads["machines"].result["instances"]}
    assert set(machines) == {"ec2_machine", "ec2_machine2"}
    assert machines["ec2_machine2"]["private_ip_address"] == "192.168.1.28"
    volumes = {volume["id"]: volume for volume in reads["volumes"].result["volumes"]}
    for found in machines.values():
        (mapping,) = found["block_device_mappings"]
        volume = volumes[mapping["ebs"]["volume_id"]]
        assert (volume["status"], volume["attachment_set"][0]["instance_id"]) == ("in-use", found["instance_id"])
        assert volume["create_time"] == mapping["ebs"]["attach_time"]
    snapshots = {snapshot["snapshot_id"]: snapshot for snapshot in reads["snapshots"].result["snapshots"]}
    (mapping,) = reads["images"].result["images"][0]["block_device_mappings"]
    own = snapshots[mapping["ebs"]["snapshot_id"]]
    assert (own["state"], own["progress"], own["create_volume_permissions"]) == ("completed", "100%", [])
    assert reads["addresses"].result["addresses"] == []
    assert reads["unknown machine"].result["instances"] == []


def test_inventory(running: Running) -> None:
    found = running["inventory"].result()
    hosts = found["_meta"]["hostvars"]
    assert {name: host["ansible_host"] for name, host in hosts.items()} == {
        "ec2_machine": "192.168.1.27",
        "ec2_machine2": "192.168.1.28",
    }
    assert sorted(found["zone_barcelonaa"]["hosts"]) == ["ec2_machine", "ec2_machine2"]
    assert hosts["ec2_machine2"]["state"]["name"] == "running"
