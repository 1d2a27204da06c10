"""All actions: importing the modules fills the dispatch table."""

from __future__ import annotations

from deltaic.frontends.ec2 import (
    account,
    addresses,
    addresses_change,
    console,
    image_attributes,
    images,
    images_change,
    instance_attributes,
    instance_changes,
    instance_types,
    instances_describe,
    instances_run,
    instances_state,
    interfaces,
    key_pairs,
    monitoring,
    networks,
    regions,
    security_groups,
    security_groups_change,
    snapshots,
    snapshots_change,
    tags,
    volumes,
    volumes_attach,
    volumes_change,
    volumes_modify,
    volumes_status,
)
from deltaic.frontends.ec2.registry import ACTIONS

__all__ = ["ACTIONS", "MODULES"]

#: One module per family of resources.
MODULES = (
    instances_describe,
    instances_run,
    instances_state,
    instance_attributes,
    instance_changes,
    monitoring,
    console,
    images,
    images_change,
    image_attributes,
    instance_types,
    regions,
    account,
    tags,
    key_pairs,
    volumes,
    volumes_change,
    volumes_attach,
    volumes_modify,
    volumes_status,
    snapshots,
    snapshots_change,
    networks,
    interfaces,
    addresses,
    addresses_change,
    security_groups,
    security_groups_change,
)
