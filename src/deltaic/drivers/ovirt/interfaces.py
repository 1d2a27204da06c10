"""A machine's interfaces with the addresses that its guest reports.

The guest agent reports every device of the guest: loopback, container bridges, link-local addresses. Only what
belongs to an interface of the machine (same MAC) and can be reached from outside is kept. While nothing is
reported (the machine is down, or its agent not up yet), the fixed addresses count that it gets at its start.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping, Sequence

from deltaic.drivers.ovirt import wire
from deltaic.model.nic import Nic

#: Names of guest devices that containers and hypervisors inside the guest make.
BRIDGES = ("docker", "br-", "veth", "virbr", "vnet", "cni", "cali", "flannel", "podman", "lxc", "lxd", "tun", "tap")

Addresses = tuple[tuple[str, ...], tuple[str, ...]]


def nics_of(vm: wire.Vm, networks: Mapping[str, str]) -> tuple[Nic, ...]:
    """The machine's interfaces by name; `networks` maps vNIC profile ids to network ids."""
    nics = sorted(vm.nics.nic, key=lambda nic: nic.name)
    addresses = addresses_by_mac(vm.reported_devices.reported_device) or _fixed_addresses(vm, nics)
    found = []
    for nic in nics:
        mac = nic.mac.address.lower()
        ipv4, ipv6 = addresses.get(mac, ((), ()))
        found.append(
            Nic(
                id=nic.id,
                name=nic.name,
                mac=mac,
                network_id=networks.get(nic.vnic_profile.id, ""),
                profile_id=nic.vnic_profile.id,
                instance_id=vm.id,
                linked=nic.linked,
                plugged=nic.plugged,
                ipv4=ipv4,
                ipv6=ipv6,
            )
        )
    return tuple(found)


def _fixed_addresses(vm: wire.Vm, nics: Sequence[wire.Nic]) -> dict[str, Addresses]:
    """MAC -> the address that cloud-init sets; the engine keeps these by the guest's device, in order."""
    configured = sorted(vm.initialization.nic_configurations.nic_configuration, key=lambda each: each.name)
    found: dict[str, Addresses] = {}
    for nic, configuration in zip(nics, configured, strict=False):
        families: dict[int, list[str]] = {0: [], 4: [], 6: []}
        for protocol, ip in (
            (configuration.boot_protocol, configuration.ip),
            (configuration.ipv6_boot_protocol, configuration.ipv6),
        ):
            families[usable_version(ip.address) if protocol == "static" else 0].append(ip.address)
        if families[4] or families[6]:
            found[nic.mac.address.lower()] = (tuple(families[4]), tuple(families[6]))
    return found


def addresses_by_mac(devices: list[wire.ReportedDevice]) -> dict[str, Addresses]:
    """MAC (lower case) -> usable IPv4 and IPv6 addresses, in the order reported."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for device in devices:
        if is_bridge(device.name):
            continue
        families = found.setdefault(device.mac.address.lower(), ([], []))
        for ip in device.ips.ip:
            version = usable_version(ip.address)
            if version:
                family = families[version == 6]
                if ip.address not in family:
                    family.append(ip.address)
    return {mac: (tuple(ipv4), tuple(ipv6)) for mac, (ipv4, ipv6) in found.items()}


def is_bridge(name: str) -> bool:
    """Whether a guest device belongs to the guest's own inner world."""
    return name == "lo" or name.startswith(BRIDGES)


@functools.lru_cache(maxsize=16384)
def usable_version(address: str) -> int:
    """4 or 6 for an address others can reach; 0 for loopback, link-local, multicast and what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return 0
    if parsed.is_loopback or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        return 0
    return parsed.version
