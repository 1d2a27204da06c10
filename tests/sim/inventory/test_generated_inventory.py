"""The generator of large inventories."""

import uuid

import msgspec
import pytest

from ovirt_engine_sim.inventory import generate, seed_inventory


def test_five_thousand_machines_with_unique_ids_names_macs_and_addresses() -> None:
    inventory = generate(5_000)
    vms = inventory.vms
    assert len(vms) == 5_000 + len(seed_inventory().vms)
    parts = [*vms, *(nic for vm in vms for nic in vm.nics), *(disk for vm in vms for disk in vm.disks)]
    assert len({part.id for part in parts}) == len(parts)
    assert len({vm.name for vm in vms}) == len(vms)
    nics = [nic for vm in vms for nic in vm.nics]
    assert len({nic.mac for nic in nics}) == len(nics)
    assert len({nic.addresses[0] for nic in nics}) == len(nics)
    assert {uuid.UUID(vm.id).version for vm in vms if vm.name.startswith("vm-")} == {4}


def test_the_first_seventeen_digits_tell_machines_apart() -> None:
    ids = [vm.id.replace("-", "")[:17] for vm in generate(5_000).vms]
    assert len(set(ids)) == len(ids)


def test_running_machines_fit_their_hosts() -> None:
    inventory = generate(2_000)
    used = dict.fromkeys([host.id for host in inventory.hosts], 0)
    clusters = {host.id: host.cluster for host in inventory.hosts}
    for vm in inventory.vms:
        if vm.host:
            used[vm.host] += vm.memory
            assert clusters[vm.host] == vm.cluster
    assert all(used[host.id] <= host.memory for host in inventory.hosts)
    statuses = {vm.status for vm in inventory.vms}
    assert statuses == {"up", "down", "suspended", "paused"}


def test_the_same_seed_gives_the_same_world_and_another_one_another() -> None:
    encode = msgspec.json.encode
    assert encode(generate(20)) == encode(generate(20))
    assert generate(20).vms[-1].id != generate(20, seed=2).vms[-1].id
    assert generate(0).vms == seed_inventory().vms


@pytest.mark.parametrize("count", [-1, 50_001])
def test_the_number_of_machines_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 50000"):
        generate(count)
