"""Loads inventories: the world an engine starts with, from a file, from the talk's seed or generated."""

import hashlib
import uuid
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from . import records
from .macs import MacAllocator

EVERYONE = "Everyone"
_BASE = "base.json"
_SEED = "seed.json"


class InventoryError(ValueError):
    """An inventory that can't be loaded; the text names the file and the offending key or reference."""


class Inventory(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All records of an engine; after loading, every reference is an id and every NIC has a MAC."""

    mac_pools: list[records.MacPool] = []
    roles: list[records.Role] = []
    users: list[records.User] = []
    tags: list[records.Tag] = []
    data_centers: list[records.DataCenter] = []
    clusters: list[records.Cluster] = []
    hosts: list[records.Host] = []
    storage_domains: list[records.StorageDomain] = []
    networks: list[records.Network] = []
    vnic_profiles: list[records.VnicProfile] = []
    quotas: list[records.Quota] = []
    instance_types: list[records.InstanceType] = []
    templates: list[records.Template] = []
    vms: list[records.Vm] = []
    disks: list[records.Disk] = []
    affinity_labels: list[records.AffinityLabel] = []
    permissions: list[records.Permission] = []


# collection -> {attribute: collection it refers to}; lists of references are resolved item by item.
_REFERENCES: dict[str, dict[str, str]] = {
    "data_centers": {"mac_pool": "mac_pools"},
    "tags": {"parent": "tags"},
    "clusters": {"data_center": "data_centers"},
    "hosts": {"cluster": "clusters"},
    "storage_domains": {"data_center": "data_centers"},
    "networks": {"data_center": "data_centers"},
    "vnic_profiles": {"network": "networks"},
    "quotas": {"data_center": "data_centers"},
    "templates": {"cluster": "clusters", "base_template": "templates", "tags": "tags"},
    "vms": {
        "cluster": "clusters",
        "template": "templates",
        "original_template": "templates",
        "instance_type": "instance_types",
        "host": "hosts",
        "tags": "tags",
    },
    "disks": {"storage_domain": "storage_domains"},
    "affinity_labels": {"vms": "vms", "hosts": "hosts"},
    "permissions": {"role": "roles", "user": "users"},
}

_PERMISSION_TARGETS = {
    "data_center": "data_centers",
    "cluster": "clusters",
    "host": "hosts",
    "storage_domain": "storage_domains",
    "network": "networks",
    "vnic_profile": "vnic_profiles",
    "template": "templates",
    "vm": "vms",
    "disk": "disks",
}


def derived_id(kind: str, *names: str) -> str:
    """Returns the UUID4-shaped id that a record of this kind and name always gets."""
    digest = hashlib.sha256("\0".join((kind, *names)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def load_inventory(path: str | Path) -> Inventory:
    """Loads an inventory from a JSON or TOML file; what every engine has is added when it is absent.

    Raises InventoryError naming the key, the reference or the id that is wrong.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InventoryError(f"{path}: {error.strerror or 'can not be read'}") from None
    return _complete(_decode(content, str(path)), str(path))


def seed_inventory() -> Inventory:
    """Returns the world of the talk: two data centers, three templates and the machines it names."""
    return _complete(_decode(_data(_SEED), _SEED), _SEED)


def generate(vms: int, *, seed: int = 1) -> Inventory:
    """Returns the seed's world with `vms` more VMs; the same arguments always give the same world."""
    from .generator import add_vms

    inventory = _decode(_data(_SEED), _SEED)
    inventory = _complete(inventory, _SEED)
    add_vms(inventory, vms, seed)
    return inventory


def _data(name: str) -> bytes:
    return resources.files(__package__).joinpath("data", name).read_bytes()


def _decode(content: bytes, source: str) -> Inventory:
    decode = msgspec.toml.decode if source.endswith(".toml") else msgspec.json.decode
    try:
        return decode(content, type=Inventory)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InventoryError(f"{source}: {error}") from None


def _complete(inventory: Inventory, source: str) -> Inventory:
    try:
        for record_list in _lists(inventory):
            _set_ids(*record_list)
        _add_base(inventory)
        for record_list in _lists(inventory):
            _check_unique(*record_list)
        _Resolver(inventory).run()
        _draw_macs(inventory)
    except (ValueError, LookupError) as error:
        raise InventoryError(f"{source}: {error}") from None
    return inventory


def _lists(inventory: Inventory) -> Iterable[tuple[str, list[Any]]]:
    for collection in Inventory.__struct_fields__:
        yield collection, getattr(inventory, collection)


def _set_ids(collection: str, items: list[Any]) -> None:
    for item in items:
        if not item.id:
            item.id = derived_id(collection, *_identity(item))
        item.id = _canonical_id(collection, item.id)
        for part in ("disks", "nics"):
            for child in getattr(item, part, []):
                child.id = _canonical_id(part, child.id or derived_id(part, item.id, child.name))


def _identity(item: Any) -> tuple[str, ...]:
    if isinstance(item, records.Permission):
        return (item.user or item.group, item.role, item.object_type, item.object)
    scope = str(getattr(item, "data_center", "") or getattr(item, "network", ""))
    return (scope, item.name, str(getattr(item, "version_number", "")))


def _canonical_id(collection: str, text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InventoryError(f"{collection}: id {text!r} is not a UUID") from None


def _add_base(inventory: Inventory) -> None:
    base = _decode(_data(_BASE), _BASE)
    for collection, items in _lists(base):
        present: list[Any] = getattr(inventory, collection)
        known = {item.id for item in present}
        _set_ids(collection, items)
        setattr(inventory, collection, [item for item in items if item.id not in known] + present)


def _check_unique(collection: str, items: list[Any]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise InventoryError(f"{collection}: id {item.id} is used twice")
        seen.add(item.id)


class _Resolver:
    """Turns names into ids in every reference, and fills the references that have a default."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.tables: dict[str, dict[str, list[str]]] = {}
        for collection, items in _lists(inventory):
            table = self.tables.setdefault(collection, {})
            for item in items:
                table.setdefault(item.id, []).append(item.id)
                if (name := getattr(item, "name", "")) and name != item.id:
                    table.setdefault(name, []).append(item.id)

    def run(self) -> None:
        for collection, attributes in _REFERENCES.items():
            for item in getattr(self.inventory, collection):
                for attribute, target in attributes.items():
                    self._resolve_attribute(collection, item, attribute, target)
        self._permission_targets()
        self._machine_parts()

    def find(self, collection: str, text: str, where: str) -> str:
        found = self.tables[collection].get(text, [])
        if len(found) == 1:
            return found[0]
        problem = "names nothing in" if not found else "is ambiguous in"
        raise InventoryError(f"{where}: {text!r} {problem} {collection}")

    def _resolve_attribute(self, collection: str, item: Any, attribute: str, target: str) -> None:
        where = f"{collection} {getattr(item, 'name', item.id)!r}: {attribute}"
        value = getattr(item, attribute)
        if isinstance(value, list):
            setattr(item, attribute, [self.find(target, text, where) for text in value])
        elif value:
            setattr(item, attribute, self.find(target, value, where))

    def _permission_targets(self) -> None:
        for permission in self.inventory.permissions:
            if bool(permission.user) == bool(permission.group) or permission.group not in ("", EVERYONE):
                raise InventoryError(f"permissions: name either a user or the group {EVERYONE}")
            if permission.object_type == "system":
                continue
            where = f"permissions {permission.id!r}: object"
            if permission.object_type not in _PERMISSION_TARGETS:
                raise InventoryError(f"{where}_type: {permission.object_type!r} is not known")
            target = _PERMISSION_TARGETS[permission.object_type]
            permission.object = self.find(target, permission.object, where)

    def _machine_parts(self) -> None:
        center_of = {cluster.id: cluster.data_center for cluster in self.inventory.clusters}
        domains: dict[str, str] = {}
        for domain in self.inventory.storage_domains:
            if domain.type == "data":
                domains.setdefault(domain.data_center, domain.id)
        machines: list[records.Machine] = [*self.inventory.templates, *self.inventory.vms]
        for machine in machines:
            if isinstance(machine, records.Vm) and not machine.cluster:
                raise InventoryError(f"vms {machine.name!r}: cluster is missing")
            where = f"{type(machine).__name__.lower()} {machine.name!r}"
            for disk in machine.disks:
                if disk.storage_domain:
                    disk.storage_domain = self.find("storage_domains", disk.storage_domain, f"{where}: disks")
                else:
                    disk.storage_domain = domains.get(center_of.get(machine.cluster, ""), "")
            for nic in machine.nics:
                if nic.vnic_profile:
                    nic.vnic_profile = self.find("vnic_profiles", nic.vnic_profile, f"{where}: nics")


def _draw_macs(inventory: Inventory) -> None:
    # An inventory's own default pool takes the place of the one that every engine has.
    defaults = [pool for pool in inventory.mac_pools if pool.default_pool]
    for pool in defaults[:-1]:
        pool.default_pool = False
    for pool in inventory.mac_pools:
        MacAllocator(pool.ranges, set())
    taken = {nic.mac.lower() for vm in inventory.vms for nic in vm.nics if nic.mac}
    allocator = MacAllocator(defaults[-1].ranges if defaults else [], taken)
    for vm in inventory.vms:
        for nic in vm.nics:
            nic.mac = nic.mac.lower() or allocator.next()
