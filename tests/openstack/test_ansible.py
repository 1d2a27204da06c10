"""Ansible's modules of amazon.aws, unmodified, with keys of the gateway's own and of the cloud's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.openstack.support.gateway import Site
from tests.openstack.support.tenant import Ec2Credentials
from tests.sim.ansible.playbook import Task, run
from tests.support.processes import until

PLAYBOOKS = Path(__file__).parent / "playbooks"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody@example"

#: What each task of the playbooks changes.
MADE = {"key": True, "group": True, "running": True, "address": True, "volume": True}
FOUND = {
    "key again": False, "group again": False, "group changed": True, "running again": False, "information": False,
    "address again": False, "address information": False, "address absent": True, "volume again": False,
    "attached": True, "detached": True, "volume absent": True, "stopped": True, "stopped again": False,
    "absent": True, "group absent": True, "key absent": True,
}  # fmt: skip
NETWORKS = {
    "net": True, "net again": False, "net information": False, "subnet": True, "subnet again": False,
    "subnet tagged": True, "group": True, "group again": False, "group described": True,
    "group described again": False, "address": True, "address again": False, "address absent": True,
    "group absent": True, "subnet absent": True, "net absent": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def networks(gateway: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[dict[str, Task]]]:
    """The playbook about networks, on its way beside the other one, which waits much of its time."""
    own = gateway.gateway
    given = {"url": own.url, "access": own.access_key, "secret": own.secret_key}
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run, PLAYBOOKS / "networks.yml", tmp_path_factory.mktemp("networks"), **given)


def changes(tasks: dict[str, Task]) -> dict[str, tuple[str, bool]]:
    return {name: (task.outcome, task.result.get("changed", False)) for name, task in tasks.items()}


def expected(changed: dict[str, bool]) -> dict[str, tuple[str, bool]]:
    return {name: ("ok", value) for name, value in changed.items()}


def test_a_machine(networks: object, gateway: Site, issued: Ec2Credentials, ec2: Any, tmp_path: Path) -> None:
    """What the gateway's own key makes, one that the cloud issued finds, changes and removes."""
    (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["tiny"]}])["Images"]
    (network,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]
    given = {"url": gateway.gateway.url, "image": image["ImageId"], "network": network["VpcId"],
             "zone": zone["ZoneName"], "public_key": PUBLIC_KEY}  # fmt: skip
    own = gateway.gateway
    made = run(PLAYBOOKS / "made.yml", tmp_path, **given, access=own.access_key, secret=own.secret_key)
    assert changes(made) == expected(MADE)
    given |= {
        "instance": made["running"].result["instance_ids"][0],
        "address": made["address"].result["public_ip"],
        "disk": made["volume"].result["volume_id"],
    }
    found = run(PLAYBOOKS / "found.yml", tmp_path, **given, access=issued.access, secret=issued.secret)
    assert changes(found) == expected(FOUND)
    group = found["group changed"].result
    assert [(rule["from_port"], rule["ip_ranges"]) for rule in group["ip_permissions"]] == [
        (22, [{"cidr_ip": "192.0.2.0/24"}])
    ]
    (machine,) = found["information"].result["instances"]
    assert machine["tags"] == {"Name": "ansible", "role": "web", "tier": "1"}
    assert machine["security_groups"] == [{"group_id": group["group_id"], "group_name": "ansible"}]
    (address,) = found["address information"].result["addresses"]
    assert (address["instance_id"], address["public_ip"]) == (machine["instance_id"], machine["public_ip_address"])
    volume = found["attached"].result["volume"]
    assert volume["attachment_set"][0]["instance_id"] == machine["instance_id"]
    assert volume["tags"] == {"Name": "ansible", "team": "blue"}
    (stopped,) = found["stopped again"].result["instances"]
    assert (stopped["state"]["name"], stopped["key_name"]) == ("stopped", "ansible")
    assert "ansible" not in [one.name for one in gateway.cloud.compute.keypairs()]


def test_networks(networks: Future[dict[str, Task]], gateway: Site) -> None:
    tasks = networks.result()
    assert changes(tasks) == expected(NETWORKS)
    vpc = tasks["net again"].result["vpc"]
    assert (vpc["cidr_block"], vpc["tags"]) == ("10.50.0.0/16", {"Name": "ansible-net", "tier": "web"})
    (told,) = tasks["net information"].result["vpcs"]
    assert (told["vpc_id"], told["enable_dns_support"], told["enable_dns_hostnames"]) == (vpc["id"], True, True)
    subnet = tasks["subnet tagged"].result["subnet"]
    assert (subnet["vpc_id"], subnet["cidr_block"]) == (vpc["id"], "10.50.1.0/24")
    assert subnet["tags"] == {"Name": "ansible-net", "tier": "web"}
    for name, (inward, outward) in {"group again": ("Everybody", "Out"),
                                    "group described again": ("Everybody else", "Outside")}.items():  # fmt: skip
        group = tasks[name].result
        (web,) = [rule for rule in group["ip_permissions"] if rule["from_port"] == 8000]
        (out,) = group["ip_permissions_egress"]
        told = (web["ip_ranges"][0]["description"], out["ip_ranges"][0]["description"])
        assert told == (inward, outward)
    until(lambda: "ansible-net" not in [one.name for one in gateway.cloud.network.networks()])
    assert list(gateway.cloud.network.ips(project_id=gateway.tenant.project_id)) == []
