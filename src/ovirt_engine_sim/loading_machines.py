"""Turns the inventory's instance types, templates, VMs and their disks and NICs into entities."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from ovirt_engine_sim import records
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.disk_images import disk_document
from ovirt_engine_sim.entities.guests import boot_guest
from ovirt_engine_sim.entities.quotas import default_quota
from ovirt_engine_sim.entities.snapshots import add_active
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.inventory import Inventory
from ovirt_engine_sim.machines import base_document, cpu, instance_type_document, memory_policy, vm_document

_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
RUNNING: Final = frozenset(
    {"up", "paused", "powering_up", "reboot_in_progress", "migrating", "not_responding", "unknown"}
)


def _sizes(one: records.MachineBase, architecture: str = "x86_64") -> dict[str, Any]:
    return {
        "memory": one.memory,
        "memory_policy": memory_policy(one.memory, one.memory_guaranteed, one.memory_max),
        "cpu": cpu(one.sockets, one.cores, one.threads, architecture),
        "high_availability": {"enabled": one.high_availability, "priority": 1},
    }


def _texts(one: records.Record) -> dict[str, Any]:
    return {"name": one.name, "description": one.description, "comment": one.comment}


def load_instance_types(engine: Engine, inventory: Inventory) -> None:
    """Add the instance types."""
    for one in inventory.instance_types:
        data = instance_type_document(name=one.name, description=one.description, **_sizes(one))
        engine.put(Entity("instance_type", one.id, data))


def _machine(engine: Engine, one: records.Machine) -> dict[str, Any]:
    data: dict[str, Any] = {
        **_texts(one), **_sizes(one), "type": one.type, "delete_protected": one.delete_protected,
        "stateless": one.stateless, "os": {"boot": {"devices": list(one.boot_devices)}, "type": one.os},
        "creation_time": int((one.creation_time or _EPOCH).timestamp() * 1000),
    }  # fmt: skip
    if one.cluster:
        data["cluster"] = {"id": one.cluster}
        profile = next((p for p in engine.all("cpu_profile") if p.ref("cluster") == one.cluster), None)
        if profile is not None:
            data["cpu_profile"] = {"id": profile.id}
    if one.initialization is not None:
        data["initialization"] = _initialization(one.initialization)
    return data


def _initialization(one: records.Initialization) -> dict[str, Any]:
    texts = ("host_name", "user_name", "authorized_ssh_keys", "custom_script", "timezone")
    data: dict[str, Any] = {name: getattr(one, name) for name in texts if getattr(one, name)}
    data["regenerate_ssh_keys"] = False
    if one.nic_configurations:
        data["nic_configurations"] = [_nic_configuration(nic) for nic in one.nic_configurations]
    return data


def _nic_configuration(one: records.NicConfiguration) -> dict[str, Any]:
    data: dict[str, Any] = {"name": one.name, "boot_protocol": one.boot_protocol, "on_boot": one.on_boot}
    if one.address:
        data["ip"] = {"address": one.address, "netmask": one.netmask, "gateway": one.gateway, "version": "v4"}
    return data


def load_templates(engine: Engine, inventory: Inventory) -> None:
    """Add the templates with their disks and NICs."""
    for one in inventory.templates:
        base = one.base_template or one.id
        data = base_document(
            **_machine(engine, one),
            status=one.status,
            version={
                "version_name": one.version_name,
                "version_number": one.version_number,
                "base_template": {"id": base},
            },
        )
        blank = not one.cluster
        entity = engine.put(Entity("template", one.id, data, {"everyone": blank, "tags": list(one.tags)}))
        _parts(engine, entity, one, "template")


def load_vms(engine: Engine, inventory: Inventory) -> None:
    """Add the VMs with their disks, NICs and active snapshot; running ones get a host."""
    hosts: dict[str, list[str]] = {}
    for host in inventory.hosts:
        hosts.setdefault(host.cluster, []).append(host.id)
    for number, one in enumerate(inventory.vms):
        load_vm(engine, one, hosts.get(one.cluster, []), number)


def load_vm(engine: Engine, one: records.Vm, hosts: list[str], number: int) -> None:
    """Add one VM."""
    created = int((one.creation_time or _EPOCH).timestamp() * 1000)
    data = vm_document(
        **_machine(engine, one), status=one.status, template={"id": one.template},
        original_template={"id": one.original_template or one.template}, stop_time=_time(one.stop_time, created),
    )  # fmt: skip
    if one.instance_type:
        data["instance_type"] = {"id": one.instance_type}
    cluster = engine.get("cluster", one.cluster)
    quota = default_quota(engine, cluster.ref("data_center")) if cluster else ""
    if quota:
        data["quota"] = {"id": quota}
    if one.status in RUNNING and hosts:
        data["host"] = {"id": one.host or hosts[number % len(hosts)]}
        data["start_time"] = _time(one.start_time, created)
    inner = {"tags": list(one.tags), "initialized": True, "thin": one.template != records.BLANK_ID, "fqdn": one.fqdn}
    entity = engine.put(Entity("vm", one.id, data, inner))
    _parts(engine, entity, one, "vm")
    add_active(engine, entity, created)
    if one.status == "up":
        boot_guest(engine, entity)


def _time(moment: datetime | None, default: int) -> int:
    return int(moment.timestamp() * 1000) if moment is not None else default


def _parts(engine: Engine, owner: Entity, one: records.Machine, member: str) -> None:
    for disk in one.disks:
        place_disk(engine, disk)
        attachment = {
            "active": disk.active, "bootable": disk.bootable, "interface": disk.interface, "pass_discard": False,
            "read_only": False, "uses_scsi_reservation": False, "disk": {"id": disk.id}, member: {"id": owner.id},
        }  # fmt: skip
        engine.put(Entity("disk_attachment", disk.id, attachment, {}, owner.id))
    for nic in one.nics:
        data: dict[str, Any] = {
            "name": nic.name, "interface": nic.interface, "linked": nic.linked, "plugged": nic.plugged,
            member: {"id": owner.id},
        }  # fmt: skip
        if nic.mac:
            data["mac"] = {"address": nic.mac}
        if nic.vnic_profile:
            data["vnic_profile"] = {"id": nic.vnic_profile}
        engine.put(Entity("nic", nic.id, data, {"addresses": list(nic.addresses)}, owner.id))


def place_disk(engine: Engine, one: records.Disk) -> Entity:
    """Add a disk on its storage domain."""
    data = disk_document(
        one.name, one.provisioned_size, one.storage_domain, description=one.description, format=one.format,
        sparse=one.sparse, status=one.status, shareable=one.shareable, wipe_after_delete=one.wipe_after_delete,
    )  # fmt: skip
    profile = next((p for p in engine.all("disk_profile") if p.ref("storage_domain") == one.storage_domain), None)
    if profile is not None:
        data["disk_profile"] = {"id": profile.id}
    if one.actual_size is not None:
        data["actual_size"] = data["total_size"] = one.actual_size
    return engine.put(Entity("disk", one.id, data))
