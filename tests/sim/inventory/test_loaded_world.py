"""An inventory file with everything in it, as the API then shows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from ovirt_engine_sim import Engine, ManualClock, load_inventory, running
from tests.sim.core.support import Api

WORLD = """
[[data_centers]]
name = "paris"
quota_mode = "audit"
[[clusters]]
name = "left-bank"
data_center = "paris"
cpu_type = "Secure Intel Cascadelake Server Family"
[[hosts]]
name = "seine1"
cluster = "left-bank"
address = "seine1.example.com"
memory = 68719476736
[[storage_domains]]
name = "fast"
data_center = "paris"
storage_type = "iscsi"
available = 1099511627776
[[networks]]
name = "blue"
data_center = "paris"
vlan = 12
mtu = 9000
[[vnic_profiles]]
name = "blue"
network = "blue"
[[quotas]]
name = "small"
data_center = "paris"
storage_limit = 100
cpu_limit = 4
[[tags]]
name = "colour"
[[tags]]
name = "green"
parent = "colour"
[[affinity_labels]]
name = "gpu"
vms = ["one"]
hosts = ["seine1"]
[[users]]
name = "louise@internal"
first_name = "Louise"
last_name = "M"
[[permissions]]
role = "PowerUserRole"
user = "louise@internal"
object_type = "data_center"
object = "paris"
[[templates]]
name = "base"
id = "11111111-0000-4000-8000-000000000001"
cluster = "left-bank"
[[templates.disks]]
name = "base_disk"
provisioned_size = 1073741824
storage_domain = "fast"
[[templates]]
name = "base"
id = "11111111-0000-4000-8000-000000000002"
cluster = "left-bank"
version_number = 2
version_name = "second"
base_template = "11111111-0000-4000-8000-000000000001"
[[vms]]
name = "one"
cluster = "left-bank"
template = "11111111-0000-4000-8000-000000000001"
instance_type = "Small"
status = "up"
tags = ["green"]
fqdn = "one.example.com"
[[vms.disks]]
name = "one_disk"
provisioned_size = 2147483648
bootable = true
[[vms.nics]]
name = "nic1"
vnic_profile = "blue"
addresses = ["10.1.2.3", "2001:db8::5"]
[[disks]]
name = "floating"
provisioned_size = 5368709120
storage_domain = "fast"
"""


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    path = tmp_path / "world.toml"
    path.write_text(WORLD)
    users = {"admin@internal": "deltaic", "louise@internal": "deltaic"}
    engine = Engine(load_inventory(path), clock=ManualClock(), users=users)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        client = Api(server, engine, session)
        await client.login()
        yield client


async def test_places_and_what_belongs_to_them(api: Api) -> None:
    center = (await api.read("datacenters?search=name%3Dparis"))["data_center"][0]
    assert center["quota_mode"] == "audit"
    cluster = (await api.read("clusters?search=datacenter.name%3Dparis"))["cluster"][0]
    assert (cluster["name"], cluster["cpu"]["type"]) == ("left-bank", "Secure Intel Cascadelake Server Family")
    domain = (await api.read(f"datacenters/{center['id']}/storagedomains"))["storage_domain"][0]
    assert (domain["name"], domain["status"], domain["storage"]["type"]) == ("fast", "active", "iscsi")
    network = (await api.read(f"clusters/{cluster['id']}/networks"))["network"][0]
    assert (network["name"], network["vlan"]["id"], network["mtu"]) == ("blue", "12", "9000")
    quota = (await api.read(f"datacenters/{center['id']}/quotas"))["quota"]
    limits = await api.read(f"datacenters/{center['id']}/quotas/{quota[-1]['id']}/quotaclusterlimits")
    assert limits["quota_cluster_limit"][0]["vcpu_limit"] == "4"


async def test_the_machine_and_its_parts(api: Api) -> None:
    vm = (await api.read("vms?search=tag%3Dcolour&follow=reported_devices,disk_attachments.disk,affinity_labels"))[
        "vm"
    ][0]
    assert (vm["name"], vm["status"], vm["fqdn"]) == ("one", "up", "one.example.com")
    ips = [ip["address"] for ip in vm["reported_devices"]["reported_device"][0]["ips"]["ip"]]
    assert {"10.1.2.3", "2001:db8::5"} <= set(ips)
    disk = vm["disk_attachments"]["disk_attachment"][0]["disk"]
    assert (disk["name"], disk["provisioned_size"]) == ("one_disk", "2147483648")
    assert [one["name"] for one in vm["affinity_labels"]["affinity_label"]] == ["gpu"]
    assert (await api.read(f"hosts/{vm['host']['id']}"))["name"] == "seine1"
    assert (await api.read(f"instancetypes/{vm['instance_type']['id']}"))["name"] == "Small"


async def test_template_versions_share_a_name(api: Api) -> None:
    found = (await api.read("templates?search=name%3Dbase"))["template"]
    versions = [(one["version"]["version_number"], one["version"]["version_name"]) for one in found]
    assert versions == [("1", "base version"), ("2", "second")]
    assert {one["version"]["base_template"]["id"] for one in found} == {"11111111-0000-4000-8000-000000000001"}


async def test_a_floating_disk(api: Api) -> None:
    found = (await api.read("disks?search=number_of_vms%3D0"))["disk"]
    assert [one["name"] for one in found] == ["floating"]


async def test_a_user_of_the_file_sees_the_data_center(api: Api) -> None:
    await api.login("louise@internal")
    assert [one["name"] for one in (await api.read("vms"))["vm"]] == ["one"]
    assert [one["name"] for one in (await api.read("datacenters"))["data_center"]] == ["paris"]
