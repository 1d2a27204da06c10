"""Addresses of a machine's interfaces: what the guest reports, else what it gets at its start."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.convert import promised
from deltaic.drivers.ovirt.interfaces import nics_of
from deltaic.model.nic import Nic

FIXED = {"name": "eth0", "boot_protocol": "static", "ip": {"address": "192.168.1.27", "netmask": "255.255.255.0"}}
SECOND = {"name": "eth1", "boot_protocol": "static", "ip": {"address": "2001:db8::7"}}
REPORTED = {"name": "eth0", "mac": {"address": "56:6F:00:00:00:01"}, "ips": {"ip": [{"address": "10.0.0.9"}]}}


def addresses(configured: list[dict[str, Any]], reported: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    vm = {
        "id": "1",
        "nics": {
            "nic": [
                {"id": "b", "name": "nic2", "mac": {"address": "56:6f:00:00:00:02"}},
                {"id": "a", "name": "nic1", "mac": {"address": "56:6f:00:00:00:01"}},
            ]
        },
        "initialization": {"nic_configurations": {"nic_configuration": configured}},
        "reported_devices": {"reported_device": reported},
    }
    return [nic.ipv4 + nic.ipv6 for nic in nics_of(msgspec.convert(vm, wire.Vm), {})]


@pytest.mark.parametrize(
    ("configured", "reported", "expected"),
    [
        ([], [], [(), ()]),
        ([FIXED], [], [("192.168.1.27",), ()]),
        ([SECOND, FIXED], [], [("192.168.1.27",), ("2001:db8::7",)]),
        ([FIXED], [REPORTED], [("10.0.0.9",), ()]),
        ([{**FIXED, "boot_protocol": "dhcp"}], [], [(), ()]),
        ([{"name": "eth0", "boot_protocol": "static"}], [], [(), ()]),
        ([{**FIXED, "ip": {"address": "127.0.0.1"}}], [], [(), ()]),
        ([{**FIXED, "ip": {"address": "no address"}}], [], [(), ()]),
    ],
)
def test_addresses(
    configured: list[dict[str, Any]], reported: list[dict[str, Any]], expected: list[tuple[str, ...]]
) -> None:
    assert addresses(configured, reported) == expected


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ((), ["old", "old"]),
        (("new",), ["new", "old"]),
        (("new", "newer"), ["new", "newer"]),
        (("old", "newer", "more"), ["old", "newer"]),
    ],
)
def test_a_new_machine_is_shown_on_the_networks_it_was_promised(networks: tuple[str, ...], expected: list[str]) -> None:
    nics = (Nic("a", "nic1", network_id="old"), Nic("b", "nic2", network_id="old"))
    assert [nic.network_id for nic in promised(nics, networks)] == expected
