"""Adds any number of VMs to a loaded inventory, the same ones for the same seed."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from .inventory import Inventory
from .macs import MacAllocator
from .records import GIB, Disk, Host, Nic, Vm, VmStatus

MAX_VMS = 50_000
_VMS_PER_HOST = 100
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
# status, weight: mostly running, as in a data center that is used.
_STATUSES: tuple[tuple[VmStatus, int], ...] = (("up", 70), ("down", 25), ("suspended", 3), ("paused", 2))
_RUNNING = frozenset({"up", "paused"})
_MEMORY_GIB = (1, 2, 4, 8)
_SOCKETS = (1, 2, 4)


class _Site:
    """One cluster with what a VM in it needs: template, profiles, data domain, hosts."""

    def __init__(self, inventory: Inventory, index: int) -> None:
        cluster = inventory.clusters[index]
        center = cluster.data_center
        networks = {network.id for network in inventory.networks if network.data_center == center}
        self.index = index
        self.cluster = cluster
        self.template = next(template for template in inventory.templates if template.cluster == cluster.id)
        self.profiles = [profile.id for profile in inventory.vnic_profiles if profile.network in networks]
        self.domain = next(
            domain.id for domain in inventory.storage_domains if domain.data_center == center and domain.type == "data"
        )
        self.hosts = [host.id for host in inventory.hosts if host.cluster == cluster.id]


def add_vms(inventory: Inventory, count: int, seed: int) -> None:
    """Adds `count` VMs, spread over the clusters, and the hosts that carry them."""
    if not 0 <= count <= MAX_VMS:
        raise ValueError(f"the number of VMs must be between 0 and {MAX_VMS}, not {count}")
    rng = random.Random(seed)  # noqa: S311  repeatable on purpose
    sites = [_Site(inventory, index) for index in range(len(inventory.clusters))]
    for site in sites:
        _add_hosts(inventory, site, count // (_VMS_PER_HOST * len(sites)), rng)
    taken = {nic.mac for vm in inventory.vms for nic in vm.nics}
    macs = MacAllocator(inventory.mac_pools[0].ranges, taken)
    for number in range(count):
        site = sites[number % len(sites)]
        inventory.vms.append(_vm(site, number, rng, macs))


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _add_hosts(inventory: Inventory, site: _Site, count: int, rng: random.Random) -> None:
    first = len(site.hosts) + 1
    prefix = site.cluster.name.lower()
    for number in range(first, first + count):
        name = f"{prefix}-node{number}"
        address = f"{name}.example.com"
        host = Host(name=name, id=_uuid(rng), cluster=site.cluster.id, address=address)
        inventory.hosts.append(host)
        site.hosts.append(host.id)


def _vm(site: _Site, number: int, rng: random.Random, macs: MacAllocator) -> Vm:
    name = f"vm-{number + 1:05d}"
    vm_id = _uuid(rng)
    status = rng.choices([status for status, _ in _STATUSES], [weight for _, weight in _STATUSES])[0]
    created = _EPOCH + timedelta(seconds=rng.randrange(365 * 86400))
    running = status in _RUNNING
    memory = rng.choice(_MEMORY_GIB) * GIB
    return Vm(
        name=name,
        id=vm_id,
        description=f"Generated VM {number + 1}",
        cluster=site.cluster.id,
        template=site.template.id,
        os=site.template.os,
        memory=memory,
        sockets=rng.choice(_SOCKETS),
        status=status,
        creation_time=created,
        start_time=created + timedelta(minutes=5) if running else None,
        host=rng.choice(site.hosts) if running else "",
        fqdn=f"{name}.example.com" if status == "up" else "",
        disks=[_disk(site, name, rng)],
        nics=[_nic(site, number, rng, macs)],
    )


def _disk(site: _Site, vm_name: str, rng: random.Random) -> Disk:
    size = rng.choice((1, 8, 20, 40)) * GIB
    return Disk(
        name=f"{vm_name}_Disk1",
        id=_uuid(rng),
        provisioned_size=size,
        actual_size=size // 5,
        storage_domain=site.domain,
        bootable=True,
    )


def _nic(site: _Site, number: int, rng: random.Random, macs: MacAllocator) -> Nic:
    offset = number + 2
    address = f"10.{site.index}.{offset >> 8}.{offset & 0xFF}"
    profile = site.profiles[number % len(site.profiles)]
    return Nic(name="nic1", id=_uuid(rng), vnic_profile=profile, mac=macs.next(), addresses=[address])
