"""What each own search field of a kind reads from an entity, where it is not the member of the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.search_reader import Reader, tags_of

Column = Callable[[Reader, Entity], Any]

GIB: Final = 1 << 30
MIB: Final = 1 << 20


def _version(document: Any) -> str | None:
    if not isinstance(document, dict):
        return None
    return f"{document.get('major')}.{document.get('minor')}"


def _addresses(read: Reader, vm: Entity) -> list[str]:
    from ovirt_engine_sim.entities.guests import reported_devices

    found = [ip["address"] for device in reported_devices(read.engine, vm) for ip in device.data["ips"]]
    # The engine keeps all addresses in one column; a single one is found too.
    return [" ".join(found), *found] if len(found) > 1 else found


def _uptime(read: Reader, vm: Entity) -> float | None:
    start = vm.data.get("start_time")
    return (read.engine.now() - start) / 1000 if start and vm.data.get("status") != "down" else None


def _mebibytes(*path: str) -> Column:
    def column(read: Reader, entity: Entity) -> float | None:
        value: Any = entity.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value / MIB if value is not None else None

    return column


def _gibibytes(member: str) -> Column:
    return lambda read, entity: entity.data[member] / GIB if entity.data.get(member) is not None else None


def _data(*path: str) -> Column:
    def column(read: Reader, entity: Entity) -> Any:
        value: Any = entity.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return column


def _named(member: str) -> Column:
    return lambda read, entity: read.name_of(entity, member)


def _count(kind: str, member: str) -> Column:
    return lambda read, entity: len(read.having(kind, member, entity.id))


def _center_name(read: Reader, entity: Entity) -> list[str]:
    return [center.name for center in read.center(entity)]


def _tags(read: Reader, entity: Entity) -> list[str]:
    return tags_of(read.engine, entity)


def _identity(read: Reader, entity: Entity) -> str:
    return entity.id


def _topology(read: Reader, entity: Entity) -> int:
    topology = entity.data.get("cpu", {}).get("topology", {})
    return int(topology.get("cores", 1)) * int(topology.get("sockets", 1)) * int(topology.get("threads", 1))


def _principal(place: int) -> Column:
    """The principal (0) or the authorization provider (2): a login's own profile is not searched."""
    return lambda read, user: str(user.data.get("user_name") or "").rpartition("@")[place]


def _event(member: str, what: str) -> Column:
    return lambda read, event: (event.data.get(member) or {}).get(what)


