"""Lists: search, order, paging, follow, and everything a connection's system service links to."""

from __future__ import annotations

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types


def test_seed_world(system: services.SystemService) -> None:
    centers = {center.name: center for center in system.data_centers_service().list()}
    assert sorted(centers) == ["Default", "barcelona"]
    assert centers["Default"].id == "79221158-0d50-11e2-a8af-17acc9433061"
    assert centers["Default"].status == types.DataCenterStatus.UP
    clusters = {cluster.id: cluster.data_center.id for cluster in system.clusters_service().list()}
    assert clusters["99408929-82cf-4dc7-a532-9d998063fa95"] == centers["Default"].id
    assert clusters["77d52ef6-11e3-11e2-be8c-87a6485627fe"] == centers["barcelona"].id


def test_search_by_name_and_wildcard(system: services.SystemService) -> None:
    vms = system.vms_service()
    every = [vm.name for vm in vms.list()]
    assert every == sorted(every)
    first = every[0]
    assert [vm.name for vm in vms.list(search=f'name="{first}"')] == [first]
    assert [vm.name for vm in vms.list(search=f"name={first[:3]}*")] == [
        one for one in every if one.startswith(first[:3])
    ]
    assert vms.list(search="name=no-such-machine") == []


def test_search_by_status_and_data_center(system: services.SystemService) -> None:
    vms = system.vms_service()
    up = vms.list(search="status=up")
    assert {vm.status for vm in up} == {types.VmStatus.UP}
    parts = [vms.list(search=f"datacenter={name}") for name in ("Default", "barcelona")]
    assert sorted(vm.id for part in parts for vm in part) == sorted(vm.id for vm in vms.list())


def test_search_follows_the_case_option(system: services.SystemService) -> None:
    vms = system.vms_service()
    name = next(vm.name for vm in vms.list() if vm.name.lower() != vm.name.upper())
    assert [vm.name for vm in vms.list(search=f"name={name.swapcase()}", case_sensitive=False)] == [name]
    assert vms.list(search=f"name={name.swapcase()}", case_sensitive=True) == []


def test_malformed_search_is_refused(system: services.SystemService) -> None:
    with pytest.raises(sdk.Error) as raised:
        system.vms_service().list(search="name='x'")
    assert raised.value.code == 400
    assert raised.value.fault.reason == "Operation Failed"


def test_pages(system: services.SystemService) -> None:
    vms = system.vms_service()
    every = [vm.name for vm in vms.list()]
    pages = [[vm.name for vm in vms.list(search=f"sortby name asc page {page}", max=5)] for page in (1, 2, 3, 4, 5)]
    assert [name for page in pages for name in page] == every[:25]
    assert pages[0] == every[:5]
    assert [vm.name for vm in vms.list(search="sortby name desc page 1", max=3)] == every[::-1][:3]
    assert [vm.name for vm in vms.list(max=2)] == every[:2]


def test_follow_inlines_links(system: services.SystemService) -> None:
    follow = "nics.vnic_profile.network,disk_attachments.disk,reported_devices,cluster.data_center,tags"
    vm = system.vms_service().list(search="status=up", follow=follow)[0]
    assert vm.nics[0].mac.address.count(":") == 5
    assert vm.nics[0].vnic_profile.network.name == "ovirtmgmt"
    assert vm.disk_attachments[0].disk.status == types.DiskStatus.OK
    assert vm.disk_attachments[0].disk.provisioned_size > 0
    assert {ip.version for device in vm.reported_devices for ip in device.ips} == {
        types.IpVersion.V4,
        types.IpVersion.V6,
    }
    assert vm.cluster.data_center.name in ("Default", "barcelona")


def test_follow_link_of_the_connection(connection: sdk.Connection, system: services.SystemService) -> None:
    vm = system.vms_service().list(search="status=up")[0]
    followed = connection.follow_link(vm.cluster)
    assert followed.id == vm.cluster.id
    nics = connection.follow_link(vm.nics)
    assert [nic.id for nic in nics] == [nic.id for nic in system.vms_service().vm_service(vm.id).nics_service().list()]
    template = connection.follow_link(vm.template)
    assert template.name


def test_filtered_and_all_content(system: services.SystemService) -> None:
    vms = system.vms_service()
    name = vms.list(max=1)[0].name
    plain = vms.list(search=f"name={name}")[0]
    full = vms.list(search=f"name={name}", all_content=True)[0]
    assert plain.soundcard_enabled is None
    assert full.soundcard_enabled is False
    assert full.console.enabled is False
    assert full.initialization.configuration.type == types.ConfigurationType.OVF
    assert {vm.id for vm in vms.list(filter=True)} == {vm.id for vm in vms.list()}


@pytest.mark.parametrize(
    "name",
    [
        "affinity_labels", "bookmarks", "cluster_levels", "clusters", "cpu_profiles", "data_centers", "disk_profiles",
        "disks", "domains", "events", "external_host_providers", "groups", "hosts", "icons", "image_transfers",
        "instance_types", "jobs", "katello_errata", "mac_pools", "network_filters", "networks",
        "openstack_image_providers", "openstack_network_providers", "openstack_volume_providers", "operating_systems",
        "permissions", "roles", "scheduling_policies", "scheduling_policy_units", "storage_connections",
        "storage_domains", "tags", "templates", "users", "vm_pools", "vms", "vnic_profiles",
    ],
)  # fmt: skip
def test_every_collection_lists_and_its_members_read(system: services.SystemService, name: str) -> None:
    """What a list shows first is what GET of its href shows."""
    service = getattr(system, f"{name}_service")()
    found = service.list()
    for one in found[:1]:
        again = system.service(one.href.removeprefix("/ovirt-engine/api/")).get()
        assert (again.id, again.name) == (one.id, one.name)


def test_instance_types_of_a_fresh_engine(system: services.SystemService) -> None:
    found = {
        one.name: (one.id, one.memory >> 20, one.cpu.topology.sockets) for one in system.instance_types_service().list()
    }
    assert found["Tiny"] == ("00000003-0003-0003-0003-0000000000be", 512, 1)
    assert found["Medium"] == ("00000007-0007-0007-0007-00000000010a", 4096, 2)
    assert found["XLarge"] == ("0000000b-000b-000b-000b-00000000021f", 16384, 4)
