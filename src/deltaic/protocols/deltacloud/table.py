"""Every resource by its name: its plural, and how each format writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from deltaic.protocols.deltacloud.elements import Element
from deltaic.protocols.deltacloud.families import (
    access,
    address,
    command,
    compute,
    entry,
    firewall,
    metric,
    network,
    storage,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """`name` is the element of one, `plural` that of many and the last segment of the collection's address."""

    name: str
    plural: str
    xml: Callable[[Any], Element]
    json: Callable[[Any], dict[str, Any]]


_ALL: Final = (
    Resource("driver", "drivers", entry.driver_xml, entry.driver_json),
    Resource("realm", "realms", entry.realm_xml, entry.realm_json),
    Resource("image", "images", compute.image_xml, compute.image_json),
    Resource("hardware_profile", "hardware_profiles", compute.hardware_profile_xml, compute.hardware_profile_json),
    Resource("instance", "instances", compute.instance_xml, compute.instance_json),
    Resource("command", "commands", command.command_xml, command.command_json),
    Resource("key", "keys", access.key_xml, access.key_json),
    Resource("storage_volume", "storage_volumes", storage.storage_volume_xml, storage.storage_volume_json),
    Resource("storage_snapshot", "storage_snapshots", storage.storage_snapshot_xml, storage.storage_snapshot_json),
    Resource("network", "networks", network.network_xml, network.network_json),
    Resource("subnet", "subnets", network.subnet_xml, network.subnet_json),
    Resource("network_interface", "network_interfaces", network.network_interface_xml, network.network_interface_json),
    Resource("address", "addresses", address.address_xml, address.address_json),
    Resource("firewall", "firewalls", firewall.firewall_xml, firewall.firewall_json),
    Resource("metric", "metrics", metric.metric_xml, metric.metric_json),
)

#: By the name of one.
RESOURCES: Final[dict[str, Resource]] = {resource.name: resource for resource in _ALL}
#: By the name of many.
COLLECTIONS: Final[dict[str, Resource]] = {resource.plural: resource for resource in _ALL}
