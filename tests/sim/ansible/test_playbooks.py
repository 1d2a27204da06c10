"""Playbooks of ovirt.ovirt do what they say on the simulator, and nothing when run again."""

from __future__ import annotations

import pytest

from tests.sim.ansible.playbook import Task, run
from tests.sim.engine_process import PASSWORD, USER, Api, Simulator

CLUSTER = "bcn-servers"


@pytest.fixture(scope="module")
def variables(api: Api) -> dict[str, str]:
    cluster = next(one for one in api.get("clusters")["cluster"] if one["id"] == "77d52ef6-11e3-11e2-be8c-87a6485627fe")
    center = api.get(f"datacenters/{cluster['data_center']['id']}")
    domains = api.get(f"datacenters/{center['id']}/storagedomains")["storage_domain"]
    up = api.get(f"vms?search=status%3Dup%20and%20cluster%3D{cluster['name']}")["vm"][0]
    return {
        "url": api.simulator.url, "user": USER, "password": PASSWORD, "cluster": cluster["name"],
        "center": center["name"], "template": "desktop_template", "running_vm": up["name"],
        "domain": next(one["name"] for one in domains if one["type"] == "data"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def machine(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    return run("machine", tmp_path_factory.mktemp("machine"), **variables)


@pytest.fixture(scope="module")
def network(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    return run("network", tmp_path_factory.mktemp("network"), **variables)


@pytest.fixture(scope="module")
def administration(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    return run("administration", tmp_path_factory.mktemp("administration"), **variables)


MACHINE = {
    "present": True, "present again": False, "initialization kept": True, "running": True,
    "running again": False, "information": False,
    "disk attached": True, "disk attached again": False, "disk grown": True, "disk detached": True, "disk absent": True,
    "disk absent again": False, "nic present": True, "nic present again": False, "nic unplugged": True,
    "nic absent": True, "tag attached": True, "tag attached again": False, "information by tag": False,
    "tag absent": True, "stopped": True, "stopped again": False, "snapshot present": True, "snapshot restored": True,
    "snapshot absent": True, "template present": True, "template present again": False, "template absent": True,
    "absent": True, "absent again": False, "log out": False,
}  # fmt: skip
NETWORK = {
    "network present": True, "network present again": False, "network changed": True, "everything at once": True,
    "everything at once again": False, "suspended": True, "resumed": True, "next run": True,
    "information of the next run": False, "everything absent": True, "network absent": True,
    "network absent again": False,
}  # fmt: skip

LIVES = ("data center", "cluster", "quota", "instance type", "profile", "MAC pool", "label", "permission")
READ = ("events", "hosts", "storage domains", "templates", "engine")


@pytest.mark.parametrize("thing", LIVES)
def test_administered_things_come_and_go(administration: dict[str, Task], thing: str) -> None:
    steps = [administration[f"{thing} {step}"] for step in ("present", "present again", "absent")]
    assert [(task.outcome, task.changed) for task in steps] == [("ok", True), ("ok", False), ("ok", True)]


@pytest.mark.parametrize("task", READ)
def test_information_changes_nothing(administration: dict[str, Task], task: str) -> None:
    assert (administration[task].outcome, administration[task].changed) == ("ok", False)


def test_information_is_right(administration: dict[str, Task], variables: dict[str, str]) -> None:
    events = administration["events"].result["ovirt_events"]
    assert [(one["description"], one["severity"], one["custom_id"]) for one in events] == [
        ("from a playbook", "warning", 77)
    ]
    assert {one["status"] for one in administration["hosts"].result["ovirt_hosts"]} == {"up"}
    domains = administration["storage domains"].result["ovirt_storage_domains"]
    assert variables["domain"] in [one["name"] for one in domains]
    assert [one["name"] for one in administration["templates"].result["ovirt_templates"]] == [variables["template"]]
    assert administration["engine"].result["ovirt_api"]["product_info"]["version"]["major"] == 4
    made = administration["cluster present again"].result["cluster"]
    assert (made["name"], made["cpu"]["type"]) == ("ansible-cluster", "Secure Intel Icelake Server Family")


@pytest.mark.parametrize("task", MACHINE)
def test_machine_task_changes_what_it_says(machine: dict[str, Task], task: str) -> None:
    assert (machine[task].outcome, machine[task].changed) == ("ok", MACHINE[task])


@pytest.mark.parametrize("task", NETWORK)
def test_network_task_changes_what_it_says(network: dict[str, Task], task: str) -> None:
    assert (network[task].outcome, network[task].changed) == ("ok", NETWORK[task])


def test_every_task_is_judged(
    machine: dict[str, Task], network: dict[str, Task], administration: dict[str, Task]
) -> None:
    lives = {f"{thing} {step}" for thing in LIVES for step in ("present", "present again", "absent")}
    assert set(administration) == {"log in", "event present", *lives, *READ}
    assert set(machine) == {"log in", *MACHINE}
    assert set(network) == {"log in", "taken name", "unknown template", "wrong password", *NETWORK}


def test_login_sets_the_fact(machine: dict[str, Task], simulator: Simulator) -> None:
    fact = machine["log in"].result["ansible_facts"]["ovirt_auth"]
    assert (fact["url"], fact["insecure"]) == (simulator.url, True)
    assert len(fact["token"]) >= 64


def test_created_vm(machine: dict[str, Task]) -> None:
    vm = machine["present again"].result["vm"]
    assert (vm["name"], vm["status"], vm["memory"]) == ("ansible-1", "down", 1 << 30)
    assert vm["memory_policy"]["guaranteed"] == 512 << 20
    assert vm["cpu"]["topology"]["sockets"] == 2
    assert vm["comment"] == 'a "comment" <with> signs'
    assert vm["high_availability"]["enabled"] is True
    kept = machine["information"].result["ovirt_vms"][0]
    assert kept["initialization"]["host_name"] == "web1"
    assert kept["initialization"]["authorized_ssh_keys"] == "ssh-rsa AAAA x"
    assert "secret" not in str(kept)


def test_running_vm(machine: dict[str, Task]) -> None:
    assert machine["running again"].result["vm"]["status"] == "up"
    found = machine["information"].result["ovirt_vms"]
    assert [(vm["name"], vm["status"]) for vm in found] == [("ansible-1", "up")]
    assert found[0]["nics"][0]["mac"]["address"].startswith("56:6f:")
    assert [vm["name"] for vm in machine["information by tag"].result["ovirt_vms"]] == ["ansible-1"]


def test_disk_nic_snapshot_template(machine: dict[str, Task], api: Api) -> None:
    attached = machine["disk attached again"].result["diskattachment"]
    assert (attached["active"], attached["interface"]) == (True, "virtio_scsi")
    assert machine["disk absent"].result["disk"]["provisioned_size"] == 2 << 30
    assert machine["nic present"].result["nic"]["name"] == "nic2"
    assert machine["snapshot absent"].result["snapshot"]["snapshot_status"] == "ok"
    assert machine["template present again"].result["template"]["status"] == "ok"
    for path in (
        "vms?search=name%3Dansible-1",
        "disks?search=alias%3Dansible-disk",
        "templates?search=name%3Dansible-template",
    ):
        assert api.get(path) == {}
    assert "ansible-tag" not in [tag["name"] for tag in api.get("tags")["tag"]]


def test_network_and_everything_at_once(network: dict[str, Task], api: Api) -> None:
    made, removed = network["network present"].result["network"], network["network absent"].result["network"]
    assert (made["mtu"], made["vlan"]["id"], removed["mtu"]) == (1400, 301, 9000)
    vm = network["everything at once again"].result["vm"]
    assert (vm["memory"], vm["status"]) == (2 << 30, "up")
    assert network["resumed"].result["vm"]["status"] == "suspended"
    later = network["information of the next run"].result["ovirt_vms"][0]
    assert later["bios"]["boot_menu"]["enabled"] is True
    assert api.get("networks?search=name%3Dansible-net") == {}


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("taken name", "VM is locked or still running, try again once VM is in the Down state."),
        ("unknown template", "no-such-template"),
        ("wrong password", "Cannot authenticate user"),
    ],
)
def test_refusals_reach_the_playbook(network: dict[str, Task], task: str, text: str) -> None:
    assert network[task].outcome == "failed"
    assert text in network[task].result["msg"]
