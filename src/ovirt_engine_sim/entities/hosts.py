"""Hosts: kept, looked at, put into maintenance and back; real ones are not installed from here."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.scheduling import recover_host, vms_on
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.permits import require

_BASE: Final[dict[str, Any]] = {
    "comment": "",
    "auto_numa_status": "disable",
    "certificate": {"organization": "ovirt.example.com", "subject": "O=ovirt.example.com,CN=host"},
    "cpu": {
        "name": "Intel Xeon Processor (Icelake)",
        "speed": 2400,
        "topology": {"cores": 16, "sockets": 2, "threads": 2},
        "type": "Secure Intel Icelake Server Family",
    },
    "device_passthrough": {"enabled": False},
    "external_status": "ok",
    "hardware_information": {
        "family": "Server",
        "manufacturer": "Example",
        "product_name": "Model 1",
        "serial_number": "0001",
        "supported_rng_sources": ["hwrng", "random"],
        "version": "Model 1 (Revision A)",
    },
    "iscsi": {"initiator": "iqn.1994-05.com.example:host"},
    "kdump_status": "disabled",
    "ksm": {"enabled": False},
    "libvirt_version": {"build": 0, "full_version": "libvirt-9.5.0-7.el9", "major": 9, "minor": 5, "revision": 0},
    "max_scheduling_memory": 0,
    "memory": 0,
    "numa_supported": False,
    "os": {
        "custom_kernel_cmdline": "",
        "reported_kernel_cmdline": "BOOT_IMAGE=/vmlinuz-5.14.0 root=/dev/mapper/system ro crashkernel=auto",
        "type": "RHEL",
        "version": {"full_version": "9.3", "major": 9, "minor": 3},
    },
    "port": 54321,
    "power_management": {"automatic_pm_enabled": True, "enabled": False, "kdump_detection": True, "pm_proxies": []},
    "protocol": "stomp",
    "reinstallation_required": False,
    "se_linux": {"mode": "enforcing"},
    "spm": {"priority": 5, "status": "none"},
    "ssh": {"fingerprint": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "port": 22},
    "status": "up",
    "transparent_hugepages": {"enabled": True},
    "type": "rhel",
    "update_available": False,
    "version": {"build": 5, "full_version": "vdsm-4.50.5-1.el9", "major": 4, "minor": 50, "revision": 0},
    "vgpu_placement": "consolidated",
}


def host_document(**changes: Any) -> dict[str, Any]:
    """Return the members of a host."""
    return {**deepcopy(_BASE), **changes}


class Hosts(Service):
    """The hosts collection."""

    kind = "host"
    path = "hosts"
    search = "hosts"
    permit = "manipulate_host"
    mandatory = ("name", "address")
    links = (
        "fenceagents", "katelloerrata", "devices", "hooks", "networkattachments", "nics", "numanodes", "storage",
        "storageconnectionextensions", "tags", "unmanagednetworks", "externalnetworkproviderconfigurations",
        "affinitylabels", "permissions", "statistics",
    )  # fmt: skip
    actions = {
        "activate": "activate",
        "approve": "activate",
        "commitnetconfig": "settle",
        "copyhostnetworks": "",
        "deactivate": "deactivate",
        "discoveriscsi": "",
        "enrollcertificate": "settle",
        "fence": "",
        "forceselectspm": "settle",
        "install": "",
        "iscsidiscover": "",
        "iscsilogin": "",
        "refresh": "settle",
        "setupnetworks": "",
        "syncallnetworks": "settle",
        "unregisteredstoragedomainsdiscover": "",
        "upgrade": "",
        "upgradecheck": "settle",
    }
    unique_name = "Cannot add Host. The Host name is already in use, please choose a unique name and try again."

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        vms = vms_on(call.engine, entity.id)
        active = sum(1 for vm in vms if vm.data["status"] not in ("paused", "unknown", "not_responding"))
        migrating = sum(1 for vm in vms if vm.data["status"] == "migrating")
        hardware = {**entity.data.get("hardware_information", {}), "uuid": entity.id.upper()}
        summary = {"active": active, "migrating": migrating, "total": len(vms)}
        return {"summary": summary, "hardware_information": hardware}

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        body.pop("root_password", None)
        cluster = next(iter(call.engine.all("cluster")))
        body.setdefault("cluster", {"id": cluster.id})
        return super().create(call, parent, body)

    def defaults(self, call: Call, parent: Entity | None) -> dict[str, Any]:
        return host_document(memory=64 << 30, max_scheduling_memory=(64 << 30) - (256 << 20))

    def check_remove(self, call: Call, entity: Entity) -> None:
        if entity.data.get("status") != "maintenance":
            raise refused("Cannot remove Host. Host is operational. Please switch Host to Maintenance mode first.")

    def activate(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Bring the host up."""
        require(call, self.permit, entity)
        recover_host(call.engine, entity)
        return self.done(call, f"Activating Host {entity.name}", host={"id": entity.id})

    def deactivate(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Put the host into maintenance; it must carry no VMs."""
        require(call, self.permit, entity)
        if vms_on(call.engine, entity.id):
            raise refused(
                "Cannot switch the Host to Maintenance mode. The following VMs run on it and can not be migrated: "
                + ", ".join(vm.name for vm in vms_on(call.engine, entity.id)[:10])
            )
        entity.data["status"] = "maintenance"
        call.engine.touch(entity)
        return self.done(call, f"Moving Host {entity.name} to Maintenance", host={"id": entity.id})

    def settle(self, call: Call, entity: Entity, body: dict[str, Any]) -> Reply:
        """Actions that change nothing that can be seen here."""
        require(call, self.permit, entity)
        return self.done(call, f"Updating Host {entity.name}", host={"id": entity.id})


SERVICES = (Hosts(),)