_MACHINE: Final[dict[str, Column]] = {
    "id": _identity, "os": _data("os", "type"), "creationdate": _data("creation_time"), "cluster": _named("cluster"),
    "datacenter": _center_name, "tag": _tags, "quota": _named("quota"), "architecture": _data("cpu", "architecture"),
    "bios_type": _data("bios", "type"),
}  # fmt: skip
COLUMNS: Final[dict[str, dict[str, Column]]] = {
    "vm": {
        **_MACHINE,
        "status": lambda read, vm: vm.data.get("status") or "image_illegal",
        "ip": _addresses,
        "address": _data("fqdn"),
        "on_host": _named("host"),
        "memory": _mebibytes("memory"),
        "guaranteed_memory": _mebibytes("memory_policy", "guaranteed"),
        "vcpus": _topology,
        "uptime": _uptime,
        "compatibility_level": lambda read, vm: [
            _version(one.data.get("version")) for one in read.refer(vm, "cluster")
        ],
        "created_by_user_id": lambda read, vm: vm.inner.get("creator"),
        "next_run_config_exists": _data("next_run_configuration_exists"),
    },
    "template": {
        **_MACHINE,
        "mem": _mebibytes("memory"),
        "childcount": _count("vm", "template"),
        "sealed": lambda read, one: bool(one.inner.get("sealed")),
        "version_name": _data("version", "version_name"),
        "version_number": _data("version", "version_number"),
        "version_order": lambda read, one: _later_version(one),
        "_vmt_id": _identity,
    },
    "instance_type": {**_MACHINE, "mem": _mebibytes("memory"), "childcount": _count("vm", "instance_type")},
    "host": {
        "id": _identity,
        "cluster": _named("cluster"),
        "datacenter": _center_name,
        "tag": _tags,
        "memory": _mebibytes("memory"),
        "cpus": lambda read, host: _topology(read, host),
        "cpu_model": _data("cpu", "name"),
        "cpu_speed": _data("cpu", "speed"),
        "version": _data("version", "full_version"),
        "architecture": lambda read, host: [
            cluster.data.get("cpu", {}).get("architecture") for cluster in read.refer(host, "cluster")
        ],
        "active_vms": _count("vm", "host"),
    },
    "cluster": {
        "cpu_type": _data("cpu", "type"),
        "architecture": _data("cpu", "architecture"),
        "compatibility_level": lambda read, one: _version(one.data.get("version")),
    },
    "data_center": {"compatibility_version": lambda read, one: _version(one.data.get("version"))},
    "network": {
        "datacenter": _named("data_center"),
        "vlanid": _data("vlan", "id"),
        "vmnetwork": lambda read, one: "vm" in one.data.get("usages", ()),
    },
    "storage_domain": {
        "status": lambda read, one: one.inner.get("status"),
        "shared_status": lambda read, one: one.inner.get("status"),
        "datacenter": lambda read, one: [center.name for center in read.center_of_domain(one)],
        "type": _data("storage", "type"),
        "free_size": _gibibytes("available"),
        "used_size": _gibibytes("used"),
        "total_size": lambda read, one: (one.data.get("available", 0) + one.data.get("used", 0)) / GIB,
        "committed": _gibibytes("committed"),
    },
    "disk": {
        "id": _identity,
        "alias": lambda read, one: one.data.get("alias") or one.name,
        "name": lambda read, one: one.data.get("alias") or one.name,
        "size": _gibibytes("provisioned_size"),
        "provisioned_size": _gibibytes("provisioned_size"),
        "actual_size": _gibibytes("actual_size"),
        "creation_date": lambda read, one: one.inner.get("created"),
        "disk_type": _data("storage_type"),
        "disk_content_type": _data("content_type"),
        "allocation_policy": lambda read, one: "sparse" if one.data.get("sparse") else "preallocated",
        "vm_names": lambda read, one: [vm.name for vm in read.machines_of_disk.get(one.id, ())],
        "number_of_vms": lambda read, one: len(read.machines_of_disk.get(one.id, ())),
        "quota": _named("quota"),
    },
    "event": {
        "id": lambda read, one: int(one.id),
        "type": _data("code"),
        "message": _data("description"),
        "custom_event_id": _data("custom_id"),
        "usrname": _event("user", "name"),
        "usrid": _event("user", "id"),
        "event_vm": _event("vm", "name"),
        "_event_vm_id": _event("vm", "id"),
        "event_host": _event("host", "name"),
        "_event_host_id": _event("host", "id"),
        "event_template": _event("template", "name"),
        "_event_template_id": _event("template", "id"),
        "event_storage": _event("storage_domain", "name"),
        "_event_storage_id": _event("storage_domain", "id"),
        "event_datacenter": _event("data_center", "name"),
        "_event_datacenter_id": _event("data_center", "id"),
        "deleted": lambda read, one: False,
    },
    "user": {
        "lastname": _data("last_name"),
        "usrname": _principal(0),
        "login": _principal(0),
        "directory": _principal(2),
        "tag": _tags,
        "type": lambda read, one: "user",
    },
    "group": {"domain": _data("domain", "name")},
    "job": {"correlation_id": lambda read, one: one.inner.get("correlation_id")},
    "nic": {
        "mac_addr": _data("mac", "address"),
        "network_name": lambda read, nic: [
            network.name for profile in read.refer(nic, "vnic_profile") for network in read.refer(profile, "network")
        ],
    },
}


def _later_version(template: Entity) -> str | None:
    name = template.data.get("version", {}).get("version_name")
    return None if name == "base version" else name
