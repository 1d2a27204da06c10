"""The world of the talk, as the engine starts with it."""

import ipaddress

from ovirt_engine_sim.inventory import Inventory, seed_inventory
from ovirt_engine_sim.records import BLANK_ID, GIB

DEFAULT = "79221158-0d50-11e2-a8af-17acc9433061"
BARCELONA_CLUSTER = "77d52ef6-11e3-11e2-be8c-87a6485627fe"
DEFAULT_CLUSTER = "99408929-82cf-4dc7-a532-9d998063fa95"
DESKTOP = "77ea7521-3017-4ee9-bcdf-d566178991c6"
WORKSHOP = "a10f0123-ca40-4428-adac-26ac42f282dd"


def center_of(inventory: Inventory, cluster: str) -> str:
    return next(item.data_center for item in inventory.clusters if item.id == cluster)


def test_data_centers_and_clusters() -> None:
    inventory = seed_inventory()
    centers = {center.name: center for center in inventory.data_centers}
    assert set(centers) == {"Default", "barcelona"}
    assert (centers["Default"].id, centers["Default"].description) == (DEFAULT, "The default Data Center")
    assert [cluster.id for cluster in inventory.clusters] == [DEFAULT_CLUSTER, BARCELONA_CLUSTER]
    assert center_of(inventory, DEFAULT_CLUSTER) == DEFAULT
    assert center_of(inventory, BARCELONA_CLUSTER) == centers["barcelona"].id


def test_templates_have_the_descriptions_shown() -> None:
    shown = {(item.id, item.name, item.description) for item in seed_inventory().templates}
    assert shown == {
        (BLANK_ID, "Blank", "Blank template"),
        (DESKTOP, "desktop_template", "Desktop template"),
        (WORKSHOP, "Workshop template", "Workshop template"),
    }


def test_the_machine_of_the_ec2_pages() -> None:
    vm = next(vm for vm in seed_inventory().vms if vm.id == "84623036-49fe-4f22-ac6f-ff526e8b82be")
    assert (vm.status, vm.template, vm.cluster, vm.type) == ("down", DESKTOP, BARCELONA_CLUSTER, "server")
    assert vm.nics[0].addresses == ["192.168.1.27"]
    assert vm.initialization is not None
    assert vm.initialization.nic_configurations[0].address == "192.168.1.27"
    assert vm.creation_time is not None
    assert vm.creation_time.isoformat() == "2012-10-10T09:53:08.984000+02:00"


def test_the_machines_of_the_cimi_pages() -> None:
    vms = {vm.id: vm for vm in seed_inventory().vms}
    shown = vms["7434e6e3-a85d-4bfb-b952-b191288c2aa2"]
    assert (shown.name, shown.description, shown.template) == ("cimi_machine", "My first machine!", WORKSHOP)
    assert (shown.memory, shown.sockets * shown.cores * shown.threads, len(shown.disks)) == (GIB, 2, 1)
    others = ["81e0908a-04da-4859-8a92-f80d071a2e4c", "1bac66da-7ecc-4e19-bc91-0623c5448fc9"]
    assert [vms[vm_id].status for vm_id in others] == ["down", "down"]
    assert [vm.status for vm in vms.values()].count("up") == 1


def test_every_data_center_can_run_a_machine() -> None:
    inventory = seed_inventory()
    for center in inventory.data_centers:
        clusters = {item.id for item in inventory.clusters if item.data_center == center.id}
        networks = {item.id for item in inventory.networks if item.data_center == center.id}
        domains = [item.type for item in inventory.storage_domains if item.data_center == center.id]
        assert sum(host.memory for host in inventory.hosts if host.cluster in clusters) >= 512 * GIB
        assert sorted(domains) == ["data", "iso"]
        assert len(networks) == 2
        assert {item.network for item in inventory.vnic_profiles if item.network in networks} == networks


def test_a_machine_its_disks_nics_and_template_stay_in_one_data_center() -> None:
    inventory = seed_inventory()
    domain_center = {item.id: item.data_center for item in inventory.storage_domains}
    network_center = {item.id: item.data_center for item in inventory.networks}
    profile_center = {item.id: network_center[item.network] for item in inventory.vnic_profiles}
    template_cluster = {item.id: item.cluster for item in inventory.templates}
    for machine in [*inventory.templates, *inventory.vms]:
        if machine.id == BLANK_ID:
            continue
        center = center_of(inventory, machine.cluster)
        assert {domain_center[disk.storage_domain] for disk in machine.disks} == {center}
        assert {profile_center[nic.vnic_profile] for nic in machine.nics} == {center}
    for vm in inventory.vms:
        assert template_cluster[vm.template] == vm.cluster


def test_what_every_engine_has() -> None:
    inventory = seed_inventory()
    types = {item.name: (item.id[:8], item.memory >> 20, item.sockets) for item in inventory.instance_types}
    assert types == {
        "Tiny": ("00000003", 512, 1),
        "Small": ("00000005", 2048, 1),
        "Medium": ("00000007", 4096, 2),
        "Large": ("00000009", 8192, 2),
        "XLarge": ("0000000b", 16384, 4),
    }
    assert [pool.id for pool in inventory.mac_pools] == ["58ca604b-017d-0374-0220-00000000014e"]
    assert inventory.networks[0].id == "00000000-0000-0000-0000-000000000009"
    assert {role.name for role in inventory.roles} >= {"SuperUser", "UserRole", "PowerUserRole", "UserVmManager"}
    users = {user.id: user.name for user in inventory.users}
    roles = {role.id: role.name for role in inventory.roles}
    granted = [(users.get(item.user, item.group), roles[item.role], item.object_type) for item in inventory.permissions]
    assert sorted(granted) == [
        *[("Everyone", "VnicProfileUser", "vnic_profile")] * 4,
        ("admin@internal", "SuperUser", "system"),
        ("user@internal", "UserRole", "cluster"),
    ]


def test_addresses_are_private_and_macs_are_the_pools_and_unique() -> None:
    nics = [nic for vm in seed_inventory().vms for nic in vm.nics]
    assert all(ipaddress.ip_address(address).is_private for nic in nics for address in nic.addresses)
    assert {nic.mac[:6] for nic in nics} == {"56:6f:"}
    assert len({nic.mac for nic in nics}) == len(nics)
    assert [nic.mac for vm in seed_inventory().vms for nic in vm.nics] == [nic.mac for nic in nics]
