"""What a guest reports once it runs: addresses, names, operating system; and what cloud-init gets."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any, Final

from ovirt_engine_sim.engine import Engine, timer_command
from ovirt_engine_sim.entity import Entity

_GUEST: Final = ("fqdn", "guest_operating_system", "guest_time_zone")
_LINUX: Final[dict[str, Any]] = {
    "architecture": "x86_64",
    "codename": "Plow",
    "distribution": "Red Hat Enterprise Linux",
    "family": "Linux",
    "kernel": {
        "version": {"build": 0, "full_version": "5.14.0-362.el9.x86_64", "major": 5, "minor": 14, "revision": 362}
    },
    "version": {"full_version": "9.3", "major": 9, "minor": 3},
}


def boot_guest(engine: Engine, vm: Entity) -> None:
    """Let the guest agent report; a guest without agent stays silent."""
    if vm.inner.get("silent"):
        return
    host_name = (vm.data.get("initialization") or {}).get("host_name")
    vm.data["fqdn"] = vm.inner.get("fqdn") or f"{host_name or vm.name}.localdomain"
    vm.data["guest_operating_system"] = _LINUX
    vm.data["guest_time_zone"] = {"name": "GMT", "utc_offset": "+00:00"}
    vm.inner["agent"] = True
    engine.touch(vm)


def halt_guest(engine: Engine, vm: Entity) -> None:
    """Forget what the guest agent reported."""
    for member in _GUEST:
        vm.data.pop(member, None)
    vm.inner["agent"] = False
    engine.touch(vm)


def silence(engine: Engine, vm: Entity, silent: bool) -> None:
    """Remove the guest's agent, or install one that reports as soon as the VM is up."""
    vm.inner["silent"] = silent
    if silent:
        halt_guest(engine, vm)
    elif vm.data.get("status") == "up":
        boot_guest(engine, vm)


@timer_command("guest_agent")
def _guest_agent(engine: Engine, vm: str, run: int) -> None:
    entity = engine.get("vm", vm)
    if entity is not None and entity.inner.get("run") == run and entity.data.get("status") == "up":
        boot_guest(engine, entity)


def reported_devices(engine: Engine, vm: Entity) -> list[Entity]:
    """Return one device for each plugged NIC, with its IPv4 and link-local addresses; nothing without agent."""
    if not vm.inner.get("agent"):
        return []
    found: list[Entity] | None = vm.memo.get("reported_devices")
    if found is None:
        nics = engine.children("nic", vm.id)
        found = [_device(engine, vm, nic, place) for place, nic in enumerate(nics) if nic.data.get("plugged")]
        vm.memo["reported_devices"] = found
    return found


def _device(engine: Engine, vm: Entity, nic: Entity, place: int) -> Entity:
    mac = nic.data.get("mac", {}).get("address", "")
    addresses = nic.inner.get("addresses") or _configured(vm, place) or [_derived_address(nic.id)]
    ips = [{"address": one, "version": "v6" if ":" in one else "v4"} for one in [*addresses, _link_local(mac)]]
    data = {
        "name": f"eth{place}", "description": "guest reported data", "type": "network", "ips": ips,
        "mac": {"address": mac}, "vm": {"id": vm.id},
    }  # fmt: skip
    # The engine makes the id of the first 16 bytes of interface name and MAC.
    text = f"eth{place}{mac}".encode()[:16].ljust(16, b"0").hex()
    identity = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return Entity("reported_device", identity, data, {}, vm.id)


def _configured(vm: Entity, place: int) -> list[str]:
    configurations = (vm.data.get("initialization") or {}).get("nic_configurations") or []
    if place >= len(configurations):
        return []
    address = configurations[place].get("ip", {}).get("address")
    return [address] if address else []


def _derived_address(nic: str) -> str:
    digest = hashlib.sha256(nic.encode()).digest()
    return f"10.{100 + digest[0] % 100}.{digest[1]}.{1 + digest[2] % 254}"


def _link_local(mac: str) -> str:
    octets = [int(part, 16) for part in mac.split(":")] if mac.count(":") == 5 else [0] * 6
    octets[0] ^= 2
    groups = (octets[0] << 8 | octets[1], octets[2] << 8 | 0xFF, 0xFE00 | octets[3], octets[4] << 8 | octets[5])
    return "fe80::" + ":".join(f"{group:x}" for group in groups)


def console_screenshot(vm: Entity) -> bytes:
    """Return a PNG of the console: one grey whose shade follows from the VM's id."""
    shade = int(vm.id[:2], 16)
    rows = b"".join(b"\0" + bytes([shade]) * 64 for _ in range(48))
    header = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
