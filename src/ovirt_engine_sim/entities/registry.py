"""Finds the service of a path or of a kind; importing it registers every service."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from ovirt_engine_sim.entities.base import Service

MODULES: Final = (
    "vms", "vm_parts", "templates", "instance_types", "disks", "disk_attachments", "nics", "snapshots",
    "data_centers", "clusters", "hosts", "host_nics", "storage_domains", "files", "networks", "tags", "users",
    "audit", "statistics", "consoles", "labels", "quotas", "mac_pools", "fixed", "empties",
)  # fmt: skip


@cache
def _services() -> tuple[dict[tuple[str, str], Service], dict[str, Service]]:
    at: dict[tuple[str, str], Service] = {}
    kinds: dict[str, Service] = {}
    for name in MODULES:
        for service in import_module(f"ovirt_engine_sim.entities.{name}").SERVICES:
            at[service.parent_kind, service.path] = service
            if not service.parent_kind:
                kinds.setdefault(service.document_type, service)
    return at, kinds


def service_at(parent_kind: str, path: str) -> Service | None:
    """Return the service of a collection below a parent kind ("" at the top)."""
    return _services()[0].get((parent_kind, path))


def service_of(kind: str) -> Service | None:
    """Return the top-level service of a type."""
    return _services()[1].get(kind)


def top_level() -> list[Service]:
    """Return the top-level services."""
    return [service for (parent, _), service in _services()[0].items() if not parent]
