"""Turns an inventory's records into the engine's entities."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ovirt_engine_sim import records
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.clusters import add_profile, cluster_document
from ovirt_engine_sim.entities.hosts import host_document
from ovirt_engine_sim.entities.networks import device_name
from ovirt_engine_sim.entities.permissions import OBJECTS
from ovirt_engine_sim.entities.quotas import add_default_quota, add_quota
from ovirt_engine_sim.entities.storage_domains import add_disk_profile, domain_document
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from ovirt_engine_sim.inventory import Inventory
from ovirt_engine_sim.loading_fixed import load_fixed
from ovirt_engine_sim.loading_machines import load_instance_types, load_templates, load_vms, place_disk
from ovirt_engine_sim.permits import EVERYONE, ROLE_PERMITS

AUTHZ: Final = "internal-authz"
DOMAIN_ID: Final = "696e7465-726e-616c-2d61-7574687a0000"


def load(engine: Engine, inventory: Inventory) -> None:
    """Fill an empty engine."""
    load_fixed(engine)
    for step in (
        _mac_pools, _roles, _users, _tags, _data_centers, _clusters, _hosts, _storage_domains, _networks,
        _vnic_profiles, _quotas, load_instance_types, load_templates, load_vms, _disks, _labels, _permissions,
    ):  # fmt: skip
        step(engine, inventory)
    record(engine, 1)


def named(one: records.Record, **members: Any) -> dict[str, Any]:
    """Return the members common to everything that has a name."""
    return {"name": one.name, "description": one.description, "comment": one.comment, **members}


def _without_empty(data: dict[str, Any], member: str) -> dict[str, Any]:
    return data if data.get(member) else {name: value for name, value in data.items() if name != member}


def milliseconds(moment: datetime | None) -> int | None:
    """Return a moment as epoch milliseconds."""
    return int(moment.timestamp() * 1000) if moment is not None else None


def version(text: str) -> dict[str, Any]:
    """Return "4.8" as a version document."""
    major, _, minor = text.partition(".")
    return {"major": int(major), "minor": int(minor or 0)}


def _mac_pools(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.mac_pools:
        ranges = [{"from": first, "to": last} for first, last in one.ranges]
        data = named(one, allow_duplicates=one.allow_duplicates, default_pool=one.default_pool, ranges=ranges)
        engine.put(Entity("mac_pool", one.id, data))


def _roles(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.roles:
        permits = [{"name": name} for name in (one.permits or sorted(ROLE_PERMITS.get(one.name, frozenset()) - {"*"}))]
        data = {
            "name": one.name,
            "description": one.description,
            "administrative": one.administrative,
            "mutable": False,
        }
        engine.put(Entity("role", one.id, data, {"permits": permits}))


def _users(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.users:
        add_user(engine, one.name, one.id, one.first_name, one.last_name, one.email)
    for login in engine.users:
        if not any(user.inner["login"] == login for user in engine.all("user")):
            add_user(engine, login, engine.new_id(), login.partition("@")[0])


def add_user(engine: Engine, login: str, identity: str, first: str = "", last: str = "", email: str = "") -> Entity:
    """Add a user who logs in as `login` (user@profile)."""
    principal, _, profile = login.rpartition("@")
    data = {
        "name": first or principal, "department": "", "domain_entry_id": identity, "email": email, "last_name": last,
        "namespace": "*", "principal": principal, "user_name": f"{principal}@{profile}-authz",
        "domain": {"id": DOMAIN_ID, "name": AUTHZ},
    }  # fmt: skip
    return engine.put(Entity("user", identity, data, {"login": login}))


def _tags(engine: Engine, inventory: Inventory) -> None:
    root = "00000000-0000-0000-0000-000000000000"
    for one in inventory.tags:
        data: dict[str, Any] = {"name": one.name, "description": one.description}
        if one.id != root:
            data["parent"] = {"id": one.parent or root}
        engine.put(Entity("tag", one.id, data))


def _data_centers(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.data_centers:
        data = named(
            one, local=one.local, quota_mode=one.quota_mode, status=one.status, storage_format="v5",
            supported_versions=[version(one.version)], version=version(one.version), mac_pool={"id": one.mac_pool},
        )  # fmt: skip
        engine.put(Entity("data_center", one.id, _without_empty(data, "comment")))


def _clusters(engine: Engine, inventory: Inventory) -> None:
    pools = {center.id: center.mac_pool for center in inventory.data_centers}
    for one in inventory.clusters:
        data = cluster_document(
            **named(one), cpu={"architecture": one.architecture, "type": one.cpu_type}, bios_type=one.bios_type,
            version=version(one.version), data_center={"id": one.data_center}, mac_pool={"id": pools[one.data_center]},
        )  # fmt: skip
        add_profile(engine, engine.put(Entity("cluster", one.id, data)))


def _hosts(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.hosts:
        data = host_document(
            **named(one), address=one.address, cluster={"id": one.cluster}, status=one.status, memory=one.memory,
            max_scheduling_memory=one.memory - (256 << 20),
        )  # fmt: skip
        data.pop("description")  # hosts have none
        data["cpu"]["topology"] = {"cores": one.cores, "sockets": one.sockets, "threads": one.threads}
        data["spm"] = {"priority": 5, "status": "spm" if one.spm else "none"}
        engine.put(Entity("host", one.id, data))


def _storage_domains(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.storage_domains:
        storage = {"type": one.storage_type, "address": one.address, "path": one.path}
        data = domain_document(
            **named(one), type=one.type, storage=storage, available=one.available, used=one.used, master=one.master,
            data_centers=[{"id": one.data_center}],
        )  # fmt: skip
        inner = {"data_center": one.data_center, "status": one.status, "files": list(one.files)}
        add_disk_profile(engine, engine.put(Entity("storage_domain", one.id, data, inner)))


def _networks(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.networks:
        data = named(
            one, mtu=one.mtu, stp=one.stp, usages=[usage for usage in one.usages if usage == "vm"],
            port_isolation=False, data_center={"id": one.data_center}, vdsm_name=device_name(one.name),
        )  # fmt: skip
        if one.vlan is not None:
            data["vlan"] = {"id": one.vlan}
        clusters = [cluster.id for cluster in inventory.clusters if cluster.data_center == one.data_center]
        attached = {cluster: {"required": one.required} for cluster in clusters}
        inner = {"clusters": attached, "usages": list(one.usages)}
        engine.put(Entity("network", one.id, data, inner))


def _vnic_profiles(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.vnic_profiles:
        chosen = next(engine.named("network_filter", one.network_filter), None)
        data: dict[str, Any] = {
            "name": one.name, "pass_through": {"mode": "disabled"}, "port_mirroring": False,
            "network": {"id": one.network},
        }  # fmt: skip
        if one.description:
            data["description"] = one.description
        if chosen is not None:
            data["network_filter"] = {"id": chosen.id}
        engine.put(Entity("vnic_profile", one.id, data))


def _quotas(engine: Engine, inventory: Inventory) -> None:
    for center in inventory.data_centers:
        add_default_quota(engine, center.id)
    for one in inventory.quotas:
        add_quota(engine, one.id, one.data_center, one.name, one.description,
                  one.storage_limit, one.cpu_limit, one.memory_limit)  # fmt: skip


def _disks(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.disks:
        place_disk(engine, one)


def _labels(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.affinity_labels:
        data = {"name": one.name, "read_only": False}
        engine.put(Entity("affinity_label", one.id, data, {"vms": list(one.vms), "hosts": list(one.hosts)}))


def _permissions(engine: Engine, inventory: Inventory) -> None:
    for one in inventory.permissions:
        receiver = {"user": {"id": one.user}} if one.user else {"group": {"id": EVERYONE}}
        data: dict[str, Any] = {"role": {"id": one.role}, **receiver}
        if one.object_type in OBJECTS:
            data[one.object_type] = {"id": one.object}
        identity = one.id or engine.new_id()
        engine.put(Entity("permission", identity, data, {"kind": one.object_type, "object": one.object}))
