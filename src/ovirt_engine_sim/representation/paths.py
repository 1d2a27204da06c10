"""Where entities live: the canonical path of every kind that has one of its own."""

from __future__ import annotations

from typing import Any, Final

BASE: Final = "/ovirt-engine/api"

COLLECTIONS: Final[dict[str, str]] = {
    "affinity_label": "affinitylabels", "bookmark": "bookmarks", "cluster": "clusters",
    "cluster_level": "clusterlevels", "cpu_profile": "cpuprofiles", "data_center": "datacenters", "disk": "disks",
    "disk_profile": "diskprofiles", "domain": "domains", "event": "events", "group": "groups", "host": "hosts",
    "icon": "icons", "instance_type": "instancetypes", "job": "jobs", "mac_pool": "macpools", "network": "networks",
    "network_filter": "networkfilters", "operating_system_info": "operatingsystems", "permission": "permissions",
    "role": "roles", "scheduling_policy": "schedulingpolicies", "storage_connection": "storageconnections",
    "storage_domain": "storagedomains", "tag": "tags", "template": "templates", "user": "users", "vm": "vms",
    "vm_pool": "vmpools", "vnic_profile": "vnicprofiles", "image_transfer": "imagetransfers",
    "open_stack_network_provider": "openstacknetworkproviders",
}  # fmt: skip


def without_hrefs(value: Any) -> Any:
    """Return a copy of a document that is written with ids alone: an empty href is left out by both writers."""
    if isinstance(value, list):
        return [without_hrefs(one) for one in value]
    if not isinstance(value, dict):
        return value
    copied = {name: without_hrefs(one) for name, one in value.items()}
    return {**copied, "href": ""} if "id" in copied else copied


def entity_href(kind: str, identity: str) -> str | None:
    """Return the canonical href of an entity, or None for kinds that only live inside another."""
    path = COLLECTIONS.get(kind)
    return f"{BASE}/{path}/{identity}" if path else None
