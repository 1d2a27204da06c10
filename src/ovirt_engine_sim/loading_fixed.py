"""What every engine has from its installation: network filters, operating systems, policies, domains."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.inventory import derived_id

FILTERS: Final = (
    "vdsm-no-mac-spoofing", "allow-arp", "allow-dhcp", "allow-dhcp-server", "allow-ipv4", "allow-incoming-ipv4",
    "clean-traffic", "no-arp-ip-spoofing", "no-arp-mac-spoofing", "no-arp-spoofing", "no-ip-multicast",
    "no-ip-spoofing", "no-mac-broadcast", "no-mac-spoofing", "no-other-l2-traffic", "no-other-rarp-traffic",
    "qemu-announce-self", "qemu-announce-self-rarp",
)  # fmt: skip
# id: (name, description, architecture)
OPERATING_SYSTEMS: Final[dict[int, tuple[str, str, str]]] = {
    0: ("other", "Other OS", "x86_64"),
    5: ("other_linux", "Linux", "x86_64"),
    24: ("rhel_7x64", "Red Hat Enterprise Linux 7.x x64", "x86_64"),
    30: ("rhel_8x64", "Red Hat Enterprise Linux 8.x x64", "x86_64"),
    37: ("rhel_9x64", "Red Hat Enterprise Linux 9.x x64", "x86_64"),
    33: ("rhcos_x64", "Red Hat Enterprise Linux CoreOS", "x86_64"),
    1252: ("ubuntu_12_04", "Ubuntu Precise Pangolin LTS", "x86_64"),
    1256: ("ubuntu_14_04", "Ubuntu Trusty Tahr LTS+", "x86_64"),
    1300: ("debian_7", "Debian 7+", "x86_64"),
    1500: ("debian_9", "Debian 9+", "x86_64"),
    29: ("windows_2016x64", "Windows 2016 x64", "x86_64"),
    31: ("windows_2019x64", "Windows 2019 x64", "x86_64"),
    36: ("windows_2022", "Windows 2022", "x86_64"),
    27: ("windows_10x64", "Windows 10 x64", "x86_64"),
}
POLICY: Final = "b4ed2332-a7ac-4d5f-9596-99a439cb2812"
POLICIES: Final = {POLICY: "none", "20d25257-b4bd-4589-92a6-c4c5c5d3fd1a": "evenly_distributed",
                   "5a2b0939-7d46-4b73-a469-e9c2c7fc6a53": "power_saving",
                   "8d5d7bec-68de-4a67-b53e-0ac54686d586": "vm_evenly_distributed"}  # fmt: skip


def load_fixed(engine: Engine) -> None:
    """Add what no inventory needs to name."""
    for name in FILTERS:
        supported = {"major": 4, "minor": 8}
        engine.put(Entity("network_filter", derived_id("network_filter", name), {"name": name, "version": supported}))
    for number, (name, description, architecture) in OPERATING_SYSTEMS.items():
        data: dict[str, Any] = {"name": name, "description": description, "architecture": architecture}
        engine.put(Entity("operating_system_info", f"{number:08x}-0000-0000-0000-000000000000", data))
    for identity, name in POLICIES.items():
        policy = {"name": name, "default_policy": name == "none", "locked": True}
        engine.put(Entity("scheduling_policy", identity, policy))
    engine.put(Entity("domain", "696e7465-726e-616c-2d61-7574687a0000", {"name": "internal-authz"}))
    everyone = {"name": "Everyone", "namespace": "*", "domain": {"id": "696e7465-726e-616c-2d61-7574687a0000"}}
    engine.put(Entity("group", "eee00000-0000-0000-0000-123456789eee", everyone))
    for minor in (6, 7, 8):
        engine.put(Entity("cluster_level", f"4.{minor}", {}))
