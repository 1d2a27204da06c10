"""Every answer of the simulator that the recordings are compared with, as nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.sim.engine_process import Api, until
from tests.sim.golden.tree import Node, parse


class World:
    """Answers by request, asked once."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._answers: dict[str, Node] = {}
        self.ids = {kind: [one["id"] for one in api.get(path).get(kind, [])] for kind, path in PATHS.items()}
        vms = api.get("vms")["vm"]
        self.ids["vm_up"] = [vm["id"] for vm in vms if vm["status"] == "up" and "fqdn" in vm]
        self.ids["vm_down"] = [vm["id"] for vm in vms if vm["status"] == "down"]
        domains = api.get("storagedomains")["storage_domain"]
        self.ids["iso_domain"] = [one["id"] for one in domains if one["type"] == "iso"]
        self.ids["vm_snapshots"] = [f"{vm['id']}/snapshots/{one['id']}" for vm in vms for one in _snapshots(api, vm)]

    def root(self, request: str) -> Node:
        """The answer to one request."""
        if request not in self._answers:
            self._answers[request] = parse(self.api.xml(request))
        return self._answers[request]

    def roots(self, template: str) -> Iterator[Node]:
        """The answers to a request for every id of its kind."""
        found = re.search(r"{(\w+)}", template)
        names = self.ids[found.group(1)] if found else [""]
        for name in names:
            yield self.root(template.replace(found.group(0), name) if found else template)


def _snapshots(api: Api, vm: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"vms/{vm['id']}/snapshots").get("snapshot", [])
    return found


PATHS = {
    "vm": "vms", "cluster": "clusters", "data_center": "datacenters", "disk": "disks", "host": "hosts",
    "storage_domain": "storagedomains", "template": "templates",
}  # fmt: skip


def furnish(api: Api) -> None:
    """Bring the world into states worth comparing: a snapshot of a VM with disks."""
    vm = next(
        vm for vm in api.get("vms")["vm"] if vm["status"] == "down" and api.get(f"vms/{vm['id']}/diskattachments")
    )
    made = api.post(f"vms/{vm['id']}/snapshots", {"description": "before the change", "persist_memorystate": "false"})
    path = f"vms/{vm['id']}/snapshots/{made['id']}"
    until(lambda: api.get(path)["snapshot_status"] == "ok", "snapshot ok")
